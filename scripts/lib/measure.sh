# shellcheck shell=bash
# What scripts/bench, scripts/scale, scripts/chaos and scripts/profile share: the build, and servers
# that nobody else uses.

# Given servers are not taken: these runs read the figures of whole servers, kill and stall them.
provide_private_servers() {
  unset REDIS_URL DATABASE_URL REDIS_KEY_PREFIX
  provide_servers
  DATABASE_VERSION=$(database_version)
  export DATABASE_VERSION
}

# Sets BINARIES. PROFILE is release, or dev for a quick look.
# shellcheck disable=SC2034 # the scripts read BINARIES
build_for_measuring() {
  local selection=(--package gateway --package booking --package crowd --bins)
  [[ $PROFILE == release ]] || selection=(--workspace --all-targets)
  say "building (the first time takes some minutes)"
  attend cargo build --manifest-path "$ROOT/Cargo.toml" --locked --profile "$PROFILE" \
    "${selection[@]}" || fail "the build failed"
  BINARIES=${CARGO_TARGET_DIR:-$ROOT/target}/${PROFILE/#dev/debug}
}

# The peers are Debian's. Elsewhere they may be missing; the bench then says what it left out.
want_nginx_with_lua() {
  local part
  for part in /usr/lib/nginx/modules/ngx_http_lua_module.so /usr/share/lua/5.1/nginx/redis.lua \
    /usr/share/lua/5.1/cjson; do
    [[ -e $part ]] && continue
    without_services install nginx-lua || say "nginx with Lua is missing: its rows are left out"
    return 0
  done
}

# libfaketime gives one process a clock that is wrong.
have_faketime() {
  local folder
  for folder in /usr/lib/*/faketime /usr/lib64/faketime /usr/lib/faketime \
    /usr/local/lib/faketime; do
    [[ ! -e $folder/libfaketime.so.1 ]] || return 0
  done
  return 1
}

# Debian starts a service as soon as it is installed, unless this file says no.
without_services() {
  local status=0 policy=/usr/sbin/policy-rc.d
  if [[ -e $policy ]]; then
    "$@"
    return
  fi
  printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null || return 1
  as_root chmod +x "$policy"
  "$@" || status=$?
  as_root rm -f "$policy"
  return "$status"
}
