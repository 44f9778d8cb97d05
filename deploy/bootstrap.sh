#!/bin/sh
# Installs the system packages a bare Debian or Ubuntu lacks; does nothing where they are present.
set -eu
python="${PYTHON:-python3}"
need=""
"$python" -c 'import ensurepip, venv' 2>/dev/null || need="$need python3-venv"
ldconfig -p | grep -q 'libnuma\.so\.1' || need="$need libnuma1"
ldconfig -p | grep -q 'libgomp\.so\.1' || need="$need libgomp1"
# Yosys comes from PyPI (pyosys); these have no package there. Without them RTL work says what is missing.
rtl=""
command -v iverilog >/dev/null || rtl="$rtl iverilog"
command -v bwrap >/dev/null || rtl="$rtl bubblewrap"
command -v verilator >/dev/null || rtl="$rtl verilator"
sudo=""
[ "$(id -u)" = 0 ] || sudo="sudo"
if [ -n "$rtl" ] && [ -n "$sudo" ] && ! sudo -n true 2>/dev/null; then
    echo "left out, for this user may not install system packages:$rtl (RTL design needs them)" >&2
    rtl=""
fi
export DEBIAN_FRONTEND=noninteractive
if [ -n "$need" ]; then
    echo "installing system packages:$need"
    $sudo apt-get update -qq
    # shellcheck disable=SC2086
    $sudo apt-get install -y -qq $need
fi
if [ -n "$rtl" ]; then
    echo "installing system packages:$rtl"
    # shellcheck disable=SC2086
    { $sudo apt-get update -qq && $sudo apt-get install -y -qq --no-install-recommends $rtl; } ||
        echo "left out, for they could not be installed:$rtl (RTL design needs them)" >&2
fi
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    echo "Terragate needs Python 3.11 or newer; '$python' is $("$python" --version)." >&2
    echo "Install one and call: make PYTHON=python3.12 run" >&2
    exit 2
}
