-- Waiting -> active: the lowest tickets first, as many as cap and rate allow, in one atomic step.

local PURGE_LIMIT = 500
local MAX_LOOKS = 300
local SPARE_LOOKS = 16   -- for quiet fans among those that are wanted

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

-- Walks the line from its lowest ticket until so many are let in. Who is quiet is passed over, at
-- the cost of neither slot nor rate. Returns how many were let in and whether the walk ended early.
local function call_next(config, wanted)
  local looks = math.min(MAX_LOOKS, wanted + SPARE_LOOKS)
  local line = redis.call('ZRANGE', K.waiting, 0, looks - 1, 'WITHSCORES')
  local judged_up_to = near_for_long()
  local claim_ms = math.floor(config.claim_seconds * 1000)
  local granted, looked = 0, 0
  while looked < #line / 2 and granted < wanted do
    local user, ticket = line[2 * looked + 1], tonumber(line[2 * looked + 2])
    looked = looked + 1
    redis.call('ZREM', K.waiting, user)
    if is_quiet(user, ticket, judged_up_to) then
      local before = record_of(user)
      park(user, { ticket = ticket, claimed = false, misses = before and before.misses or 0 })
      call_up_to(ticket)
    else
      admit(user, ticket, false, claim_ms)
      granted = granted + 1
    end
  end
  return granted, granted < wanted and looked == looks
end

-- Returns how many were promoted and whether another call would promote or purge more at once.
local function promote(config, batch)
  forgive_gap()
  local lapsed = purge(PURGE_LIMIT)
  local tokens = charge(config.promote_per_second)
  local allowed = allowance(config, tokens)
  local granted, is_cut_short = 0, false
  if allowed > 0 then
    granted, is_cut_short = call_next(config, math.min(allowed, batch))
  end
  if config.mode ~= 'passthrough' then
    tokens = tokens - granted
  end
  remember('bucket', tokens)
  local more = lapsed >= PURGE_LIMIT or is_cut_short
    or (allowed > granted and redis.call('EXISTS', K.waiting) == 1)
  return granted, more
end
