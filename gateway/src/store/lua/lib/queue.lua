-- The queue's keys by name, Redis's own clock, and the numbers that every script shares.
-- Every script is given all keys in one order, so that none touches a key it did not declare.
-- ARGV[1] is the hold after a loss in ms, ARGV[2] the lifetime of a queue token in ms.

local K = {
  config = KEYS[1], ticket = KEYS[2], waiting = KEYS[3], active = KEYS[4], fan = KEYS[5],
  parked = KEYS[6], spent = KEYS[7], spent_old = KEYS[8], state = KEYS[9], seen = KEYS[10],
  log = KEYS[11],
}
local HOLD_MS = tonumber(ARGV[1])
local TOKEN_MS = tonumber(ARGV[2])
local GRACE_MS = 300000    -- how long a called fan who is not there may still come back
local MISSES_ALLOWED = 3   -- the third missed claim ends the place
local BURST_SECONDS = 2    -- how much of the rate may be saved up
local START_OF_2025_MS = 1735689600000

local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)

-- Lua prints 14 digits of a number; tickets and times are written whole.
local function int(number)
  return string.format('%.0f', number)
end
