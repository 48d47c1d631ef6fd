# shellcheck shell=bash
# A Redis: the given one, a private one, or a container.

# Sets and exports REDIS_URL.
provide_redis() {
  if [[ -n ${REDIS_URL:-} ]]; then
    say "redis: $(without_secrets "$REDIS_URL"), given by REDIS_URL"
  elif find_redis; then
    start_redis "from PATH"
  elif install redis && find_redis; then
    start_redis "installed just now"
  elif docker_works; then
    docker_redis
  else
    fail "no Redis: set REDIS_URL, or put redis-server on PATH (on Debian as root:" \
      "apt-get install redis-tools), or start a Docker engine"
  fi
  export REDIS_URL
}

# Debian's redis-tools has the server without its system service, but not under its name: one binary
# does it all and looks at what it was called as. The link gives it the name.
find_redis() {
  if ! have redis-server && ! have valkey-server && have redis-check-rdb; then
    mkdir -p "$ROOT/.run/bin"
    ln -sf "$(command -v redis-check-rdb)" "$ROOT/.run/bin/redis-server"
  fi
  REDIS_SERVER=$(command -v redis-server || command -v valkey-server)
}

# A port that was free a moment ago may be taken now: then another one.
start_redis() {
  local _
  for _ in 1 2 3 4 5; do
    free_port
    run_redis "$REPLY"
    if await_log redis 'Ready to accept connections' 20; then
      REDIS_URL=redis://127.0.0.1:$REPLY
      say "redis: private server on 127.0.0.1:$REPLY ($(redis_version) $1)"
      return
    fi
    stop_child redis
    grep -q 'Address already in use' "$LOGS/redis.log" || break
  done
  show_log redis
  fail "the private Redis did not start"
}

# The line survives a loss of Redis by design, so nothing is written to disk.
run_redis() {
  start_child redis "$REDIS_SERVER" --bind 127.0.0.1 --port "$1" \
    --dir "$INSTANCE/redis" --save '' --appendonly no
}

redis_version() {
  printf '%s ' "${REDIS_SERVER##*/}"
  "$REDIS_SERVER" --version | sed -E 's/.* v=([^ ]+).*/\1/'
}
