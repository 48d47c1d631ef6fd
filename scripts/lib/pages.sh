# shellcheck shell=bash
# What a fan sees, in the system's Chromium: the tests, the measurements and the pictures.

readonly PAGES_SECONDS=580

# The whole journey and its mishaps, against a scripts/run of their own.
pages_work() {
  local verdict=0
  start_newcomer || return 1
  in_the_browser run.mjs || verdict=1
  stop_newcomer || verdict=1
  return "$verdict"
}

# in_the_browser PROGRAM ARGUMENTS...: with the settings of the running system, whose line the
# program turns as an operator would.
in_the_browser() {
  local program=$1 entry
  shift
  (
    for entry in "${NEWCOMER_ENVIRONMENT[@]}"; do
      [[ $entry != REDIS_KEY_PREFIX=* ]] || export "${entry?}"
    done
    # shellcheck source=/dev/null
    source "$NEWCOMER_FOLDER/env"
    export LOGS BINARIES=${CARGO_TARGET_DIR:-$ROOT/target}/debug
    attend timeout "$PAGES_SECONDS" node "$NODE_TOOLS/pages/$program" "$NEWCOMER_ADDRESS" "$@"
  )
}
