# shellcheck shell=bash
# The backup of docs/OPERATIONS.md, made while a crowd buys, with the very commands of that page.

readonly BACKUP_SECONDS=120

backup_step() {
  if have mariadb-dump || { install dump && have mariadb-dump; }; then
    step 'A backup in mid-sale' backup_in_mid_sale
  else
    leave_out 'A backup in mid-sale' 'mariadb-dump is missing'
  fi
}

backup_in_mid_sale() {
  local verdict=0
  start_newcomer || return 1
  sell_and_back_up || verdict=1
  stop_newcomer || verdict=1
  return "$verdict"
}

sell_and_back_up() {
  local status=0
  DATABASE=$(of_newcomer DATABASE_URL)
  write_client_file "$DATABASE"
  RESTORED_URL=${DATABASE%/*}/stagedoor_restored
  DATABASE=${DATABASE##*/}
  start_child crowd env "DATABASE_URL=$(of_newcomer DATABASE_URL)" \
    "REDIS_URL=$(of_newcomer REDIS_URL)" "${CARGO_TARGET_DIR:-$ROOT/target}/debug/load" smoke \
    --seed "$STAGEDOOR_SEED" --gateway "$NEWCOMER_ADDRESS" --report "$INSTANCE/reports"
  await_payment && follow_operations || status=1
  wait "$(child_pid crowd)" || { show_log crowd && status=1; }
  rm -f "$INSTANCE/pids/crowd"
  ((status == 0)) && was_in_mid_sale || status=1
  ask 'DROP DATABASE IF EXISTS stagedoor_restored'
  return "$status"
}

# A setting of the system that start_newcomer has started.
of_newcomer() (
  # shellcheck source=/dev/null
  source "$NEWCOMER_FOLDER/env"
  printf '%s' "${!1}"
)

# mysql://user:password@host:port/name, as the database's own programs want it.
write_client_file() {
  local pattern='^[a-z]+://([^:@/]+):?([^@/]*)@([^:/]+):?([0-9]*)/'
  [[ $1 =~ $pattern ]] || fail "DATABASE_URL is not mysql://user:password@host:port/name"
  (umask 077 && printf '[client]\nuser=%s\npassword=%s\nhost=%s\nport=%s\n' \
    "${BASH_REMATCH[@]:1:3}" "${BASH_REMATCH[4]:-3306}" >"$INSTANCE/backup.cnf")
}

ask() {
  mariadb --defaults-extra-file="$INSTANCE/backup.cnf" --batch --skip-column-names --execute "$1"
}

await_payment() {
  local deadline=$((SECONDS + BACKUP_SECONDS))
  until (($(ask "SELECT COUNT(*) FROM $DATABASE.payments") > 0)); do
    if ! alive "$(child_pid crowd)" || ((SECONDS >= deadline)); then
      show_log crowd
      say "the crowd bought nothing"
      return 1
    fi
    sleep 0.1
  done
}

# The shell code between the two markers, in a folder with the client file.
follow_operations() {
  local script=$INSTANCE/backup.sh
  awk '
    /<!-- backup:end -->/ { exit }
    /<!-- backup:start -->/ { here = 1 }
    here && /^```/ { code = /^```bash$/; next }
    code' "$ROOT/docs/OPERATIONS.md" >"$script"
  [[ -s $script ]] || { say "docs/OPERATIONS.md has no backup to follow" && return 1; }
  attend env -C "$INSTANCE" "DATABASE=$DATABASE" "RESTORED_URL=$RESTORED_URL" \
    "PATH=${CARGO_TARGET_DIR:-$ROOT/target}/debug:$PATH" \
    timeout "$BACKUP_SECONDS" bash -euo pipefail "$script" >"$LOGS/backup.log" 2>&1 || {
    show_log backup
    say "the lines of docs/OPERATIONS.md failed"
    return 1
  }
  grep -q 'nothing is wrong' "$LOGS/backup.log"
}

# Some payments are in the backup, and some came after it: else it was not in mid-sale.
was_in_mid_sale() {
  local saved now
  saved=$(ask 'SELECT COUNT(*) FROM stagedoor_restored.payments')
  now=$(ask "SELECT COUNT(*) FROM $DATABASE.payments")
  say "the backup has $saved of the $now payments of the sale, and booking audit found it right"
  ((saved > 0 && saved < now))
}
