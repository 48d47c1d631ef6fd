# shellcheck shell=bash
# Walking a Dockerfile in Debian roots: each instruction does here what an engine would do. Of the
# language it knows what our two files use, and refuses the rest. Needs STAGES, a folder.

readonly TOOLCHAIN=/opt/rust

# walk SERVICE: the root of its last stage is $STAGES/SERVICE afterwards.
walk() {
  local service=$1 instruction rest
  STAGE='' FOLDER=/
  while read -r instruction rest; do
    say "$service: $instruction $rest"
    case $instruction in
      FROM) begin_stage "$service" "$rest" ;;
      WORKDIR) FOLDER=$rest && mkdir -p "$STAGE$FOLDER" ;;
      COPY) copy "$rest" ;;
      RUN) run_inside "$rest" ;;
      USER | ENV | EXPOSE | HEALTHCHECK | ENTRYPOINT | CMD) ;;
      *) fail "scripts/lib/dockerfile.sh does not know $instruction" ;;
    esac
  done < <(instructions "$service")
}

# One instruction a line, without comments.
instructions() {
  sed -e '/^ *#/d' -e '/^ *$/d' -e ':join' -e '/\\$/{N;s/\\\n *//;b join' -e '}' \
    "$ROOT/$1/Dockerfile"
}

# begin_stage SERVICE "IMAGE [AS NAME]": two services that begin alike share a stage, as in the
# cache of an engine.
# shellcheck disable=SC2153 # STAGES is given
begin_stage() {
  local image name
  read -r image _ name <<<"$2"
  STAGE=$STAGES/${name:-$1} FOLDER=/
  [[ ! -e $STAGE/etc/debian_version ]] || return 0
  [[ -e $STAGES/debian/etc/debian_version ]] || debian_root "$STAGES/debian"
  cp -a "$STAGES/debian" "$STAGE"
  case $image in
    debian:bookworm-slim) ;;
    rust:*-slim-bookworm) add_rust "${image#rust:}" ;;
    *) fail "scripts/lib/dockerfile.sh has no root for $image" ;;
  esac
}

# What the image of this version has, with this machine's toolchain.
add_rust() {
  local version=${1%-slim-bookworm}
  [[ $(rustc --version) == "rustc $version."* ]] ||
    say "the image would have Rust $version, this machine has $(rustc --version)"
  run_inside 'apt-get -q update && apt-get -q install -y --no-install-recommends \
    ca-certificates gcc libc6-dev && update-ca-certificates'
}

# run_inside COMMAND: in the stage, with its own mounts and processes.
run_inside() {
  local environment
  mapfile -d '' environment < <(network_environment)
  mkdir -p "$STAGE$TOOLCHAIN"
  attend unshare --mount --pid --fork --kill-child "$ROOT/scripts/lib/bare-enter" \
    "$STAGE" "$(rustc --print sysroot)" "$TOOLCHAIN" \
    env -i --chdir="$FOLDER" "${environment[@]}" HOME=/root DEBIAN_FRONTEND=noninteractive \
    "PATH=$TOOLCHAIN/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" \
    /bin/sh -c "$1" >"$LOGS/step.log" 2>&1 && return
  show_log step
  fail "the step failed"
}

# copy "[--from=STAGE] FROM TO": from the repository (what git tracks) or from another stage.
copy() {
  local words from=$ROOT
  read -r -a words <<<"$1"
  if [[ ${words[0]} == --from=* ]]; then
    from=$STAGES/${words[0]#--from=}
    words=("${words[@]:1}")
  fi
  if [[ ${words[0]} == . ]]; then
    git -C "$ROOT" ls-files -z | tar -C "$ROOT" --null --files-from=- --create |
      tar -C "$STAGE$FOLDER" --extract
  else
    cp "$from/${words[0]}" "$STAGE${words[1]}"
  fi
}

# read_runtime SERVICE: how its container is run. Sets RUN_USER, RUN_ENV, RUN_COMMAND, RUN_HEALTH.
# shellcheck disable=SC2034 # scripts/containers reads them
read_runtime() {
  local instruction rest entrypoint=() command=()
  RUN_USER=0 RUN_ENV=() RUN_HEALTH=()
  while read -r instruction rest; do
    case $instruction in
      USER) RUN_USER=$rest ;;
      ENV) read -r -a RUN_ENV <<<"$rest" ;;
      HEALTHCHECK) mapfile -t RUN_HEALTH < <(list_of "${rest#*CMD }") ;;
      ENTRYPOINT) mapfile -t entrypoint < <(list_of "$rest") ;;
      CMD) mapfile -t command < <(list_of "$rest") ;;
    esac
  done < <(instructions "$1")
  RUN_COMMAND=("${entrypoint[@]}" "${command[@]}")
}

# The members of ["a", "b"], one a line.
list_of() {
  sed -E -e 's/^\["//' -e 's/"\]$//' -e 's/", *"/\n/g' <<<"$1"
}
