-- The end of a session by time: used up, or never claimed.

-- Called but not there: for the grace time the place can be had back.
local function park(user, record)
  keep_record(user, record)
  redis.call('ZADD', K.parked, int(now + GRACE_MS), user)
  note('p', user, record.ticket)
end

-- Active -> ended when the session was used, else parked; the third miss ends the place.
local function lapse(user)
  local record = record_of(user)
  redis.call('ZREM', K.active, user)
  if not record then
    return
  end
  record.misses = record.misses + (record.claimed and 0 or 1)
  if record.claimed or record.misses >= MISSES_ALLOWED then
    spend(user, record.ticket)
    forget(user, record.ticket)
  else
    park(user, record)
  end
end

-- The fan's running session as expiry, record. One that has run out lapses first; a member that
-- someone put into the set by hand has no ticket and is none.
local function session_of(user)
  local expiry = tonumber(redis.call('ZSCORE', K.active, user))
  if not expiry then
    return nil
  end
  local record = record_of(user)
  if expiry > now and record then
    return expiry, record
  end
  lapse(user)
  return nil
end
