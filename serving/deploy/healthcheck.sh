#!/bin/bash
# Ends with 0 if a version of the model is available. The base image has no curl, but bash has
# /dev/tcp. HTTP/1.0, so that the server closes the connection and the reading ends.
#
#   healthcheck.sh [REST_PORT [MODEL_NAME]]
set -euo pipefail
exec 3<>"/dev/tcp/127.0.0.1/${1:-8501}"
printf 'GET /v1/models/%s HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n' "${2:-mask}" >&3
grep --quiet '"AVAILABLE"' <&3
