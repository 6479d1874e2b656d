# shellcheck shell=bash
# Debian packages the workspace needs: a C compiler, PostgreSQL's server.

package_setting="" # a file that is in place only while packages are being installed

# SQLite and the TLS library are compiled from C.
need_compiler() {
    if command -v cc >/dev/null; then
        return
    fi
    begin "C compiler"
    can_install || die "a C compiler is missing: install one that answers to \`cc\`" \
        "(Debian: build-essential pkg-config)"
    install_packages build-essential pkg-config
    command -v cc >/dev/null || die "there is still no \`cc\` after installing build-essential"
    finish
}

# Only the programs: no cluster is created and no server started.
install_postgres() {
    local directory=/etc/postgresql-common/createcluster.d
    note "installing Debian's postgresql package"
    package_setting=$directory/calbridge-test.conf
    as_root mkdir -p "$directory"
    echo "create_main_cluster = false" | as_root tee "$package_setting" >/dev/null
    install_packages postgresql
    forget_package_settings
}

forget_package_settings() {
    [[ -n $package_setting ]] || return 0
    as_root rm -f "$package_setting"
    package_setting=""
}

can_install() {
    command -v apt-get >/dev/null || return 1
    [[ $EUID -eq 0 ]] || sudo -n true 2>/dev/null
}

install_packages() {
    refresh_package_lists
    apt_get install --no-install-recommends "$@" || die "could not install $*"
}

# apt waits for others who install, but not for others who refresh the lists.
# Stale lists may still do; if not, the installation says so.
refresh_package_lists() {
    local try
    for ((try = 0; try < 12; try++)); do
        if apt_get update; then
            return
        fi
        sleep 10
    done
    note "could not refresh the package lists"
}

apt_get() {
    as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get -qq -y -o DPkg::Lock::Timeout=120 -o Acquire::Retries=3 "$@"
}

as_root() {
    if [[ $EUID -eq 0 ]]; then
        "$@"
    else
        sudo -n "$@"
    fi
}
