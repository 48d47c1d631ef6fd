-- The operator's config, read live. A value that is missing or bad keeps the last good one, which
-- the state remembers; it is reported, so that the gateway can log it.

local NUMBERS = {
  { name = 'max_active', default = '1000', low = 0, high = 1000000 },
  { name = 'promote_per_second', default = '50', low = 0, high = 100000 },
  { name = 'session_seconds', default = '600', low = 1, high = 86400 },
  { name = 'claim_seconds', default = '15', low = 1, high = 3600 },
}
local MODES = { open = true, paused = true, closed = true, passthrough = true }
local DEFAULT_MODE = 'open'
local FIELDS = { 'max_active', 'promote_per_second', 'session_seconds', 'claim_seconds', 'mode' }

-- The pattern keeps out what tonumber would take: "nan", "inf" and "0x10".
local function is_number(text, field)
  if not (string.match(text, '^%d+$') or string.match(text, '^%d+%.%d+$')) then
    return false
  end
  local number = tonumber(text)
  return number >= field.low and number <= field.high
end

local function last_good(name, text, is_good, default, bad)
  local good = state['good_' .. name]
  if is_good then
    if good ~= text then
      remember('good_' .. name, text)
    end
    return text
  end
  bad[#bad + 1] = name
  bad[#bad + 1] = text or ''
  return good or default
end

-- Returns the config in force, and a list of name, value of what could not be used.
local function read_config()
  local config, bad = {}, {}
  for _, field in ipairs(NUMBERS) do
    local text = redis.call('HGET', K.config, field.name)
    local good = text and is_number(text, field)
    config[field.name] = tonumber(last_good(field.name, text, good, field.default, bad))
  end
  local mode = redis.call('HGET', K.config, 'mode')
  config.mode = last_good('mode', mode, mode and MODES[mode], DEFAULT_MODE, bad)
  return config, bad
end
