# shellcheck shell=bash
# Free ports and plain HTTP questions, with nothing but bash.

GIVEN_PORTS=' '

port_taken() {
  (exec 3<>"/dev/tcp/$1/$2") 2>/dev/null
}

# Sets REPLY to a port of 127.0.0.1 where nobody answers, another one at each call. Below the range
# that the kernel gives to outgoing connections, so that none of these gets in the way.
free_port() {
  local _
  for _ in {1..200}; do
    REPLY=$((20000 + RANDOM % 10000))
    if [[ $GIVEN_PORTS != *" $REPLY "* ]] && ! port_taken 127.0.0.1 "$REPLY"; then
      GIVEN_PORTS+="$REPLY "
      return
    fi
  done
  fail "no free port found between 20000 and 29999"
}

# Where to knock for somebody who listens on $1: an address for all interfaces is none to call.
reachable() {
  case $1 in
    0.0.0.0:* | :* | '[::]:'*) printf '127.0.0.1:%s' "${1##*:}" ;;
    *) printf '%s' "$1" ;;
  esac
}

address_taken() {
  local address host
  address=$(reachable "$1")
  host=${address%:*}
  port_taken "${host//[\[\]]/}" "${address##*:}"
}

# http_get ADDRESS PATH: the whole answer, headers included. HTTP/1.0, so that the end is the end
# of the connection.
http_get() (
  host=${1%:*} answer=
  exec 2>/dev/null 3<>"/dev/tcp/${host//[\[\]]/}/${1##*:}" || exit
  printf 'GET %s HTTP/1.0\r\nHost: %s\r\n\r\n' "$2" "$1" >&3
  IFS= read -r -d '' -t 5 answer <&3 || true
  printf '%s' "$answer"
)

# http_ok ADDRESS PATH [TEXT]: answered 200, and with TEXT in it.
http_ok() {
  local answer
  answer=$(http_get "$1" "$2") || return 1
  [[ $answer == "HTTP/1."?" 200"* && $answer == *"${3:-}"* ]]
}
