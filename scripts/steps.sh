# shellcheck shell=bash
# Steps: a heading for each, the seconds it took, one closing line; and an orderly end.

steps_done=()
step_name=""
step_started=0
child="" # the process group of the command that is running

# step NAME COMMAND...: run one command under a heading; its failure ends the script.
step() {
    begin "$1"
    shift
    run "$@"
    finish
}

begin() {
    step_name=$1
    step_started=$SECONDS
    printf '\n%s==> %s%s\n' "$bold" "$step_name" "$plain"
}

finish() {
    local took="$((SECONDS - step_started)) s"
    printf '%s<== %s: %s%s\n' "$bold" "$step_name" "$took" "$plain"
    steps_done+=("$step_name $took")
    step_name=""
}

# skip NAME WHY
skip() {
    printf '\n%s==> %s: skipped, %s%s\n' "$bold" "$1" "$2" "$plain"
    steps_done+=("$1 skipped")
}

# In a process group of its own and waited for, so that a signal to this script is
# answered at once and reaches all that the command has started.
run() {
    local status=0
    set -m
    "$@" &
    child=$!
    set +m
    wait "$child" || status=$?
    child=""
    return "$status"
}

note() {
    echo "    $1"
}

die() {
    echo "./test: $*" >&2
    exit 1
}

clean_up_at_exit() {
    trap 'clean_up $?' EXIT
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 143' TERM
}

clean_up() {
    local status=$1
    trap '' HUP INT TERM
    if [[ -n $child ]]; then
        kill -TERM -- "-$child" 2>/dev/null || true
        wait "$child" 2>/dev/null || true
    fi
    stop_postgres
    forget_package_settings
    closing_line "$status"
    exit "$status"
}

closing_line() {
    local list=""
    if [[ ${#steps_done[@]} -gt 0 ]]; then
        list=$(printf ', %s' "${steps_done[@]}")
        list=" (${list:2})"
    fi
    if [[ $1 -eq 0 ]]; then
        printf '\n%sAll passed in %s s%s%s\n' "$bold" "$SECONDS" "$list" "$plain"
    else
        printf '\n%sFailed%s after %s s%s%s\n' \
            "$bold" "${step_name:+: $step_name,}" "$SECONDS" "$list" "$plain"
    fi
}

bold="" plain=""
if [[ -t 1 && -z ${NO_COLOR:-} ]]; then
    bold=$'\e[1m' plain=$'\e[0m'
fi
