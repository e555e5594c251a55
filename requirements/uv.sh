#!/bin/sh
# Brings the uv that uv.txt locks into .uv, where another one or none is. Called by install.sh and
# lock.sh, from the project's folder.
set -eu
# What a user set for other projects must not bend this one's lock.
unset PIP_USER PIP_CONSTRAINT PIP_REQUIREMENT PIP_TARGET PIP_PREFIX

fail() {
  printf '%s\n' "$@" >&2
  exit 1
}

# The copy lies there once that uv works.
if [ -x .uv/bin/uv ] && cmp -s requirements/uv.txt .uv/uv.txt; then
  exit
fi

# Any Python 3 that can make virtual environments.
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
if [ -z "$(find_python)" ] && ! command -v python3 >/dev/null && [ "$(id -u)" = 0 ] &&
  command -v apt-get >/dev/null
then
  echo "Set-up: Python 3 from the system's packages, as this is root and there is none"
  export DEBIAN_FRONTEND=noninteractive
  said=$({ apt-get update -qq &&
    apt-get install -y -qq --no-install-recommends python3-venv python3-dev; } 2>&1) ||
    fail "$said" "apt-get could not install Python 3; see above."
fi

echo "Set-up: uv"
found=$(find_python)
[ -n "$found" ] || fail "No Python 3.8 or newer found that can make virtual environments." \
                        "Install one, e.g.: apt-get install python3-venv python3-dev"
# Beside the one there is, which stays until this one works; uv itself may be moved.
rm -rf .uv.new
if ! "$found" -m venv .uv.new; then
  rm -rf .uv.new
  fail "$found could not make a virtual environment; see above."
fi
if ! .uv.new/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes \
    --requirement requirements/uv.txt; then
  rm -rf .uv.new
  fail "pip could not install uv; see above."
fi
cp requirements/uv.txt .uv.new/uv.txt
rm -rf .uv
mv .uv.new .uv
