-- A place in the line: coming back to it, proving it after a loss, and counting those ahead.

-- At the fan's own ticket. Who comes back has been seen by coming.
local function wait_again(user, ticket)
  redis.call('ZADD', K.waiting, int(ticket), user)
  redis.call('ZADD', K.seen, int(now), user)
  note('w', user, ticket)
end

-- Parked -> waiting at the fan's own ticket, or ended when the grace is over.
local function come_back(user)
  local record = record_of(user)
  local grace_ends = tonumber(redis.call('ZSCORE', K.parked, user))
  redis.call('ZREM', K.parked, user)
  if record and grace_ends > now then
    wait_again(user, record.ticket)
    return true
  end
  local ticket = record and record.ticket or 0
  if record then
    spend(user, ticket)
  end
  forget(user, ticket)
  return false
end

-- A ticket of an older epoch that was not spent may be put back; a younger one never comes from us.
local function may_restore(user, ticket, epoch)
  return ticket and epoch < tonumber(state.epoch) and ticket <= tonumber(state.base)
    and ticket > spent_of(user)
end

local function restore(user, ticket)
  redis.call('ZREM', K.parked, user)
  local later = tonumber(redis.call('ZSCORE', K.waiting, user))
  if later then
    note('p', user, later)
  end
  wait_again(user, ticket)
end

-- 1 for a returner; else the number of places between the highest called ticket and this one.
local function position_of(ticket)
  local high = tonumber(state.high) or 0
  if ticket <= high then
    return 1
  end
  return redis.call('ZCOUNT', K.waiting, '(' .. int(high), int(ticket))
end
