#!/bin/sh
# Makes the virtual environment: install.sh VENV STAMP. Called by make, from the project's folder, with
# the STACK and EXTRAS that stack.sh reads. The stamp says, in a line, what was installed and why.
set -eu
# What a user set for other projects must not bend this one's lock.
unset PIP_USER PIP_CONSTRAINT PIP_REQUIREMENT PIP_TARGET PIP_PREFIX
unset UV_CONSTRAINT UV_OVERRIDE UV_EXCLUDE_NEWER UV_REQUIRE_HASHES UV_TARGET UV_PREFIX UV_PYTHON
unset UV_SYSTEM_PYTHON UV_NO_BUILD UV_NO_BINARY UV_PROJECT_ENVIRONMENT

venv=$1
stamp=$2
name=$(sh requirements/stack.sh name)
locks=$(sh requirements/stack.sh locks)
pythons=$(sh requirements/stack.sh pythons)
reason=$(sh requirements/stack.sh reason)

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

# Any Python 3 that can make virtual environments, to bring uv.
find_python() {
  for python in python3 /usr/bin/python3 python; do
    # A pyenv shim may exist and yet have no such Python behind it, and Debian's own may lack ensurepip.
    if "$python" -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 8))' >/dev/null 2>&1
    then
      echo "$python"
      return
    fi
  done
}

# In a bare container nobody is there to install Python; elsewhere the system is left alone.
if [ -z "$(find_python)" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "Set-up: Python 3 from the system's packages, as this is root and there is none"
  export DEBIAN_FRONTEND=noninteractive
  { apt-get update -qq && apt-get install -y -qq --no-install-recommends python3-venv python3-dev; } \
    >/dev/null 2>&1 || true
fi

# uv finds the Python or downloads it, and installs faster than pip.
if [ ! -x .uv/bin/uv ]; then
  echo "Set-up: uv"
  rm -rf .uv
  found=$(find_python)
  [ -n "$found" ] || fail "No Python 3.8 or newer found that can make virtual environments." \
                          "Install one, e.g.: apt-get install python3-venv python3-dev"
  "$found" -m venv .uv || { rm -rf .uv; fail "$found could not make a virtual environment; see above."; }
  if ! .uv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes \
      --requirement requirements/uv.txt; then
    rm -rf .uv
    fail "pip could not install uv; see above."
  fi
fi
uv=$PWD/.uv/bin/uv

# Makes the environment with a Python of this version, if that has the headers that packages which are
# built from source need.
make_venv() {
  "$uv" venv --quiet --clear "$@" "$venv" >/dev/null 2>&1 && "$venv/bin/python" -c '
import os, sys, sysconfig
sys.exit(not os.path.exists(os.path.join(sysconfig.get_path("include"), "Python.h")))'
}

first=${pythons%% *}
echo "Set-up: Python $first"
rm -f "$venv"/.installed*
chosen=""
for version in $pythons; do
  if make_venv --no-python-downloads --python "$version" ||
    make_venv --managed-python --python "$version"
  then
    chosen=$version
    break
  fi
done
[ -n "$chosen" ] ||
  fail "No Python $first with its headers (Python.h) was found, and uv could not download one." \
       "Install it, e.g.: apt-get install python$first-dev, or pyenv install $first"
[ "$chosen" = "$first" ] || reason="$reason; no Python $first was found or could be fetched"

echo "Set-up: the locked packages, about 3 GB (a minute or two)"
# Compiled now, because importing TFX from source would cost 20 s at every start.
"$uv" pip sync --quiet --compile-bytecode --require-hashes --python "$venv/bin/python" $locks
# Build isolation off: setuptools is locked, and nothing unlocked is fetched for the project itself.
"$uv" pip install --quiet --no-deps --no-build-isolation --python "$venv/bin/python" --editable .
echo "Stack: TFX $name on Python $chosen: $reason" >"$stamp"
