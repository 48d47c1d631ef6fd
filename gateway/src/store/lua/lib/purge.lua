-- What is over makes room: lapsed sessions, lapsed graces, tickets that no token can still name.

-- Spent tickets are kept for one token lifetime at least, in two generations.
local function age_spent()
  local swapped_at = tonumber(state.spent_at)
  if swapped_at and now - swapped_at < TOKEN_MS then
    return
  end
  if redis.call('EXISTS', K.spent) == 1 then
    redis.call('RENAME', K.spent, K.spent_old)
  else
    redis.call('DEL', K.spent_old)
  end
  remember('spent_at', int(now))
end

-- Returns how many places lapsed; as many as the limit means that there may be more.
local function purge(limit)
  age_spent()
  local sessions = redis.call('ZRANGEBYSCORE', K.active, '-inf', int(now), 'LIMIT', 0, limit)
  for _, user in ipairs(sessions) do
    lapse(user)
  end
  local left = limit - #sessions
  local graces = redis.call('ZRANGEBYSCORE', K.parked, '-inf', int(now), 'LIMIT', 0, left)
  for _, user in ipairs(graces) do
    come_back(user)
  end
  return #sessions + #graces
end
