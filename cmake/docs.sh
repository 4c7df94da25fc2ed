#!/bin/sh
# SPDX-License-Identifier: MIT
# Builds the documents' site into build/docs, with MkDocs in a virtual environment under build/venv_docs. A link that leads nowhere
# is an error. Usage: sh cmake/docs.sh
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
venv=$root/build/venv_docs
log=$root/build/docs.log
mkdir -p "$root/build"
cd "$root"
if ! sh cmake/python_venv.sh cmake/docs_requirements.txt build/venv_docs; then
  printf 'moesaic: there is no site without MkDocs; docs/README.md reads without it\n' >&2
  exit 1
fi
if ! "$venv/bin/python" -m mkdocs build --clean --strict > "$log" 2>&1; then  # --quiet would hide warnings from --strict
  grep -v '^INFO' "$log" >&2
  exit 1
fi
# What a page loads, it has to bring along.
if grep -rlE '(src|href)="(https?:)?//[^"]*\.(js|css|woff2?)"' build/docs --include='*.html' >> "$log"; then
  printf 'moesaic: pages under build/docs load something from the net, for instance %s\n' "$(tail -n 1 "$log")" >&2
  exit 1
fi
printf 'moesaic: the documents are in build/docs/index.html\n'
