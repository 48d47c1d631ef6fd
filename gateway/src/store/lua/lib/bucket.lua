-- The rate: a bucket of tokens, one for each fan who is let in.

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
