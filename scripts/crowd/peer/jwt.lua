-- HS256, by the OpenSSL that nginx brings along: the same signatures as ours, in C as ours are.
local ffi = require 'ffi'
local cjson = require 'cjson.safe'

ffi.cdef [[
const void *EVP_sha256(void);
unsigned char *HMAC(const void *md, const void *key, int key_len, const unsigned char *data,
                    size_t length, unsigned char *out, unsigned int *out_length);
]]

local mac = ffi.new('unsigned char[32]')
local sha256 = ffi.C.EVP_sha256()

local function base64url(text)
  return (ngx.encode_base64(text, true):gsub('[+/]', { ['+'] = '-', ['/'] = '_' }))
end

local function unbase64url(text)
  return ngx.decode_base64((text:gsub('[-_]', { ['-'] = '+', ['_'] = '/' })))
end

local function signature(key, text)
  ffi.C.HMAC(sha256, key, #key, text, #text, mac, nil)
  return base64url(ffi.string(mac, 32))
end

-- A ring is { kid = ..., secret = ... }.
local function ring(text)
  local kid, secret = text:match('^([^:]+):(.+)$')
  secret = unbase64url(secret)
  local head = cjson.encode({ alg = 'HS256', typ = 'JWT', kid = kid })
  return { secret = secret, head = base64url(head) }
end

local function sign(own, claims)
  local text = own.head .. '.' .. base64url(claims)
  return text .. '.' .. signature(own.secret, text)
end

-- The claims of a token that the key signed and that is not too old; nil otherwise.
local function verify(own, token)
  local text, claims, given = token:match('^([%w_-]+%.([%w_-]+))%.([%w_-]+)$')
  if not text or signature(own.secret, text) ~= given then
    return nil
  end
  claims = cjson.decode(unbase64url(claims))
  return claims and claims.exp > ngx.time() and claims or nil
end

return { ring = ring, sign = sign, verify = verify }
