-- wrk: fans who have a token. Arguments: a file with lines "path token", how many threads run, and
-- the header that takes the token, unless it is the queue token's.
local THREAD = 0

function setup(thread)
  thread:set('number', THREAD)
  THREAD = THREAD + 1
end

local requests, at = {}, 0

-- Every thread begins somewhere else, so that no two ask for the same fans in step.
function init(arguments)
  local header = arguments[3] or 'X-Queue-Token'
  for line in io.lines(arguments[1]) do
    local path, token = line:match('^(%S+) (%S+)$')
    requests[#requests + 1] = wrk.format('GET', path, { [header] = token })
  end
  at = math.floor(number * #requests / tonumber(arguments[2]))
end

function request()
  at = at % #requests + 1
  return requests[at]
end
