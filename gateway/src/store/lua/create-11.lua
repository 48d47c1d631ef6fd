-- Opens a queue for the first time: state without a hold, a full bucket and the default config.
-- Where there is a state already it changes nothing: a first start and a loss look alike, and only
-- the operator knows which it is.
--
-- KEYS     the queue's eleven keys, in the order of lib/queue.lua
-- ARGV     hold ms, token lifetime ms
-- Returns  1 when the queue was created, 0 when it was there
-- Needs    queue state guard config bucket

load_state()
if state.epoch then
  return 0
end
for _, field in ipairs(NUMBERS) do
  redis.call('HSETNX', K.config, field.name, field.default)
end
redis.call('HSETNX', K.config, 'mode', DEFAULT_MODE)
local config = read_config()
begin_epoch(run_id, 0, bucket_size(config.promote_per_second))
save()
return 1
