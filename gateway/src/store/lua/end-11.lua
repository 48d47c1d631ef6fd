-- Ends a fan's place: left, or paid. Spares a later place, so that a late retry of an old end does
-- not throw anyone out; the ticket itself is spent in any case.
--
-- KEYS     the queue's eleven keys, in the order of lib/queue.lua
-- ARGV     hold ms, token lifetime ms, user, ticket
-- Returns  1 when a place was ended, 0 when there was none or only a later one
-- Needs    queue state guard record

guard()
local user, ticket = ARGV[3], tonumber(ARGV[4])
local record = record_of(user)
local place = tonumber(redis.call('ZSCORE', K.waiting, user)) or (record and record.ticket)

spend(user, ticket)
if not place or place > ticket then
  save()
  return 0
end
forget(user, place)
save()
return 1
