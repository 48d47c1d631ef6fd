-- Waiting -> active: the lowest tickets first, as many as cap and rate allow, in one atomic step.

local PURGE_LIMIT = 500

-- A bucket holds two seconds of the rate, at least one token while the rate is above 0.
local function bucket_size(rate)
  if rate == 0 then
    return 0
  end
  return math.max(1, BURST_SECONDS * rate)
end

-- Elapsed time is paid at the rate last read, so a late tick gives nobody less.
local function charge(rate)
  local before = tonumber(state.rate) or rate
  local elapsed = math.max(0, now - (tonumber(state.charged_at) or now)) / 1000
  local tokens = (tonumber(state.bucket) or 0) + elapsed * before
  tokens = math.min(tokens, bucket_size(before), bucket_size(rate))
  remember('rate', rate)
  remember('charged_at', int(now))
  return tokens
end

local function room(config)
  local sessions = redis.call('ZCOUNT', K.active, '(' .. int(now), '+inf')
  return math.floor(config.max_active) - sessions
end

-- How many may go in now; the small addend forgives what binary fractions round away.
local function allowance(config, tokens)
  if config.mode == 'passthrough' then
    return redis.call('ZCARD', K.waiting)
  end
  if config.mode ~= 'open' or now < tonumber(state.hold) then
    return 0
  end
  return math.max(0, math.min(room(config), math.floor(tokens + 0.000001)))
end

-- Returns how many were promoted and whether another call would promote or purge more at once.
local function promote(config, batch)
  local lapsed = purge(PURGE_LIMIT)
  local tokens = charge(config.promote_per_second)
  local allowed = allowance(config, tokens)
  local called = redis.call('ZPOPMIN', K.waiting, math.min(allowed, batch))
  local claim_ms = math.floor(config.claim_seconds * 1000)
  for i = 1, #called, 2 do
    admit(called[i], tonumber(called[i + 1]), false, claim_ms)
  end
  local granted = #called / 2
  if config.mode ~= 'passthrough' then
    tokens = tokens - granted
  end
  remember('bucket', tokens)
  local more = lapsed >= PURGE_LIMIT
    or (allowed > granted and redis.call('EXISTS', K.waiting) == 1)
  return granted, more
end
