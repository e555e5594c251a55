#!/bin/sh
# Chooses the stack: stack.sh name|locks|pythons|reason. Reads STACK (1.16, 1.21 or nothing) and EXTRAS
# (of kubeflow, gpu). Called by make, from the project's folder.
set -eu
stack=${STACK:-}
extras=${EXTRAS:-}

fail() {
  printf '%s\n' "$@" >&2
  exit 1
}

for extra in $extras; do
  case $extra in
    kubeflow | gpu) ;;
    *) fail "EXTRAS=$extra: there are kubeflow and gpu." ;;
  esac
done

has() {
  case " $extras " in *" $1 "*) true ;; *) false ;; esac
}

system="$(uname -s) on $(uname -m)"
# "glibc 2.36"; nothing where the C library is another.
glibc=$(getconf GNU_LIBC_VERSION 2>/dev/null || true)
# "2 36": of versions such as 2.41.90 and 2.39.9000 the first two numbers.
release=$(echo "$glibc" | sed -n 's/^glibc \([0-9][0-9]*\)\.\([0-9][0-9]*\).*/\1 \2/p')

# Whether the C library is older than TFX 1.21's wheels need, or another.
older() {
  [ -z "$release" ] || [ "${release% *}" -lt 2 ] ||
    { [ "${release% *}" -eq 2 ] && [ "${release#* }" -lt 39 ]; }
}

if has gpu && [ "$system" != "Linux on x86_64" ]; then
  fail "EXTRAS=gpu: CUDA's packages are locked for Linux on x86_64; here is $system."
fi

case $stack in
  1.21)
    if [ "$system" = "Linux on x86_64" ] && older; then
      fail "STACK=1.21 needs glibc 2.39 or newer; here is ${glibc:-none}." \
           "make test-debian13 tries it in a Debian 13 root."
    fi
    reason="as STACK says"
    ;;
  1.16) reason="as STACK says" ;;
  '')
    if [ "$system" = "Linux on x86_64" ] && [ -z "$release" ]; then
      fail "TFX needs glibc, and there is none here." "Debian and Ubuntu have it; Alpine does not."
    elif [ "$system" = "Linux on x86_64" ] && older; then
      stack=1.16 reason="$glibc is older than 2.39, which TFX 1.21 needs"
    elif [ "$system" = "Linux on x86_64" ]; then
      stack=1.21 reason="$glibc is 2.39 or newer"
    elif [ "$system" = "Darwin on arm64" ]; then
      stack=1.21 reason="the one with wheels for this machine; untried there"
    elif [ "$system" = "Darwin on x86_64" ]; then
      fail "TFX 1.16 has wheels for $system, but other packages of its lock have to be built there," \
           "cryptography with Rust. Untried; STACK=1.16 tries it." \
           "The client has no such limits: pip install '.[client]'"
    else
      fail "TFX has no wheels for $system. STACK=1.16 or STACK=1.21 tries all the same." \
           "The client runs anywhere: pip install '.[client]'"
    fi
    ;;
  *) fail "STACK=$stack: there are 1.16 and 1.21." ;;
esac

# The first Python that is here or can be fetched is taken.
case $stack in
  1.16) pythons=3.10 lock=requirements/tfx-1.16-py3.10.txt ;;
  1.21)
    pythons="3.12 3.13" lock=requirements/tfx-1.21-py3.12.txt
    # TFX's extra for Kubeflow exists only below Python 3.12.
    if has kubeflow; then
      [ "$system" = "Linux on x86_64" ] ||
        fail "EXTRAS=kubeflow: TFX 1.21's lock with it is for Linux on x86_64; here is $system."
      pythons=3.11 lock=requirements/tfx-1.21-kubeflow-py3.11.txt
    fi
    ;;
esac
name=$stack
if has kubeflow && [ "$stack" = 1.21 ]; then name=$name-kubeflow; fi
if has gpu; then name=$name-gpu lock="$lock requirements/tfx-$stack-gpu.txt"; fi

case ${1:-} in
  name) echo "$name" ;;
  locks) echo "$lock" ;;
  pythons) echo "$pythons" ;;
  reason) echo "$reason" ;;
  *) fail "stack.sh name|locks|pythons|reason" ;;
esac
