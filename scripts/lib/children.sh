# shellcheck shell=bash
# The processes that we start, and their end. A process is only ever ended by the pid that we noted
# when we started it.

readonly SOFT_SECONDS=30

CHILDREN=() # "name pid", in the order of their start
ATTENDED='' # the pid of the command that we wait for at the moment
FRAGILE=''  # the child that cannot be stopped softly at the moment

# hear_ctrl_c ARGUMENTS...: a shell without job control starts what it puts in the background deaf
# to SIGINT, and bash cannot undo that. Then this script starts itself again, with these arguments.
hear_ctrl_c() {
  local name value
  [[ -r /proc/$$/status ]] || return 0
  while read -r name value; do
    [[ $name == SigIgn: ]] || continue
    ((0x$value & 2)) || return 0
    ! env --default-signal=INT true 2>/dev/null || exec env --default-signal=INT "$0" "$@"
  done <"/proc/$$/status"
}

# start_child NAME COMMAND...: runs in the background, in a folder of its own, with a log.
# A process group of its own (set -m) keeps a Ctrl-C in the terminal from reaching it: we
# stop the children one after the other, the gateway before the database.
start_child() {
  local name=$1
  shift
  mkdir -p "$INSTANCE/$name" "$INSTANCE/pids"
  : >"$LOGS/$name.log"
  set -m
  (cd "$INSTANCE/$name" && exec "$@") >"$LOGS/$name.log" 2>&1 </dev/null 9>&- &
  set +m
  CHILDREN+=("$name $!")
  echo "$!" >"$INSTANCE/pids/$name"
}

# attend COMMAND...: runs it and waits. Unlike a plain call, a signal to this script
# is answered at once and takes the command with it.
attend() {
  local status=0
  set -m
  "$@" </dev/null 9>&- &
  set +m
  ATTENDED=$!
  wait "$ATTENDED" || status=$?
  ATTENDED=
  return "$status"
}

child_pid() {
  cat "$INSTANCE/pids/$1"
}

alive() {
  kill -0 "$1" 2>/dev/null
}

# await_log NAME PATTERN SECONDS: true when the child's log says so; false when it died or is late.
# Its own log is asked, not its port: there, somebody else might answer.
await_log() {
  local deadline=$((SECONDS + $3))
  until grep -qE "$2" "$LOGS/$1.log"; do
    alive "$(child_pid "$1")" && ((SECONDS < deadline)) || return 1
    sleep 0.1
  done
}

# stop_process PID: softly, then hard, with everything in its process group.
stop_process() {
  local tenths
  kill -TERM -- "-$1" 2>/dev/null || return 0
  for ((tenths = SOFT_SECONDS * 10; tenths > 0; tenths--)); do
    alive "$1" || return 0
    sleep 0.1
  done
  say "process $1 did not stop within $SOFT_SECONDS s and is killed"
  kill_process "$1"
}

# The wait keeps bash from reporting the kill in words of its own.
kill_process() {
  kill -KILL -- "-$1" 2>/dev/null || true
  wait "$1" 2>/dev/null || true
}

stop_child() {
  [[ $FRAGILE != "$1" ]] || kill_process "$(child_pid "$1")"
  stop_process "$(child_pid "$1")"
  rm -f "$INSTANCE/pids/$1"
}

# The last one started goes first.
stop_children() {
  local index name
  [[ -z $ATTENDED ]] || stop_process "$ATTENDED"
  for ((index = ${#CHILDREN[@]} - 1; index >= 0; index--)); do
    name=${CHILDREN[index]% *}
    [[ ! -e $INSTANCE/pids/$name ]] || stop_child "$name"
  done
  CHILDREN=()
  wait 2>/dev/null || true
}

# What an earlier run left because it was killed outright. A noted pid may belong to a stranger by
# now, so only a process that works inside our own folder counts as ours.
stop_leftovers() {
  local file pid
  for file in "$INSTANCE"/pids/*; do
    [[ -e $file ]] || continue
    pid=$(<"$file")
    if [[ $(readlink "/proc/$pid/cwd") == "$INSTANCE"/* ]]; then
      say "stopping ${file##*/} (process $pid), left by a run that was killed"
      stop_process "$pid"
    fi
    rm -f "$file"
  done
}

# Calls FUNCTION when the script ends in whatever way, also when nobody reads its output any more.
on_exit() {
  # shellcheck disable=SC2064 # the function's name is meant to be fixed now
  trap "$1 \$?" EXIT
  trap : PIPE
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM
}
