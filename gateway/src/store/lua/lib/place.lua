-- A place in the line: coming back to it, proving it after a loss, and counting those ahead.

-- Parked -> waiting at the fan's own ticket, or ended when the grace is over.
local function come_back(user)
  local record = record_of(user)
  local grace_ends = tonumber(redis.call('ZSCORE', K.parked, user))
  redis.call('ZREM', K.parked, user)
  if record and grace_ends > now then
    redis.call('ZADD', K.waiting, int(record.ticket), user)
    return true
  end
  if record then
    spend(user, record.ticket)
  end
  forget(user)
  return false
end

-- A ticket of an older epoch that was not spent may be put back; a younger one never comes from us.
local function may_restore(user, ticket, epoch)
  return ticket and epoch < tonumber(state.epoch) and ticket <= tonumber(state.base)
    and ticket > spent_of(user)
end

local function restore(user, ticket)
  redis.call('ZREM', K.parked, user)
  redis.call('ZADD', K.waiting, int(ticket), user)
end

-- 1 for a returner; else the number of places between the highest called ticket and this one.
local function position_of(ticket)
  local high = tonumber(state.high) or 0
  if ticket <= high then
    return 1
  end
  return redis.call('ZCOUNT', K.waiting, '(' .. int(high), int(ticket))
end
