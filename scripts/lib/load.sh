# shellcheck shell=bash
# The shortest crowd of scripts/load, on the servers and with the programs that scripts/test has.

readonly LOAD_SECONDS=120

load_smoke() {
  attend timeout "$LOAD_SECONDS" "${CARGO_TARGET_DIR:-$ROOT/target}/debug/load" smoke \
    --seed "$STAGEDOOR_SEED" --report "$INSTANCE/reports"
}
