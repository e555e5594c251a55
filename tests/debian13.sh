#!/bin/sh
# What a new user does on Debian 13, on a machine that may be older: makes a root with nothing but git,
# make and a compiler, clones the project's last commit into it, and calls make there. Then each side
# masks photographs with the model that the other side's make run has pushed. Called by make, from the
# project's folder; needs root, as it mounts and changes root, and debootstrap.
#
# TARGETS: what is made in the root, "run test" if not said.
# EXTRAS: of the stack there, as for make.
# DEBIAN_MIRROR: where packages come from, if not from debootstrap's default.
set -eu
place=$PWD/.debian13
root=$place/root
home=$root/srv
targets=${TARGETS:-run test}

fail() {
  printf '%s\n' "$@" >&2
  exit 1
}

if [ "${1:-}" != inside ]; then
  [ "$(id -u)" = 0 ] || fail "make test-debian13 mounts and changes root: run it as root."
  command -v debootstrap >/dev/null || fail "No debootstrap. Install it: apt-get install debootstrap"
  # Nothing is installed here as root, who may choose another stack than the user did.
  case " $targets " in
    *" run "*)
      [ -x .venv/bin/python ] || fail "Models are exchanged with this side's .venv: call make run first."
      ;;
  esac
  own="unshare --mount --pid --fork --mount-proc --kill-child"
  $own true || fail "This root may not mount: in a container it needs --privileged."
  # In namespaces of its own, so that mounts and processes go when this ends, however it ends.
  exec $own sh "$0" inside
fi

since() {
  echo "$(($(date +%s) - $1)) s"
}

started=$(date +%s)
rm -rf "$root"
mkdir -p "$root" "$place/packages"
debootstrap --variant=minbase --include=ca-certificates,git,make,g++ --cache-dir="$place/packages" \
  trixie "$root" ${DEBIAN_MIRROR:+"$DEBIAN_MIRROR"} >"$place/debootstrap.log" 2>&1 ||
  fail "debootstrap could not make the root; see $place/debootstrap.log"
echo "Debian 13: root made in $(since "$started")"

mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"
mount --rbind /dev "$root/dev"
mount -t tmpfs tmpfs "$root/dev/shm"
# How this machine reaches the network, and whom it trusts there.
cp /etc/resolv.conf /etc/hosts "$root/etc/"
if [ -e /etc/ssl/certs/ca-certificates.crt ]; then
  cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
fi
git clone --quiet --no-hardlinks "$PWD" "$home/studio-mask"

# What of this environment the root gets: how the network is reached.
passed="http_proxy https_proxy no_proxy all_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY ALL_PROXY
  UV_DEFAULT_INDEX UV_PYTHON_INSTALL_MIRROR PIP_INDEX_URL CI EXTRAS"

# Runs a command in the clone.
in_root() {
  command=$*
  set -- HOME=/root LANG=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt
  for name in $passed; do
    eval "value=\${$name:-}"
    [ -z "$value" ] || set -- "$@" "$name=$value"
  done
  env -i "$@" chroot "$root" sh -c "cd /srv/studio-mask && $command"
}

# What the tests there left goes to make compatibility, whether they passed or not.
keep_records() {
  if [ -d "$home/studio-mask/.tests" ]; then
    mkdir -p .tests && cp "$home/studio-mask/.tests/"*.json .tests/
  fi
}
trap keep_records EXIT

# Keeps what libraries say off the screen, unless it fails.
quietly() {
  "$@" 2>"$place/exchange.log" || { cat "$place/exchange.log" >&2; exit 1; }
}

for target in $targets; do
  started=$(date +%s)
  in_root make "$target"
  echo "Debian 13: make $target took $(since "$started")"
done

case " $targets " in
  *" run "*)
    started=$(date +%s)
    [ -d runs/sample/serving_models/mask ] || make --no-print-directory run
    compare=".venv/bin/python -m benchmarks.portability"
    rm -rf "$place/exchange" "$place/portability.json"
    quietly $compare give "$place/exchange"
    rm -rf "$home/exchange" && cp -r "$place/exchange" "$home/exchange"
    quietly in_root $compare take /srv/exchange --results /srv/portability.json
    rm -rf "$home/exchange"
    quietly in_root $compare give /srv/exchange
    rm -rf "$place/exchange" && cp -r "$home/exchange" "$place/exchange"
    cp "$home/portability.json" "$place/portability.json"
    quietly $compare take "$place/exchange" --results "$place/portability.json"
    echo "Debian 13: models of both sides on both sides, in $(since "$started");" \
      "figures: $place/portability.json"
    ;;
esac
