# shellcheck shell=bash
# What scripts/run and scripts/test stand on: a place of their own, a Redis and a database.
# Needs ROOT, the repository's path without links.

((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] >= 403)) || {
  echo "stagedoor: bash 4.3 or later is needed, this is $BASH_VERSION" \
    "(on macOS: brew install bash)" >&2
  exit 1
}

# Servers are often outside an ordinary user's PATH. Ours comes last, so a real one is preferred.
export PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin:/usr/libexec:$ROOT/.run/bin

for part in say instance children ports packages redis database mysql debian docker settings; do
  # shellcheck source=/dev/null
  source "$ROOT/scripts/lib/$part.sh"
done
unset part

# The soft limit of open files is often 1024: too few for a crowd.
raise_file_limit() {
  local hard
  hard=$(ulimit -Hn)
  [[ $hard != unlimited ]] && ((hard < 65536)) || hard=65536
  ulimit -Sn "$hard" 2>/dev/null || true
}

provide_servers() {
  provide_redis
  provide_database
}

stop_everything() {
  stop_children
  stop_containers
}
