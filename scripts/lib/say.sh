# shellcheck shell=bash
# What a person in front of the terminal reads.

say() {
  printf 'stagedoor: %s\n' "$*"
}

fail() {
  printf 'stagedoor: %s\n' "$*" >&2
  exit 1
}

# 64 is EX_USAGE: the command line or a setting is wrong, nothing was tried.
refuse() {
  printf 'stagedoor: %s\n' "$*" >&2
  exit 64
}

# The last lines of a log, indented so that they do not pass for our own words.
show_log() {
  [[ -s $LOGS/$1.log ]] || return 0
  say "the last lines of $(shorten "$LOGS/$1.log"):"
  tail -n 20 "$LOGS/$1.log" | sed 's/^/    /'
}

# A path as seen from the repository.
shorten() {
  printf '%s' "${1#"$ROOT"/}"
}

# A URL without its user and password: these never reach a terminal or a log.
without_secrets() {
  sed -E 's,//[^@/]*@,//,' <<<"$1"
}

have() {
  command -v "$1" >/dev/null 2>&1
}
