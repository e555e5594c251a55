#!/bin/sh
# Makes the virtual environment: install.sh VENV LOCK. Called by make, from the project's folder.
set -eu
# What a user set for other projects must not bend this one's lock.
unset PIP_USER PIP_CONSTRAINT PIP_REQUIREMENT PIP_TARGET PIP_PREFIX
unset UV_CONSTRAINT UV_OVERRIDE UV_EXCLUDE_NEWER UV_REQUIRE_HASHES UV_TARGET UV_PREFIX UV_PYTHON
unset UV_SYSTEM_PYTHON UV_NO_BUILD UV_NO_BINARY UV_PROJECT_ENVIRONMENT

venv=$1
lock=$2

fail() {
  printf '%s\n' "$@" >&2
  exit 1
}

command -v cc >/dev/null 2>&1 || command -v gcc >/dev/null 2>&1 ||
  fail "No C compiler found; some packages are built from source." \
       "Install one, e.g.: apt-get install build-essential"
command -v c++ >/dev/null 2>&1 || command -v g++ >/dev/null 2>&1 ||
  fail "No C++ compiler found; some packages are built from source." \
       "Install one, e.g.: apt-get install build-essential"

# uv finds Python 3.10 or downloads it, and installs faster than pip. Any Python 3 can bring it.
if [ ! -x .uv/bin/uv ]; then
  echo "Set-up: uv"
  rm -rf .uv
  found=""
  for python in python3 /usr/bin/python3 python; do
    # A pyenv shim may exist and yet have no such Python behind it.
    if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 8))' >/dev/null 2>&1; then
      found=$python
      break
    fi
  done
  [ -n "$found" ] || fail "No Python 3.8 or newer found." "Install one, e.g.: apt-get install python3 python3-venv"
  if ! "$found" -m venv .uv >/dev/null 2>&1; then
    rm -rf .uv
    fail "$found cannot make virtual environments." "Install that, e.g.: apt-get install python3-venv"
  fi
  if ! .uv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes \
      --requirement requirements/uv.txt; then
    rm -rf .uv
    fail "pip could not install uv; see above."
  fi
fi
uv=$PWD/.uv/bin/uv

echo "Set-up: Python 3.10"
rm -f "$venv/.installed"
"$uv" venv --quiet --allow-existing --python 3.10 "$venv" ||
  fail "uv found no Python 3.10 and could not download one." \
       "Install it, e.g.: pyenv install 3.10"

"$venv/bin/python" -c '
import os, sys, sysconfig
sys.exit(not os.path.exists(os.path.join(sysconfig.get_path("include"), "Python.h")))' ||
  fail "This Python 3.10 has no headers (Python.h); some packages are built from source." \
       "Install them, e.g.: apt-get install python3.10-dev"

echo "Set-up: the locked packages, about 3 GB (a minute or two)"
# Compiled now, because importing TFX from source would cost 20 s at every start.
"$uv" pip sync --quiet --compile-bytecode --require-hashes --python "$venv/bin/python" "$lock"
# Build isolation off: setuptools is locked, and nothing unlocked is fetched for the project itself.
"$uv" pip install --quiet --no-deps --no-build-isolation --python "$venv/bin/python" --editable .
