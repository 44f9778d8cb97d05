#!/bin/sh
# Tests tools, verifiers and workflows with the lowest versions that pyproject.toml allows, in a
# virtual environment of its own. Arguments go to pytest. Only direct dependencies are held down.
set -eu
cd "$(dirname "$0")/.."
export PYTHONSAFEPATH=1
venv=build/minimum
"${PYTHON:-python3}" -m venv --clear "$venv"
"$venv/bin/python" -m pip install --quiet "uv>=0.5"
"$venv/bin/uv" pip install --quiet --python "$venv/bin/python" --resolution lowest-direct \
    --editable ".[detect,eval,exact,models,rtl,dev]"
[ $# -gt 0 ] || set -- tests/tools tests/verifiers tests/workflows
# Old releases use what newer Python and NumPy deprecate, so here these warnings are no errors.
exec "$venv/bin/python" -m pytest -q -m "not llm and not slow" \
    -W default::DeprecationWarning -W default::PendingDeprecationWarning -W default::FutureWarning "$@"
