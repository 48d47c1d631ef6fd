# shellcheck shell=bash
# A real MySQL, for the suite that has to pass beside MariaDB: the given one, the one on PATH, a
# container, or one out of a newer Debian.

readonly MYSQL_AT_LEAST=8.4 MYSQL_SUITE=sid

# Sets and exports DATABASE_URL.
provide_mysql() {
  if [[ -n ${DATABASE_URL:-} ]]; then
    say "database: $(without_secrets "$DATABASE_URL"), given by DATABASE_URL"
  elif find_mysql; then
    start_database "from PATH"
  elif docker_works; then
    docker_mysql
  elif mysql_root; then
    export INSTANCE MYSQL_ROOT=$ROOT/.run/mysql
    DATABASE_SERVER=$ROOT/scripts/lib/mysqld
    start_database "of Debian $MYSQL_SUITE"
  else
    fail "no MySQL: set DATABASE_URL, or put a mysqld of $MYSQL_AT_LEAST or newer on PATH, or" \
      "start a Docker engine, or be root and have debootstrap (apt-get install debootstrap)"
  fi
  export DATABASE_URL
}

# On many machines mysqld is MariaDB under its old name.
# shellcheck disable=SC2034 # start_database reads DATABASE_SERVER
find_mysql() {
  local version
  DATABASE_SERVER=$(command -v mysqld) && ! is_mariadb || return 1
  version=$(database_version)
  [[ $(printf '%s\n' "$MYSQL_AT_LEAST" "${version##* }" | sort -V | head -n 1) == \
    "$MYSQL_AT_LEAST" ]]
}

# Kept for the next time: nothing is ever written into it but the folders that are mounted there.
# Moved into place when complete, as a database is.
mysql_root() {
  local folder=$ROOT/.run/mysql
  [[ ! -x $folder/usr/sbin/mysqld ]] || return 0
  ((EUID == 0)) && { have debootstrap || { install debootstrap && have debootstrap; }; } || return 1
  say "database: making a minimal Debian $MYSQL_SUITE with a MySQL (this may take a minute)"
  rm -rf --one-file-system "$folder" "$folder.fresh"
  debian_root "$folder.fresh" "$MYSQL_SUITE" mysql-server-core
  mv "$folder.fresh" "$folder"
  rm -f "$folder.fresh.log"
}
