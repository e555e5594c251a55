#!/bin/sh
# Makes the virtual environment: install.sh VENV STAMP. Called by make, from the project's folder, with
# the STACK and EXTRAS that stack.sh reads. The stamp says, in a line, what was installed and why.
set -eu
# What a user set for other projects must not bend this one's lock.
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

# uv finds the Python or downloads it, and installs faster than pip.
sh requirements/uv.sh
uv=$PWD/.uv/bin/uv

# Tries a Python in an environment beside the one there is. It needs the headers, as some packages are
# built from source.
probe=.uv/probe
try_python() {
  rm -rf "$probe"
  "$uv" venv --quiet "$@" "$probe" && "$probe/bin/python" -c '
import os, sys, sysconfig
header = os.path.join(sysconfig.get_path("include"), "Python.h")
sys.exit(None if os.path.exists(header) else "Python %s has no %s" % (sys.version.split()[0], header))'
}

first=${pythons%% *}
echo "Set-up: Python $first"
chosen=""
said=""
for version in $pythons; do
  for source in --no-python-downloads --managed-python; do
    if answer=$(try_python $source --python "$version" 2>&1); then
      chosen=$version
      break 2
    fi
    said="$said$answer
"
  done
done
rm -rf "$probe"
if [ -z "$chosen" ]; then
  hint="pyenv install $first"
  for version in $pythons; do
    if apt-cache show "python$version-dev" >/dev/null 2>&1; then
      hint="apt-get install python$version-dev, or $hint"
      break
    fi
  done
  wanted=$(echo "$pythons" | sed 's/ / or /g')
  fail "${said}No Python $wanted with its headers (Python.h) was found or could be downloaded; see above." \
       "Install one, e.g.: $hint"
fi
[ "$chosen" = "$first" ] || reason="$reason; no Python $first was found or could be fetched"

# Emptied whatever is in it, also half an environment; not removed, as it may be a mount or a link.
rm -f "$venv"/.installed*
if [ -d "$venv" ]; then find -H "$venv" -mindepth 1 -delete; fi
"$uv" venv --quiet $source --python "$chosen" "$venv"

echo "Set-up: the locked packages, about 3 GB (a minute or two)"
# Compiled now, because importing TFX from source would cost 20 s at every start.
"$uv" pip sync --quiet --compile-bytecode --require-hashes --python "$venv/bin/python" $locks
# Build isolation off: setuptools is locked, and nothing unlocked is fetched for the project itself.
"$uv" pip install --quiet --no-deps --no-build-isolation --python "$venv/bin/python" --editable .
echo "Stack: TFX $name on Python $chosen: $reason" >"$stamp"
