-- What a gateway's picture lives on: notes who was seen near the front, and tells how the line
-- stands and what has changed since the picture was last told.
--
-- KEYS     the queue's eleven keys, in the order of lib/queue.lua
-- ARGV     hold ms, token lifetime ms, the picture's epoch, its seq, then per fan: user seen
-- Returns  {now ms, epoch, seq, high, counter, base, hold left ms, waiting, sessions, near,
--           resync 0|1, rate, the config as last read: max_active, promote_per_second,
--           session_seconds, claim_seconds, mode (each "" when never read),
--           then the changes since seq}
--          resync: the log does not reach back to seq, or another epoch has begun
-- Needs    queue state guard config record session presence

-- With few commands, however many fans were seen.
local function note_seen(first)
  for from = first, #ARGV, PUSH_LENGTH do
    local scores = {}
    for i = from, math.min(from + PUSH_LENGTH - 1, #ARGV) do
      scores[#scores + 1] = int(now)
      scores[#scores + 1] = ARGV[i]
    end
    redis.call('ZADD', K.seen, unpack(scores))
  end
end

guard()
local config = read_config()
forgive_gap()
remember('ticked_at', int(now))
note_seen(5)
redis.call('ZREMRANGEBYSCORE', K.seen, '-inf', int(now - 2 * Q_MS))
mark_front(config)
save()

local seq = tonumber(state.seq) or 0
local missed = seq - tonumber(ARGV[4])
local resync = ARGV[3] ~= state.epoch or missed < 0 or missed > redis.call('LLEN', K.log)
local reply = {
  now, tonumber(state.epoch), seq, tonumber(state.high) or 0,
  tonumber(redis.call('GET', K.ticket)), tonumber(state.base),
  math.max(0, tonumber(state.hold) - now),
  redis.call('ZCARD', K.waiting), sessions_running(), near(config), resync and 1 or 0,
  tostring(config.promote_per_second),
}
for _, field in ipairs(FIELDS) do
  reply[#reply + 1] = state['good_' .. field] or ''
end
if missed > 0 and not resync then
  for _, change in ipairs(redis.call('LRANGE', K.log, -missed, -1)) do
    reply[#reply + 1] = change
  end
end
return reply
