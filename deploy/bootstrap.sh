#!/bin/sh
# Installs the few system packages a bare Debian or Ubuntu lacks; does nothing where they are present.
set -eu
python="${PYTHON:-python3}"
need=""
"$python" -c 'import ensurepip, venv' 2>/dev/null || need="$need python3-venv"
ldconfig -p | grep -q 'libnuma\.so\.1' || need="$need libnuma1"
ldconfig -p | grep -q 'libgomp\.so\.1' || need="$need libgomp1"
if [ -n "$need" ]; then
    sudo=""
    [ "$(id -u)" = 0 ] || sudo="sudo"
    echo "installing system packages:$need"
    $sudo apt-get update -qq
    # shellcheck disable=SC2086
    $sudo apt-get install -y -qq $need
fi
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    echo "Terragate needs Python 3.11 or newer; '$python' is $("$python" --version)." >&2
    echo "Install one and call: make PYTHON=python3.12 run" >&2
    exit 2
}
