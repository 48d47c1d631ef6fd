# shellcheck shell=bash
# What scripts/test shows of the bench and of chaos. The short storm is one of the crowd's tests.

# One of the crowd's tests sets clocks apart. Asked before the tests run.
want_faketime() {
  have_faketime || { install faketime && have_faketime; } ||
    leave_out 'The clocks that are apart, among the tests' 'libfaketime is missing'
}

# The debug build that the tests use is enough to show that the bench runs; its figures say nothing.
bench_step() {
  if have_or_install wrk && have_or_install sysbench; then
    step 'The bench, in short' attend "$ROOT/scripts/bench" --quick --dev
    step 'A line that grows, in short' attend "$ROOT/scripts/scale" --fans 1000 --streams 500 --dev
  else
    leave_out 'The bench, in short' 'wrk or sysbench is missing'
  fi
  if ! have redis-server && ! have valkey-server || ! have mariadbd && ! have mysqld; then
    leave_out 'The short storm among the tests' 'no servers of our own that may be killed'
  fi
}

have_or_install() {
  have "$1" || { install "$1" && have "$1"; }
}

leave_out() {
  printf '\n== %s: skipped, %s\n' "$1" "$2"
  SKIPPED+=("$1")
}
