-- What the line remembers of itself, and the log of its changes. Both are written once, at the end
-- of the script: whoever reads them sees all of a step or nothing of it.
--
-- A change is "kind:user:ticket:expiry". The kinds: a let in, c claimed, w waits (again) at this
-- ticket, p has left this place and may come back, e ended. A join is none: the counter tells it.
-- The pictures live on the log; who has missed more than it holds takes a snapshot.

local LOG_LENGTH = 20000
local PUSH_LENGTH = 1000   -- Lua's stack bounds what one call can be given

local state, news, changes = {}, {}, {}

local function load_state()
  local pairs_of_state = redis.call('HGETALL', K.state)
  for i = 1, #pairs_of_state, 2 do
    state[pairs_of_state[i]] = pairs_of_state[i + 1]
  end
end

local function remember(field, value)
  state[field] = value
  news[field] = value
end

local function note(kind, user, ticket, expiry)
  changes[#changes + 1] = kind .. ':' .. user .. ':' .. int(ticket) .. ':' .. int(expiry or 0)
end

-- Writes down what was remembered and noted. The last thing that a script does.
local function save()
  if #changes > 0 then
    for i = 1, #changes, PUSH_LENGTH do
      local last = math.min(i + PUSH_LENGTH - 1, #changes)
      redis.call('RPUSH', K.log, unpack(changes, i, last))
    end
    redis.call('LTRIM', K.log, -LOG_LENGTH, -1)
    remember('seq', int((tonumber(state.seq) or 0) + #changes))
  end
  local fields = {}
  for field, value in pairs(news) do
    fields[#fields + 1] = field
    fields[#fields + 1] = value
  end
  if #fields > 0 then
    redis.call('HSET', K.state, unpack(fields))
  end
end
