-- Where a fan is now. With a ticket, only the place that this ticket is good for; a place that
-- was lost with Redis is put back at the ticket's own number.
--
-- KEYS     the queue's eleven keys, in the order of lib/queue.lua
-- ARGV     hold ms, token lifetime ms, user, ticket or "", epoch or "", claim 0|1
-- Returns  {status, ticket, epoch, position, expiry ms, now ms}
--          status is waiting, active, expired or absent
-- Needs    queue state guard config record session lapse place

guard()
local user, ticket, ticket_epoch = ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5])

local function answer(status, place, position, expiry)
  save()
  return { status, place, tonumber(state.epoch), position or 0, expiry or 0, now }
end
local function waiting_at(place)
  return answer('waiting', place, position_of(place))
end

-- Leaving or paying and joining again kills the old token: it is below the live ticket.
local function is_good_for(place)
  return not ticket or ticket >= place
end

local expiry, record = session_of(user)
if expiry and is_good_for(record.ticket) then
  if ARGV[6] == '1' then
    expiry = claim(user, record, expiry, (read_config()))
  end
  return answer('active', record.ticket, 0, expiry)
elseif expiry then
  return answer('expired', ticket)
end

local place = tonumber(redis.call('ZSCORE', K.waiting, user))
if place and is_good_for(place) then
  return waiting_at(place)
end

record = record_of(user)
local is_parked = redis.call('ZSCORE', K.parked, user)
if is_parked and record and is_good_for(record.ticket) and come_back(user) then
  return waiting_at(record.ticket)
end

-- Also an honest lower ticket of an older epoch: the fan joined again before coming back with it.
if may_restore(user, ticket, ticket_epoch) then
  restore(user, ticket)
  return waiting_at(ticket)
end
if ticket then
  return answer('expired', ticket)
end
local spent = spent_of(user)
if spent > 0 then
  -- The gateway signs a new token for it, which must not outlive the memory that it is spent.
  spend(user, spent)
end
return answer(spent > 0 and 'expired' or 'absent', spent)
