-- A session: from the promotion to its end. It is judged by its expiry and by the fan's record.

-- H, the highest ticket that was ever called, never falls.
local function call_up_to(ticket)
  if ticket > (tonumber(state.high) or 0) then
    remember('high', int(ticket))
  end
end

-- Waiting -> active. The caller has removed the fan from `waiting`.
local function admit(user, ticket, claimed, window_ms)
  local before = record_of(user)
  keep_record(user, { ticket = ticket, claimed = claimed, misses = before and before.misses or 0 })
  redis.call('ZADD', K.active, int(now + window_ms), user)
  redis.call('ZREM', K.seen, user)
  note('a', user, ticket, now + window_ms)
  if claimed then
    note('c', user, ticket, now + window_ms)
  end
  call_up_to(ticket)
end

-- Who has run out and is not purged yet takes no room.
local function sessions_running()
  return redis.call('ZCOUNT', K.active, '(' .. int(now), '+inf')
end

local function room(config)
  return math.floor(config.max_active) - sessions_running()
end

local function session_ms(config)
  return math.floor(config.session_seconds * 1000)
end

-- The fan's own first request after the promotion: the session gets its full length, once.
local function claim(user, record, expiry, config)
  if record.claimed then
    return expiry
  end
  record.claimed = true
  keep_record(user, record)
  expiry = now + session_ms(config)
  redis.call('ZADD', K.active, int(expiry), user)
  note('c', user, record.ticket, expiry)
  return expiry
end

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
