#!/bin/sh
# SPDX-License-Identifier: MIT
# What `make demo` runs: see demo.py. MOESAIC_DECODE, MOESAIC_REPLAY and MOESAIC_MODEL name other programs or another model.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
exec "${PYTHON:-python3}" "$here/demo.py" "$@"
