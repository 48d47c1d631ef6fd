-- Who is there. A fan near the front is expected to poll; one who has been near it for a full Q and
-- has not been seen for Q is quiet, and passed over.

local Q_MS = 15000
local GAP_MS = 2000       -- longer without a tick, and nobody's polls were written down
local MARK_EVERY_MS = 3000

-- How many places count as near the front: those that may be called within two and a half Q.
local function near(config)
  return math.floor(math.max(200, math.min(5000, 2.5 * config.promote_per_second * Q_MS / 1000)))
end

-- After a gap between ticks everybody looks quiet: nobody is, for a full Q. Whoever judges checks
-- this before anybody writes the time of the next tick.
local function forgive_gap()
  if now - (tonumber(state.ticked_at) or 0) > GAP_MS then
    remember('amnesty', int(now + Q_MS))
  end
end

-- Marks as "ms:ticket", the oldest first: up to which ticket the front reached at that time.
local function each_mark()
  return string.gmatch(state.front or '', '(%d+):(%d+)')
end

-- Keeps one mark older than Q, and all younger ones.
local function mark_front(config)
  local kept, newest = {}, 0
  for at, ticket in each_mark() do
    newest = tonumber(at)
    if newest <= now - Q_MS then
      kept = {}
    end
    kept[#kept + 1] = at .. ':' .. ticket
  end
  if now - newest < MARK_EVERY_MS then
    return
  end
  local edge = redis.call('ZRANGE', K.waiting, near(config) - 1, near(config) - 1, 'WITHSCORES')[2]
  kept[#kept + 1] = int(now) .. ':' .. (edge or redis.call('GET', K.ticket))
  remember('front', table.concat(kept, ' '))
end

-- The highest ticket that has been near the front for a full Q; 0 when that is not known.
local function near_for_long()
  local lowest, is_long = math.huge, false
  for at, ticket in each_mark() do
    is_long = is_long or tonumber(at) <= now - Q_MS
    lowest = math.min(lowest, tonumber(ticket))
  end
  return is_long and lowest or 0
end

local function is_quiet(user, ticket, judged_up_to)
  if ticket > judged_up_to or now < (tonumber(state.amnesty) or 0) then
    return false
  end
  return (tonumber(redis.call('ZSCORE', K.seen, user)) or 0) < now - Q_MS
end
