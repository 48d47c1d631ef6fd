# shellcheck shell=bash
# Race tests prove something only if they fail without the guard they are about. Each line of
# scripts/sabotage.txt is one twin: crate, guard, test, and what it proves. The builds with the
# feature `sabotage` switch the guard off that the variable SABOTAGE names.

readonly TWIN_LIST=$ROOT/scripts/sabotage.txt TWIN_SECONDS=300

# All crates in one build, so that their dependencies are built once, as for every other build.
readonly TWIN_CARGO=(cargo test --locked --workspace --test it
  --features 'booking/sabotage gateway/sabotage')

sabotage_suite() {
  local crate guard test
  [[ -s $TWIN_LIST ]] || fail "$(shorten "$TWIN_LIST") is missing"
  step "Build with sabotage" attend "${TWIN_CARGO[@]}" --no-run
  ((${#FAILED[@]} == 0)) || return 0
  printf '\n%-10s %-26s %-12s %s\n' crate guard verdict test
  while read -r crate guard test <&4; do
    judge_twin "$crate" "$guard" "$test"
  done 4< <(twins)
}

# The list without comments: crate, guard, test.
twins() {
  sed 's/#.*//' "$TWIN_LIST" | awk 'NF { print $1, $2, $3 }'
}

# With its guard the test passes, without it fails: only both together count.
judge_twin() {
  local verdict
  if ! run_twin '' "$3" || ! ended "$3" ok; then
    verdict='BROKEN'
  elif run_twin "$2" "$3" || ! ended "$3" FAILED; then
    verdict='NOT NOTICED'
  else
    verdict='noticed'
  fi
  printf '%-10s %-26s %-12s %s\n' "$1" "$2" "$verdict" "$3"
  if [[ $verdict == noticed ]]; then
    PASSED=$((PASSED + 1))
  else
    FAILED+=("$1 $2 $3: $verdict")
    show_log twin
  fi
}

# run_twin GUARD TEST: one test with the guard switched off; none is when GUARD is empty.
run_twin() {
  attend env SABOTAGE="$1" timeout --kill-after=10 "$TWIN_SECONDS" \
    "${TWIN_CARGO[@]}" -- --exact "$2" >"$LOGS/twin.log" 2>&1
}

# ended TEST VERDICT: exactly this test ran, to this end. A compile error or a misspelt name is
# no failed test.
ended() {
  grep -qx 'running 1 test' "$LOGS/twin.log" &&
    grep -qE "^test $1( - should panic)? \.\.\. $2\$" "$LOGS/twin.log"
}
