-- The guard: the first thing that every script does that may write.
-- Another run id than the one in the state means that Redis was restarted, flushed, restored or
-- failed over. Then places may be missing, and promoting at once would let others overtake them.
-- "No state" alone is not enough: an old file or a promoted replica has one.

local function begin_epoch(run_id, hold_ms, bucket)
  local since_2025 = now - START_OF_2025_MS
  local counter = math.max(tonumber(redis.call('GET', K.ticket)) or 0, since_2025 * 100)
  redis.call('SET', K.ticket, int(counter))
  remember('base', int(counter))
  remember('epoch', int(math.max((tonumber(state.epoch) or 0) + 1, since_2025)))
  remember('hold', int(now + hold_ms))
  remember('bucket', bucket)
  remember('charged_at', int(now))
  remember('run_id', run_id)
  remember('front', '')
end

local run_id = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')

local function guard()
  load_state()
  if state.run_id ~= run_id then
    begin_epoch(run_id, HOLD_MS, '0')
  end
end
