# shellcheck shell=bash
# Installing what is missing with the system's package manager.

# The packages for a need. On Debian these bring binaries only: redis-server and mariadb-server
# would also install system services and start them. mariadb-install-db calls my_print_defaults,
# which mariadb-client-core has.
packages_for() {
  case $1:$2 in
    redis:apt-get) echo redis-tools ;;
    redis:dnf) echo valkey ;;
    redis:*) echo redis ;;
    database:apt-get) echo mariadb-server-core mariadb-client-core ;;
    database:dnf) echo mariadb-server ;;
    database:apk) echo mariadb mariadb-client ;;
    database:*) echo mariadb ;;
    compiler:apt-get) echo gcc libc6-dev ;;
    compiler:apk) echo gcc musl-dev ;;
    compiler:*) echo gcc ;;
    nginx-lua:apt-get) echo nginx libnginx-mod-http-lua lua-nginx-redis lua-cjson ;;
    nginx-lua:*) echo nginx ;;
    perf:apt-get) echo linux-perf ;;
    dump:apt-get) echo mariadb-client ;;
    dump:*) packages_for database "$2" ;;
    faketime:*) echo libfaketime ;;
    certificates:*) echo ca-certificates ;;
    node:brew) echo node ;;
    node:*) echo nodejs npm ;;
    browser:*) echo chromium ;;
    compose:apk) echo docker-cli-compose ;;
    compose:*) echo docker-compose ;;
    *) echo "$1" ;;
  esac
}

# Only one that can work without asking for a password. Homebrew wants no root.
package_manager() {
  local manager
  if ((EUID == 0)) || sudo -n true 2>/dev/null; then
    for manager in apt-get dnf apk; do
      have "$manager" && echo "$manager" && return
    done
  fi
  have brew && echo brew
}

as_root() {
  if ((EUID == 0)); then "$@"; else sudo -n "$@"; fi
}

# install NEED: false when there is no package manager to do it, or it could not.
install() {
  local manager packages
  manager=$(package_manager) || return 1
  packages=$(packages_for "$1" "$manager")
  say "installing $packages with $manager (this may take a minute)"
  # shellcheck disable=SC2086 # several packages
  install_with "$manager" $packages 2>&1 | tee -a "$LOGS/packages.log" | signs_of_life
}

# Of a package manager's many lines those that show how far it is, and what went wrong.
signs_of_life() {
  sed -nE 's/^(Get:|Setting up |Installing|E: |Error|ERROR|==> )/    \1/p'
}

install_with() {
  local manager=$1
  shift
  case $manager in
    apt-get) apt_install "$@" || { apt update && apt_install "$@"; } ;;
    dnf) as_root dnf install -y "$@" ;;
    apk) as_root apk add "$@" ;;
    brew) brew install "$@" ;;
  esac
}

# The package lists may be missing or too old, so the first try may fail.
apt_install() {
  apt install -y --no-install-recommends "$@"
}

apt() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -q \
    -o DPkg::Lock::Timeout=120 -o Dpkg::Use-Pty=0 "$@"
}

# need COMMAND NEED WHY: the command is there afterwards, or we say how to get it.
need() {
  have "$1" && return
  install "$2" && have "$1" && return
  fail "$1 is missing; $3. Install it (on Debian: apt-get install $(packages_for "$2" apt-get))"
}

# What cargo needs besides itself: a linker, and certificates to fetch the crates.
need_rust() {
  export PATH=$PATH:${CARGO_HOME:-${HOME:-}/.cargo}/bin
  have cargo || fail "cargo is missing; install Rust from https://rustup.rs"
  need cc compiler "Rust links with it"
  have_certificates || install certificates ||
    say "no CA certificates found; fetching crates may fail"
}

have_certificates() {
  [[ -e ${SSL_CERT_FILE:-} || -e /etc/ssl/certs/ca-certificates.crt ||
    -e /etc/pki/tls/certs/ca-bundle.crt || -e /etc/ssl/cert.pem ]]
}
