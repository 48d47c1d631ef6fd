-- One page of all places, for a picture that begins anew. What changes between two pages is in the
-- log since the seq of the first one, so a place that is missed or met twice is put right by it.
--
-- KEYS     the queue's eleven keys, in the order of lib/queue.lua
-- ARGV     hold ms, token lifetime ms, part waiting|active, cursor, length (5000 at most)
-- Returns  {epoch, seq, counter, next cursor or -1, then per place: of waiting its ticket; of
--           active user, ticket, expiry ms, claimed 0|1}
--          The cursor is the highest ticket of the page before, or how many sessions were told.
-- Needs    queue state guard record

guard()
save()
local part, cursor, length = ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5])
local reply = {
  tonumber(state.epoch), tonumber(state.seq) or 0, tonumber(redis.call('GET', K.ticket)), -1,
}

local function tell_waiting()
  local page = redis.call('ZRANGEBYSCORE', K.waiting, '(' .. int(cursor), '+inf', 'WITHSCORES',
    'LIMIT', 0, length)
  for i = 2, #page, 2 do
    reply[#reply + 1] = tonumber(page[i])
  end
  if #page == 2 * length then
    reply[4] = tonumber(page[#page])
  end
end

local function tell_active()
  local page = redis.call('ZRANGE', K.active, cursor, cursor + length - 1, 'WITHSCORES')
  for i = 1, #page, 2 do
    local record = record_of(page[i])
    if record then
      reply[#reply + 1] = tonumber(page[i])
      reply[#reply + 1] = record.ticket
      reply[#reply + 1] = tonumber(page[i + 1])
      reply[#reply + 1] = record.claimed and 1 or 0
    end
  end
  if #page == 2 * length then
    reply[4] = cursor + length
  end
end

if part == 'waiting' then
  tell_waiting()
else
  tell_active()
end
return reply
