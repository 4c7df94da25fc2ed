#!/bin/sh
# SPDX-License-Identifier: MIT
# The library under the next language: every header outside the leaf that needs a toolkit, and the tests that put the headers together, checked (not linked) as C++23.
# Usage: sh tests/house/cxx23.sh COMPILER...
set -eu
cd "$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)"
flags='-fsyntax-only -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -Iinclude -Itests'
mkdir -p build/ci
(cd include && find moesaic -path moesaic/cuda -prune -o -name '*.hpp' -print | LC_ALL=C sort) | sed 's/.*/#include <&>/' > build/ci/every_header.cpp
for compiler in "$@"; do
  standard=c++23
  "$compiler" -std=$standard -x c++ -E /dev/null > /dev/null 2>&1 || standard=c++2b
  {
    echo build/ci/every_header.cpp
    find tests/integration tests/runtime tests/systems -name '*_test.cpp' | LC_ALL=C sort
  } | xargs -n 1 -P "$(nproc 2> /dev/null || echo 2)" "$compiler" -std=$standard $flags '-DMOESAIC_TEST_DATA=""' '-DMOESAIC_MODELS=""' '-DMOESAIC_SHARED=""' '-DMOESAIC_PROGRAMS=""'
  printf '%s: %s, no findings\n' "$compiler" "$standard"
done
