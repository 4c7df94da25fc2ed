#!/bin/sh
# SPDX-License-Identifier: MIT
# Gets the Python packages of a requirements file into a virtual environment of their own, once: sh cmake/python_venv.sh REQUIREMENTS FOLDER
# Says what it gets. Where that fails, the sentence names the file with the reason; what it is for is the caller's to say.
set -eu

requirements=$1
venv=$2
log=$venv.log
if cmp -s "$requirements" "$venv/provided.txt"; then exit 0; fi
printf 'moesaic: getting %sfor Python in %s\n' "$(tr '\n' ' ' < "$requirements")" "$venv"
rm -rf "$venv"
mkdir -p "$(dirname "$venv")"
if ! { "${PYTHON:-python3}" -m venv "$venv" && "$venv/bin/python" -m pip install --disable-pip-version-check -q -r "$requirements"; } > "$log" 2>&1; then
  printf 'moesaic: they could not be got (the reason is in %s): Python 3 with venv and pip is needed, and a network for pip\n' "$log" >&2
  exit 1
fi
cp "$requirements" "$venv/provided.txt"
