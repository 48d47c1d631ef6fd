# shellcheck shell=bash
# Minimal Debian roots, made with debootstrap.

# debian_root FOLDER [SUITE [PACKAGES]]: makes one there.
debian_root() {
  debootstrap --variant=minbase ${3:+"--include=$3"} "${2:-bookworm}" "$1" "$(mirror)" \
    >"$1.log" 2>&1 || {
    tail -n 20 "$1.log"
    fail "debootstrap failed"
  }
  adopt_network "$1"
}

# The archive that this machine uses, if it is a Debian.
mirror() {
  local uri
  # shellcheck disable=SC2016 # the format is apt's
  uri=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
    grep -m 1 '/debian/*$' || true)
  echo "${uri:-http://deb.debian.org/debian}"
}

# How this machine reaches the archive and the crates: names, proxies, certificates of its own.
adopt_network() {
  local path
  for path in /etc/resolv.conf /etc/apt/apt.conf.d /etc/apt/auth.conf.d \
    /usr/local/share/ca-certificates; do
    [[ ! -e $path ]] || cp -rLT "$path" "$1$path"
  done
  mkdir -p "$1/root/.cargo"
  path=${CARGO_HOME:-$HOME/.cargo}/config.toml
  [[ ! -e $path ]] || cp "$path" "$1/root/.cargo/"
}

# Of the environment only what leads to the network.
network_environment() {
  local names='https?_proxy|no_proxy|HTTPS?_PROXY|NO_PROXY|CARGO_(HTTP|NET|REGISTR)[A-Z_]*'
  env -0 | grep -zE "^($names)=" || true
}
