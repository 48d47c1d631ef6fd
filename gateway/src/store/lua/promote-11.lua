-- One step of the scheduler: purges what is over, charges the bucket and lets the next fans in.
--
-- KEYS     the queue's eleven keys, in the order of lib/queue.lua
-- ARGV     hold ms, token lifetime ms, batch (200 at most)
-- Returns  {promoted, more 0|1, waiting, sessions, hold left ms, max_active, rate, mode,
--           then name, value of each config field that could not be used}
-- Needs    queue state guard config record session lapse place purge presence bucket promote

guard()
local config, bad = read_config()
local promoted, more = promote(config, tonumber(ARGV[3]))
local reply = {
  promoted,
  more and 1 or 0,
  redis.call('ZCARD', K.waiting),
  sessions_running(),
  math.max(0, tonumber(state.hold) - now),
  int(math.floor(config.max_active)),
  tostring(config.promote_per_second),
  config.mode,
}
for _, value in ipairs(bad) do
  reply[#reply + 1] = value
end
save()
return reply
