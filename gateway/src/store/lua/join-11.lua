-- Gives each fan a place: the live one, the one that a token of an older epoch proves, or the next.
-- Then promotes as many as joined, so that with room a fan is let in by the same answer.
-- Allowed during a hold, because a new ticket is above all the old ones.
--
-- KEYS     the queue's eleven keys, in the order of lib/queue.lua
-- ARGV     hold ms, token lifetime ms, then per fan: user, ticket or "", epoch or ""
-- Returns  {now ms, epoch, more 0|1, promoted, then per fan: status, ticket, position, expiry ms}
--          status is waiting, active or closed
-- Needs    queue state guard config record session lapse place purge presence bucket promote

guard()
local config = read_config()

local function has_live_place(user)
  return session_of(user) or redis.call('ZSCORE', K.waiting, user)
    or (redis.call('ZSCORE', K.parked, user) and come_back(user))
end

local function find_or_give_place(user, ticket, ticket_epoch)
  if has_live_place(user) then
    return
  end
  if may_restore(user, ticket, ticket_epoch) then
    restore(user, ticket)
  elseif config.mode == 'passthrough' then
    admit(user, redis.call('INCR', K.ticket), true, session_ms(config))
  elseif config.mode ~= 'closed' then
    redis.call('ZADD', K.waiting, int(redis.call('INCR', K.ticket)), user)
  end
end

local function describe(user)
  local expiry, record = session_of(user)
  if expiry then
    return { 'active', record.ticket, 0, claim(user, record, expiry, config) }
  end
  local place = tonumber(redis.call('ZSCORE', K.waiting, user))
  if place then
    return { 'waiting', place, position_of(place), 0 }
  end
  return { 'closed', 0, 0, 0 }
end

for i = 3, #ARGV, 3 do
  find_or_give_place(ARGV[i], tonumber(ARGV[i + 1]), tonumber(ARGV[i + 2]))
end
local promoted, more = promote(config, (#ARGV - 2) / 3)
local reply = { now, tonumber(state.epoch), more and 1 or 0, promoted }
for i = 3, #ARGV, 3 do
  for _, value in ipairs(describe(ARGV[i])) do
    reply[#reply + 1] = value
  end
end
save()
return reply
