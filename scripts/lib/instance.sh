# shellcheck shell=bash
# An instance is one running copy with its data, logs and lock: a folder below .run/.

# Takes the first free one of NAME, NAME-2, NAME-3 ..., so that a second copy runs beside the first.
# The lock is file descriptor 9; it is closed for everything we start, so it ends with this script
# even if that is killed and leaves a server behind.
claim_instance() {
  local number name
  have flock || fail "flock is missing; it is part of util-linux (on macOS: brew install flock)"
  for number in '' -2 -3 -4 -5 -6 -7 -8 -9; do
    name=$1$number
    mkdir -p "$ROOT/.run/$name/logs"
    exec 9>"$ROOT/.run/$name/lock"
    if flock --nonblock 9; then
      use_instance "$name"
      return
    fi
  done
  fail "nine instances of $1 are running already; see .run/"
}

# Passwords and keys live in it, so it is closed to other users.
use_instance() {
  INSTANCE=$ROOT/.run/$1
  LOGS=$INSTANCE/logs
  chmod 700 "$INSTANCE"
  say "data and logs are in $(shorten "$INSTANCE")/"
  stop_leftovers
}

# Everything an instance keeps, except the lock that we hold.
empty_instance() {
  remove_containers
  find "$INSTANCE" -mindepth 1 -maxdepth 1 ! -name lock ! -name logs -exec rm -rf {} +
  rm -f "$LOGS"/*
}

# Makes a secret on the first run and gives the same one back on the next: a token
# that a fan got yesterday stays good.
secret() {
  local file=$INSTANCE/secrets/$1
  if [[ ! -s $file ]]; then
    mkdir -p "$INSTANCE/secrets"
    random_base64url >"$file"
  fi
  cat "$file"
}

# 32 random bytes, base64url without padding.
random_base64url() {
  head -c 32 /dev/urandom | base64 | tr '+/' '-_' | tr -d '=\n'
}
