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
