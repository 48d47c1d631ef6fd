# shellcheck shell=bash
# The journey in the README, taken out of the README and done as a newcomer would: scripts/run in
# one terminal, the lines of the README in another, Ctrl-C at the end.

readonly README_ADDRESS=http://127.0.0.1:8080 JOURNEY_SECONDS=120

journey() {
  local verdict=0
  [[ -n $(readme_journey) ]] || { say "README.md has no journey to follow" && return 1; }
  start_newcomer || return 1
  follow_readme || verdict=1
  stop_newcomer || verdict=1
  return "$verdict"
}

# The shell code between the two markers.
readme_journey() {
  awk '
    /<!-- journey:end -->/ { exit }
    /<!-- journey:start -->/ { here = 1 }
    here && /^```/ { code = /^```(bash|sh)$/; next }
    code' "$ROOT/README.md"
}

# A scripts/run with empty data and none of our settings.
start_newcomer() {
  newcomer_environment
  start_child newcomer env "${NEWCOMER_ENVIRONMENT[@]}" \
    "$ROOT/scripts/run" --dev --fresh --instance journey
  say "starting scripts/run; its output goes to $(shorten "$LOGS/newcomer.log")"
  await_log newcomer '^ready http://' 900 || { show_log newcomer && return 1; }
  NEWCOMER_ADDRESS=$(sed -n 's/^ready //p' "$LOGS/newcomer.log")
  NEWCOMER_FOLDER=$ROOT/$(sed -n 's,.*data and logs are in \(.*\)/$,\1,p' "$LOGS/newcomer.log")
}

# Private servers where there are any; else the given ones, with a database and keys of its own.
newcomer_environment() {
  local name own
  own=stagedoor_journey_$(date +%s)
  NEWCOMER_ENVIRONMENT=()
  for name in "${SETTINGS[@]}"; do NEWCOMER_ENVIRONMENT+=(-u "$name"); done
  ! find_redis || NEWCOMER_ENVIRONMENT+=(-u REDIS_URL)
  ! find_database || NEWCOMER_ENVIRONMENT+=(-u DATABASE_URL)
  find_redis || NEWCOMER_ENVIRONMENT+=("REDIS_KEY_PREFIX=$own:")
  find_database ||
    NEWCOMER_ENVIRONMENT+=("DATABASE_URL=$(sed -E "s,(//[^/]*/)[^?]*,\1$own," <<<"$DATABASE_URL")")
}

follow_readme() {
  local script=$INSTANCE/journey.sh
  readme_journey | sed "s,$README_ADDRESS,$NEWCOMER_ADDRESS,g" >"$script"
  attend timeout "$JOURNEY_SECONDS" bash -euo pipefail "$script" >"$LOGS/journey.log" 2>&1 || {
    show_log journey
    say "the README's lines failed"
    return 1
  }
  appeared 'a ticket' '"ticket": *[0-9]+' &&
    appeared 'a reservation' '"reservationId": *"' &&
    appeared 'a payment' '"status": *"success"'
}

# appeared WHAT PATTERN: the journey's output has it.
appeared() {
  if grep -qE "$2" "$LOGS/journey.log"; then
    say "the journey showed $1"
  else
    show_log journey
    say "the journey did not show $1"
    return 1
  fi
}

# Ctrl-C, then nothing may be left of it.
stop_newcomer() {
  local status=0 pid
  pid=$(child_pid newcomer)
  kill -INT "$pid"
  wait "$pid" || status=$?
  rm "$INSTANCE/pids/newcomer"
  ((status == 0)) || { show_log newcomer && say "scripts/run ended with $status" && return 1; }
  ! newcomer_remains && say "scripts/run stopped and left nothing behind"
}

# Every process that scripts/run starts works in the folder of its instance.
newcomer_remains() {
  local folder
  if address_taken "${NEWCOMER_ADDRESS#http://}"; then
    say "$NEWCOMER_ADDRESS is still taken"
    return
  fi
  for folder in /proc/[0-9]*/cwd; do
    [[ $(readlink "$folder") == "$NEWCOMER_FOLDER"/* ]] || continue
    say "a process of scripts/run is still there: $(tr '\0' ' ' <"${folder%cwd}cmdline")"
    return
  done
  return 1
}
