# shellcheck shell=bash
# The same environment for everyone: what would change the tests' outcome is dropped.

for name in $(compgen -e); do
    case $name in
        CALBRIDGE_TEST_POSTGRES_URL | CALBRIDGE_TEST_ENGINES) ;;
        CALBRIDGE_* | CALCOM_* | CAL_COM_* | DEFAULT_CALCOM_* | CALENDLY_* | RETELL_*) unset "$name" ;;
        DATABASE_URL | RUST_LOG | INSTA_* | NEXTEST_PROFILE) unset "$name" ;;
    esac
done
unset name

export INSTA_UPDATE=no # a changed snapshot fails; it is never written
export RUST_BACKTRACE=1
export CARGO_TERM_COLOR=${CARGO_TERM_COLOR:-auto}
export RUSTUP_AUTO_INSTALL=0

# Emulated providers listen on loopback; a proxy must not be asked for them.
NO_PROXY="127.0.0.1,localhost,::1${NO_PROXY:+,$NO_PROXY}"
export NO_PROXY no_proxy=$NO_PROXY
