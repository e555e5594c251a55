#!/bin/sh
# Resolves the dependencies anew, with hashes; called by `make lock`, from the project's folder.
set -eu
sh requirements/uv.sh
cd requirements

lock() {
  output=$1
  shift
  echo "Lock: requirements/$output"
  ../.uv/bin/uv pip compile --quiet --upgrade --generate-hashes --no-annotate --no-emit-index-url \
    --custom-compile-command "make lock" --output-file "$output" "$@"
}

# What an extra adds to a stack, and nothing of what the stack's own lock holds.
lock_addition() {
  base=$1
  shift
  lock "$@" --constraint "$base" $(sed -n 's/^\([a-z0-9-]*\)==.*/--no-emit-package \1/p' "$base")
}

stack="common.in dev.in"
lock tfx-1.16-py3.10.txt --python-version 3.10 --override tfx-1.16-override.in $stack tfx-1.16.in
# Universal, as it serves Python 3.12 and 3.13.
lock tfx-1.21-py3.12.txt --universal --python-version 3.12 $stack tfx-1.21.in
lock tfx-1.21-kubeflow-py3.11.txt --python-version 3.11 --python-platform x86_64-manylinux_2_39 \
  $stack tfx-1.21.in tfx-1.21-kubeflow.in
lock_addition tfx-1.16-py3.10.txt tfx-1.16-gpu.txt --python-version 3.10 gpu.in
lock_addition tfx-1.21-py3.12.txt tfx-1.21-gpu.txt --python-version 3.12 \
  --python-platform x86_64-manylinux_2_39 gpu.in
lock uv.txt uv.in
# Universal, as it is installed beside either stack's Python.
lock audit.txt --universal --python-version 3.10 audit.in
