-- A waiting room in nginx: the same calls, tokens and answers as the gateway's.
local cjson = require 'cjson.safe'
local jwt = require 'jwt'
local line = require 'line'
local settings = require 'settings'

local PASS_KEY = jwt.ring(settings.pass_key)
local POLL_AFTER_MS = 2000
local STANDING = { waiting = 'waiting', active = 'activate', expired = 'expired' }

local function answer(user, token, standing, ticket, position)
  ngx.header['Content-Type'] = 'application/json'
  ngx.header['Cache-Control'] = 'no-store'
  ngx.print(('{"userId":%s,"token":"%s","waitingId":%s,"status":"%s","ticket":%s,'
    .. '"estimatedWaitSeconds":null,"pollAfterMs":%d}')
    :format(user, token, position, STANDING[standing], ticket, POLL_AFTER_MS))
end

local room = {}

function room.issue()
  ngx.req.read_body()
  local request = cjson.decode(ngx.req.get_body_data())
  local user = ('%.0f'):format(request.userId)
  local reply = line.join(user)
  local token = line.sign(user, reply[6], reply[2])
  ngx.header['Set-Cookie'] = 'stagedoor_token=' .. token .. '; Path=/; HttpOnly; SameSite=Lax'
  answer(user, token, reply[5], reply[6], reply[7])
end

function room.status()
  local claims, token = line.known()
  if claims.sub ~= ngx.var.uri:match('(%d+)$') then
    return ngx.exit(403)
  end
  local reply = line.where(claims)
  answer(claims.sub, token, reply[1], reply[2], reply[4])
end

function room.gate()
  local claims = line.known()
  local reply = line.where(claims)
  if reply[1] ~= 'active' then
    return ngx.exit(403)
  end
  local now = ngx.time()
  ngx.req.set_header('Stagedoor-Pass', jwt.sign(PASS_KEY,
    ('{"iss":"stagedoor","aud":"booking","sub":"%s","q":"main","t":%s,"st":"active","rid":"%s",'
      .. '"iat":%d,"exp":%d}'):format(claims.sub, reply[2], ngx.var.request_id, now, now + 60)))
  ngx.req.clear_header('X-Queue-Token')
end

return room
