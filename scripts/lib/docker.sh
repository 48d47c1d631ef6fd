# shellcheck shell=bash
# The last resort: the servers of servers.yml, on ports of their own.

docker_works() {
  have docker && docker info >/dev/null 2>&1 && docker compose version >/dev/null 2>&1
}

# A project of its own for each instance keeps it apart from one that the user runs.
compose() {
  docker compose --project-name "stagedoor-${INSTANCE##*/}" \
    --file "$ROOT/scripts/lib/servers.yml" "$@"
}

docker_redis() {
  free_port
  export REDIS_PORT=$REPLY
  docker_start redis
  export REDIS_URL=redis://127.0.0.1:$REPLY
  say "redis: container on 127.0.0.1:$REPLY (docker compose)"
}

# As root, because the image gives its ordinary user no right to create databases, as tests do.
docker_database() {
  free_port
  DATABASE_PASSWORD=$(secret database-password)
  export DATABASE_PASSWORD DATABASE_PORT=$REPLY
  docker_start database
  export DATABASE_URL=mysql://root:$DATABASE_PASSWORD@127.0.0.1:$REPLY/stagedoor
  say "database: container on 127.0.0.1:$REPLY (docker compose)"
}

# The same with the real MySQL of another file.
docker_mysql() {
  free_port
  DATABASE_PASSWORD=$(secret database-password)
  export DATABASE_PASSWORD MYSQL_PORT=$REPLY
  docker_start mysql
  export DATABASE_URL=mysql://root:$DATABASE_PASSWORD@127.0.0.1:$REPLY/stagedoor
  say "database: MySQL in a container on 127.0.0.1:$REPLY (docker compose)"
}

docker_start() {
  COMPOSED=1
  attend compose up --detach --wait "$1" >"$LOGS/docker-$1.log" 2>&1 && return
  show_log "docker-$1"
  fail "docker compose could not start $1"
}

# Containers go, the database's volume stays for the next run.
stop_containers() {
  [[ -z ${COMPOSED:-} ]] || compose down >"$LOGS/docker-down.log" 2>&1 || true
}

remove_containers() {
  ! docker_works || compose down --volumes >"$LOGS/docker-down.log" 2>&1 || true
}
