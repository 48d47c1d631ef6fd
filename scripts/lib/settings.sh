# shellcheck shell=bash
# The settings of a demonstration. Whatever the user has set stays as it is.

# Who may do what at booking's door: the first rule that fits wins, and what fits none needs an
# active session. "own" also lets in who has left, to see and to pay what is theirs.
readonly BOOKING_GATE_RULES='
open GET /api/concerts;
open GET /api/seat-map/{date};
own GET /api/{userId}/balance;
own POST /api/process;
own GET /api/{userId}/reservations;
own GET /api/{userId}/history;
own DELETE /api/reserve/{reservationId};
own POST /api/reservations/{id}/cancel;
active * /*'

# All that scripts/run sets, beside the servers.
readonly SETTINGS=(IDENTITY CHARGE GATE_RULES PAGES STOCK_URL UPSTREAM_URL TOKEN_KEYS PASS_KEYS
  TICKET_KEYS ADMIN_TOKEN
  GATEWAY_LISTEN BOOKING_LISTEN GATEWAY_ADMIN_LISTEN BOOKING_ADMIN_LISTEN)

set_services() {
  export IDENTITY=${IDENTITY:-trusted}
  export CHARGE=${CHARGE:-demo}
  export PAGES=${PAGES:-shop}
  export GATE_RULES=${GATE_RULES:-${BOOKING_GATE_RULES//$'\n'/ }}
  export TOKEN_KEYS=${TOKEN_KEYS:-demo:$(secret token-key)}
  export PASS_KEYS=${PASS_KEYS:-demo:$(secret pass-key)}
  export TICKET_KEYS=${TICKET_KEYS:-demo:$(secret ticket-key)}
  export ADMIN_TOKEN=${ADMIN_TOKEN:-$(secret admin-token)}
}

set_addresses() {
  choose_address GATEWAY_LISTEN 127.0.0.1:8080
  choose_address BOOKING_LISTEN 127.0.0.1:8081
  choose_address GATEWAY_ADMIN_LISTEN 127.0.0.1:9080
  choose_address BOOKING_ADMIN_LISTEN 127.0.0.1:9081
  export UPSTREAM_URL=${UPSTREAM_URL:-http://$(reachable "$BOOKING_LISTEN")}
  export STOCK_URL=${STOCK_URL:-http://$(reachable "$BOOKING_ADMIN_LISTEN")/internal/stock}
}

# choose_address NAME DEFAULT: what the user asked for is taken or refused, never silently replaced.
choose_address() {
  local wanted=${!1:-}
  if [[ -n $wanted ]] && address_taken "$wanted"; then
    fail "$1=$wanted is taken by another program; set another address or none"
  elif [[ -z $wanted ]] && address_taken "$2"; then
    free_port
    wanted=127.0.0.1:$REPLY
    say "$2 is taken, so $1 is $wanted"
  fi
  export "$1=${wanted:-$2}"
}

# The settings in force, to use the two programs by hand: source .run/run/env
write_settings() {
  local name
  (umask 077 && for name in REDIS_URL DATABASE_URL "${SETTINGS[@]}"; do
    printf 'export %s=%q\n' "$name" "${!name}"
  done >"$INSTANCE/env")
}
