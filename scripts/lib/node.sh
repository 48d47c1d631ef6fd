# shellcheck shell=bash
# Node and the tools of scripts/node, for those who have Node or a package manager that has it.

readonly NODE_TOOLS=$ROOT/scripts/node

# have_node_tools: the tools are there afterwards, or it is false and says why.
have_node_tools() {
  node_is_new_enough || install node || true
  node_is_new_enough || {
    say "Node 18.19 or later with npm is missing (on Debian: apt-get install nodejs npm)"
    return 1
  }
  ! cmp -s "$NODE_TOOLS/package-lock.json" "$NODE_TOOLS/node_modules/.installed" || return 0
  say "installing the tools of scripts/node with npm (the first time takes a minute)"
  install_node_tools >"$LOGS/npm.log" 2>&1 && return
  show_log npm
  say "the tools of scripts/node could not be installed"
  return 1
}

node_is_new_enough() {
  have npm && have node && node -e '
    const [major, minor] = process.versions.node.split(".").map(Number);
    process.exit(major > 18 || (major === 18 && minor >= 19) ? 0 : 1);'
}

# Puppeteer would fetch a browser of its own; the system's is used.
install_node_tools() {
  PUPPETEER_SKIP_DOWNLOAD=1 attend npm ci --prefix "$NODE_TOOLS" --no-audit --no-fund &&
    cp "$NODE_TOOLS/package-lock.json" "$NODE_TOOLS/node_modules/.installed"
}

# have_browser: sets and exports BROWSER, the system's Chromium.
have_browser() {
  find_browser || { install browser && find_browser; } || {
    say "Chromium is missing (on Debian: apt-get install chromium)"
    return 1
  }
}

find_browser() {
  BROWSER=$(command -v chromium || command -v chromium-browser || command -v google-chrome)
  export BROWSER
  [[ -n $BROWSER ]]
}
