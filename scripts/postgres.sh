# shellcheck shell=bash
# A PostgreSQL cluster for one run of the tests: loopback only, unsafe and fast, gone afterwards.

oldest_postgres=15
postgres_bin="" # where the server's programs are
postgres_dir="" # this run's scrap directory: data and logs
postgres_user=""

# Afterwards CALBRIDGE_TEST_POSTGRES_URL names a superuser's database.
start_postgres() {
    begin "PostgreSQL"
    if [[ -n ${CALBRIDGE_TEST_POSTGRES_URL:-} ]]; then
        note "using the server named by CALBRIDGE_TEST_POSTGRES_URL"
        finish
        return
    fi
    find_or_install_postgres
    unset PGHOST PGHOSTADDR PGPORT PGUSER PGPASSWORD PGPASSFILE PGDATABASE PGSERVICE PGDATA PGOPTIONS \
        PGSSLMODE PGSSLROOTCERT PGSSLCERT PGSSLKEY PGAPPNAME PGTZ
    choose_postgres_user
    make_postgres_dir
    create_cluster
    start_on_free_port
    finish
}

stop_postgres() {
    [[ -n $postgres_dir ]] || return 0
    if [[ -e $postgres_dir/data/postmaster.pid ]]; then
        as_postgres "$postgres_bin/pg_ctl" stop -D "$postgres_dir/data" -m immediate -s || true
    fi
    rm -rf -- "$postgres_dir"
    postgres_dir=""
}

find_or_install_postgres() {
    if find_postgres; then
        return
    fi
    local wanted="PostgreSQL $oldest_postgres or later is missing"
    local remedy="install its server (Debian: postgresql) or set CALBRIDGE_TEST_POSTGRES_URL"
    can_install || die "$wanted: $remedy"
    install_postgres
    find_postgres || die "$wanted, also after installing Debian's package: $remedy"
}

find_postgres() {
    local bin
    while read -r bin; do
        if is_usable_postgres "$bin"; then
            postgres_bin=$bin
            return 0
        fi
    done < <(postgres_candidates)
    return 1
}

postgres_candidates() {
    local path
    pg_config --bindir 2>/dev/null || true
    printf '%s\n' /usr/lib/postgresql/*/bin | sort -rV
    path=$(command -v postgres) && dirname "$path"
}

# All three programs, and new enough. `pg_config` may come from client packages alone.
is_usable_postgres() {
    local program version
    for program in initdb pg_ctl postgres; do
        [[ -x $1/$program ]] || return 1
    done
    version=$("$1/postgres" --version) || return 1
    [[ $version =~ \ ([0-9]+) && ${BASH_REMATCH[1]} -ge $oldest_postgres ]]
}

# The server refuses to run as root.
choose_postgres_user() {
    postgres_user=""
    [[ $EUID -eq 0 ]] || return 0
    for postgres_user in postgres nobody; do
        if id -u "$postgres_user" >/dev/null 2>&1; then
            return
        fi
    done
    die "PostgreSQL does not run as root, and there is no user \`postgres\` or \`nobody\`"
}

as_postgres() (
    cd -- "$postgres_dir" || exit # the working directory may be closed to that user
    if [[ -z $postgres_user ]]; then
        "$@"
    elif command -v runuser >/dev/null; then
        runuser -u "$postgres_user" -- "$@"
    else
        # shellcheck disable=SC2016 # for the inner shell
        su -s /bin/sh "$postgres_user" -c 'exec "$0" "$@"' -- "$@"
    fi
)

make_postgres_dir() {
    local parent
    for parent in "${TMPDIR:-/tmp}" /tmp; do
        postgres_dir=$(mktemp -d "$parent/calbridge-postgres.XXXXXX")
        [[ -z $postgres_user ]] || chown "$postgres_user" "$postgres_dir"
        if as_postgres test -w "$postgres_dir" 2>/dev/null; then
            return
        fi
        rm -rf -- "$postgres_dir"
        postgres_dir=""
    done
    die "no scrap directory that \`$postgres_user\` may enter: set TMPDIR"
}

create_cluster() {
    as_postgres "$postgres_bin/initdb" -D "$postgres_dir/data" --username=calbridge \
        --auth=trust --encoding=UTF8 --locale="$(postgres_locale)" --no-sync \
        >"$postgres_dir/initdb.log" 2>&1 || die_with_log initdb.log "initdb failed"
    cat >>"$postgres_dir/data/postgresql.conf" <<'EOF'
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 300
shared_buffers = 128MB
fsync = off
full_page_writes = off
synchronous_commit = off
log_min_messages = fatal
timezone = 'UTC'
EOF
}

# Sorts like SQLite, by code point, and still knows that Ä is a letter.
postgres_locale() {
    local locales
    locales=$(locale -a 2>/dev/null) || true
    grep -iE -m1 '^C\.utf-?8$' <<<"$locales" || echo C
}

# Ports below those the kernel hands out by itself. One that is taken between the look
# and the start costs another try.
start_on_free_port() {
    local port try
    for ((try = 0; try < 20; try++)); do
        port=$((20000 + RANDOM % 12000))
        if is_port_open "$port"; then
            continue
        fi
        if as_postgres "$postgres_bin/pg_ctl" start -D "$postgres_dir/data" -s -w -t 60 \
            -o "-p $port" -l "$postgres_dir/server.log" 2>/dev/null; then
            export CALBRIDGE_TEST_POSTGRES_URL="postgres://calbridge@127.0.0.1:$port/postgres"
            note "$("$postgres_bin/postgres" --version) on 127.0.0.1:$port"
            return
        fi
        grep -qs 'could not create any TCP/IP sockets' "$postgres_dir/server.log" ||
            die_with_log server.log "PostgreSQL did not start"
    done
    die_with_log server.log "found no free port for PostgreSQL"
}

is_port_open() {
    (: <>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

die_with_log() {
    tail -n 20 "$postgres_dir/$1" >&2 || true
    die "$2"
}
