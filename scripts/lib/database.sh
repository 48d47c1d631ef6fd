# shellcheck shell=bash
# A MariaDB or MySQL: the given one, a private one, or a container.

# Sets and exports DATABASE_URL.
provide_database() {
  if [[ -n ${DATABASE_URL:-} ]]; then
    say "database: $(without_secrets "$DATABASE_URL"), given by DATABASE_URL"
  elif find_database; then
    start_database "from PATH"
  elif install database && find_database; then
    start_database "installed just now"
  elif docker_works; then
    docker_database
  else
    fail "no database: set DATABASE_URL, or put mariadbd or mysqld on PATH (on Debian as root:" \
      "apt-get install mariadb-server-core mariadb-client-core), or start a Docker engine"
  fi
  export DATABASE_URL
}

find_database() {
  DATABASE_SERVER=$(command -v mariadbd || command -v mysqld)
}

is_mariadb() {
  [[ $("$DATABASE_SERVER" --version) == *MariaDB* ]]
}

# A MariaDB that is told to stop while it starts hangs for ever, so until it is up it is killed. It
# has nothing to lose yet.
# shellcheck disable=SC2034 # stop_child reads FRAGILE
start_database() {
  local _ password
  [[ -d $INSTANCE/database/data ]] || create_database
  FRAGILE=database
  password=$(random_base64url)
  write_init_file "$password"
  for _ in 1 2 3 4 5; do
    free_port
    run_database "$REPLY"
    if await_log database 'ready for connections' 120; then
      FRAGILE=''
      DATABASE_URL=mysql://stagedoor:$password@127.0.0.1:$REPLY/stagedoor
      say "database: private server on 127.0.0.1:$REPLY ($(database_version) $1)"
      return
    fi
    stop_child database
    grep -qi 'address already in use' "$LOGS/database.log" || break
  done
  show_log database
  fail "the private database did not start (its data is in $(shorten "$INSTANCE")/database)"
}

# Moved into place when complete: what an interrupted run leaves is not mistaken for a database.
create_database() {
  local fresh=$INSTANCE/database/fresh
  say "database: creating an empty one"
  rm -rf "$fresh"
  mkdir -p "$INSTANCE/database"
  initialize "$fresh" >"$LOGS/create-database.log" 2>&1 || {
    show_log create-database
    fail "the private database could not be created"
  }
  mv "$fresh" "$INSTANCE/database/data"
}

# Without --user: with it, mariadb-install-db changes the owner of a system file. With --force it
# also works where the machine's own name cannot be looked up.
initialize() {
  if is_mariadb; then
    mariadb-install-db --no-defaults --force --skip-test-db --datadir="$1"
  else
    "$DATABASE_SERVER" --no-defaults --initialize-insecure --datadir="$1" --user="$(id -un)" \
      --secure-file-priv=NULL
  fi
}

# The server runs this at each start, so the password is a new one each time. All privileges,
# because the tests create and drop databases; the server has nothing else to protect.
write_init_file() {
  local user="'stagedoor'@'127.0.0.1'"
  (umask 077 && cat >"$INSTANCE/database/init.sql") <<SQL
CREATE DATABASE IF NOT EXISTS stagedoor CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE USER IF NOT EXISTS $user IDENTIFIED BY '$1';
ALTER USER $user IDENTIFIED BY '$1';
GRANT ALL PRIVILEGES ON *.* TO $user;
SQL
}

# No configuration file is read: a server of the machine may have one, and it is not ours.
# The socket's path is short because it counts from the data folder: a long one is refused.
run_database() {
  local options=(--no-defaults "--user=$(id -un)" "--datadir=$INSTANCE/database/data"
    --bind-address=127.0.0.1 "--port=$1" --socket=socket --pid-file=pid
    --skip-name-resolve --max-connections=500 "--init-file=$INSTANCE/database/init.sql"
    --character-set-server=utf8mb4 --collation-server=utf8mb4_bin
    --innodb-flush-log-at-trx-commit=1)
  is_mariadb || options+=(--mysqlx=OFF --disable-log-bin --secure-file-priv=NULL)
  start_child database "$DATABASE_SERVER" "${options[@]}"
}

# "Ver 10.11.19-MariaDB-..." or "Ver 8.4.3 for Linux ...".
database_version() {
  "$DATABASE_SERVER" --version | sed -E 's/.*Ver ([0-9.]+).*/\1/' |
    sed "s/^/${DATABASE_SERVER##*/} /"
}
