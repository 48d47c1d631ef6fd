# shellcheck shell=bash
# The steps of scripts/test around the contract on paper: the mock, a generated client, the
# diagrams, the containers. Whoever has no Node or no Chromium skips them with a notice.

readonly CLIENT_SECONDS=120

# contract_step PROBE TITLE COMMAND: skipped where the probe says what is missing.
contract_step() {
  local probe=$1
  shift
  if $probe; then
    step "$@"
  else
    printf '\n== %s: skipped\n' "$1"
    SKIPPED+=("$1")
  fi
}

# All that stands in docs/openapi.json by way of example, asked of a mock server.
mock_answers() {
  local verdict=0
  free_port
  start_child mock "$ROOT/scripts/mock" --port "$REPLY"
  if await_log mock 'Prism is listening' 60; then
    attend node "$NODE_TOOLS/eight-calls.mjs" "http://127.0.0.1:$REPLY" || verdict=1
  else
    show_log mock
    verdict=1
  fi
  stop_child mock
  return "$verdict"
}

# A client that others could have generated: its types from docs/openapi.json, compiled strictly,
# and a seat bought with it. The contract's page in a browser needs the same running system.
client_buys() {
  local verdict=0
  compile_client >"$LOGS/client.log" 2>&1 || { show_log client && return 1; }
  start_newcomer || return 1
  attend timeout "$CLIENT_SECONDS" node "$INSTANCE/client/buy.js" "$NEWCOMER_ADDRESS" || verdict=1
  if have_browser; then
    attend timeout "$CLIENT_SECONDS" node "$NODE_TOOLS/docs-page.mjs" "$NEWCOMER_ADDRESS" ||
      verdict=1
  fi
  stop_newcomer || verdict=1
  return "$verdict"
}

compile_client() {
  local tools=$NODE_TOOLS/node_modules/.bin client=$INSTANCE/client
  mkdir -p "$client"
  ln -sfn "$NODE_TOOLS/node_modules" "$client/node_modules"
  echo '{"type":"module"}' >"$client/package.json"
  cp "$NODE_TOOLS/buy.ts" "$client/"
  attend "$tools/openapi-typescript" "$ROOT/docs/openapi.json" --output "$client/contract.ts" &&
    attend "$tools/tsc" --strict --target es2022 --module nodenext --moduleResolution nodenext \
      --typeRoots "$NODE_TOOLS/node_modules/@types" --types node "$client/buy.ts"
}

have_node_and_browser() {
  have_node_tools && have_browser
}

# Every Mermaid block of every page has to render.
diagrams_render() {
  attend node "$NODE_TOOLS/diagrams.mjs" "$ROOT"
}

# Either the plugin of a Docker client or Debian's docker-compose; no engine is asked.
have_compose() {
  find_compose || { install compose && find_compose; } || {
    say "docker compose is missing (on Debian: apt-get install docker-compose)"
    return 1
  }
}

find_compose() {
  if docker compose version >/dev/null 2>&1; then
    COMPOSE=(docker compose)
  elif docker-compose version >/dev/null 2>&1; then
    COMPOSE=(docker-compose)
  else
    return 1
  fi
}

compose_is_valid() {
  local file
  for file in docker-compose.yml scripts/lib/servers.yml; do
    attend "${COMPOSE[@]}" --file "$ROOT/$file" config --quiet || return 1
    say "$file is valid (${COMPOSE[*]})"
  done
}
