-- The line in Redis, asked as the gateway asks it: by the gateway's own scripts.
local redis = require 'nginx.redis'
local jwt = require 'jwt'
local settings = require 'settings'

local KEYS = settings.keys
local TOKEN_KEY = jwt.ring(settings.token_key)

-- Runs a script by its hash on a kept-alive connection of this worker.
local function run(script, ...)
  local connection = redis:new()
  assert(connection:connect('127.0.0.1', settings.redis_port))
  local arguments = { unpack(KEYS) }
  for _, argument in ipairs({ settings.hold_ms, settings.token_ms, ... }) do
    arguments[#arguments + 1] = argument
  end
  local reply = assert(connection:evalsha(script, #KEYS, unpack(arguments)))
  connection:set_keepalive(10000, 256)
  return reply
end

local line = {}

function line.join(user)
  return run(settings.join, user, '', '')
end

function line.where(claims)
  return run(settings.where, claims.sub, ('%.0f'):format(claims.t), ('%.0f'):format(claims.ep), 1)
end

function line.sign(user, ticket, epoch)
  local now = ngx.time()
  return jwt.sign(TOKEN_KEY, ('{"sub":"%s","q":"main","t":%s,"ep":%s,"iat":%d,"exp":%d}')
    :format(user, ticket, epoch, now, now + settings.token_ms / 1000))
end

-- What the request's token says, and the token; a request without a good one ends here.
function line.known()
  local token = ngx.var.http_x_queue_token
  local claims = token and jwt.verify(TOKEN_KEY, token)
  if not claims then
    return ngx.exit(401)
  end
  return claims, token
end

return line
