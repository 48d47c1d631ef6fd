-- What is remembered of a fan who was called: "ticket:claimed:misses". One who only waits has none,
-- so that waiting costs no more memory than a member of a sorted set. And what of an ended place:
-- the highest ticket that must not come back.

local function record_of(user)
  local text = redis.call('HGET', K.fan, user)
  local ticket, claimed, misses = string.match(text or '', '^(%d+):([01]):(%d+)$')
  if not ticket then
    return nil
  end
  return { ticket = tonumber(ticket), claimed = claimed == '1', misses = tonumber(misses) }
end

local function keep_record(user, record)
  local claimed = record.claimed and 1 or 0
  local text = int(record.ticket) .. ':' .. claimed .. ':' .. record.misses
  redis.call('HSET', K.fan, user, text)
end

local function spent_of(user)
  local newer = tonumber(redis.call('HGET', K.spent, user)) or 0
  local older = tonumber(redis.call('HGET', K.spent_old, user)) or 0
  return math.max(newer, older)
end

-- Spending the same ticket again keeps it for another lifetime.
local function spend(user, ticket)
  if ticket >= spent_of(user) then
    redis.call('HSET', K.spent, user, int(ticket))
  end
end

-- The end of a place: nobody comes back to it.
local function forget(user, ticket)
  note('e', user, ticket)
  redis.call('ZREM', K.active, user)
  redis.call('ZREM', K.waiting, user)
  redis.call('ZREM', K.parked, user)
  redis.call('HDEL', K.fan, user)
  redis.call('ZREM', K.seen, user)
end
