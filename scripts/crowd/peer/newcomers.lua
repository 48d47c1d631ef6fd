-- wrk: fans who join, each once. Argument: the first user id.
local THREAD, SPAN = 0, 100000000

function setup(thread)
  thread:set('number', THREAD)
  THREAD = THREAD + 1
end

local user = 0
local HEADERS = { ['Content-Type'] = 'application/json' }

function init(arguments)
  user = tonumber(arguments[1]) + number * SPAN
end

function request()
  user = user + 1
  return wrk.format('POST', '/api/issue', HEADERS, ('{"userId":%d}'):format(user))
end
