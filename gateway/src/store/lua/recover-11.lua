-- Gives back what a gateway's picture knew before a loss: the config, what was called and counted,
-- who had ended, and the sessions with the time they had left. Only while the hold of the new epoch
-- lasts; any gateway may do it, in any order, and repeat it.
--
-- KEYS     the queue's eleven keys, in the order of lib/queue.lua
-- ARGV     hold ms, token lifetime ms, epoch, high, counter, max_active, promote_per_second,
--          session_seconds, claim_seconds, mode, then per fan: user, ticket, ms left or 0,
--          claimed 0|1
-- Returns  how many sessions run again by this call; -1 when it came too late
-- Needs    queue state guard config record session

guard()
if ARGV[3] ~= state.epoch or now >= tonumber(state.hold) then
  save()
  return -1
end
for i, field in ipairs(FIELDS) do
  if ARGV[5 + i] ~= '' then
    redis.call('HSETNX', K.config, field, ARGV[5 + i])
  end
end
local config = read_config()
call_up_to(tonumber(ARGV[4]))
if tonumber(ARGV[5]) > tonumber(redis.call('GET', K.ticket)) then
  redis.call('SET', K.ticket, ARGV[5])
end

-- A fan who polled before this stands in line again, at the same ticket.
local function resume(user, ticket, ms_left, claimed)
  local waits_at = tonumber(redis.call('ZSCORE', K.waiting, user))
  local runs = redis.call('ZSCORE', K.active, user)
  if runs or ticket <= spent_of(user) or (waits_at and waits_at ~= ticket) or room(config) < 1 then
    return 0
  end
  redis.call('ZREM', K.waiting, user)
  admit(user, ticket, claimed, ms_left)
  return 1
end

local resumed = 0
for i = 11, #ARGV, 4 do
  local user, ticket, ms_left = ARGV[i], tonumber(ARGV[i + 1]), tonumber(ARGV[i + 2])
  if ms_left > 0 then
    resumed = resumed + resume(user, ticket, ms_left, ARGV[i + 3] == '1')
  else
    spend(user, ticket)
    local waits_at = tonumber(redis.call('ZSCORE', K.waiting, user))
    if waits_at and waits_at <= ticket then
      forget(user, waits_at)
    end
  end
end
save()
return resumed
