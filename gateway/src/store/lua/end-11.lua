-- Ends fans' places: left, or paid. Spares a later place, so that a late retry of an old end does
-- not throw anyone out; the ticket itself is spent in any case.
--
-- KEYS     the queue's eleven keys, in the order of lib/queue.lua
-- ARGV     hold ms, token lifetime ms, then per fan: user, ticket
-- Returns  per fan 1 when a place was ended, 0 when there was none or only a later one
-- Needs    queue state guard record

guard()

local function end_place(user, ticket)
  local record = record_of(user)
  local place = tonumber(redis.call('ZSCORE', K.waiting, user)) or (record and record.ticket)
  spend(user, ticket)
  if not place or place > ticket then
    return 0
  end
  forget(user, place)
  return 1
end

local ended = {}
for i = 3, #ARGV, 2 do
  ended[#ended + 1] = end_place(ARGV[i], tonumber(ARGV[i + 1]))
end
save()
return ended
