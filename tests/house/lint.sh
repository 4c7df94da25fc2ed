#!/bin/sh
# SPDX-License-Identifier: MIT
# clang-format over everything, in one pinned version because versions differ in details; then clang-tidy with the checks of .clang-tidy
# over every header outside the leaf that needs a toolkit (moesaic/cuda), and over tests that instantiate the core and the loop.
# Usage: sh tests/house/lint.sh [clang-tidy]
set -eu
cd "$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)"
tidy=${1:-clang-tidy}
if ! command -v "$tidy" > /dev/null 2>&1; then
  printf 'moesaic: no %s: please install it (Debian: clang-tidy)\n' "$tidy" >&2
  exit 1
fi
mkdir -p build/ci
sh cmake/python_venv.sh cmake/lint_requirements.txt build/venv_lint
if ! git ls-files '*.hpp' '*.cpp' '*.h' '*.c' '*.cu' '*.cuh' | xargs build/venv_lint/bin/clang-format --dry-run --Werror; then
  printf 'moesaic: not formatted as .clang-format says; mend it with: git ls-files "*.hpp" "*.cpp" "*.h" "*.c" "*.cu" "*.cuh" | xargs build/venv_lint/bin/clang-format -i\n' >&2
  exit 1
fi
(cd include && find moesaic -path moesaic/cuda -prune -o -name '*.hpp' -print | LC_ALL=C sort) | sed 's/.*/#include <&>/' > build/ci/every_header.cpp
printf '%s\n' build/ci/every_header.cpp tests/docs/decision_log_test.cpp tests/integration/counters_while_running_test.cpp tests/runtime/offload_runtime_test.cpp |
  xargs -n 1 -P "$(nproc 2> /dev/null || echo 2)" sh -c '"$0" --quiet --config-file=.clang-tidy "$1" -- -std=c++20 -Iinclude -Itests 2> /dev/null' "$tidy"
printf 'no findings in %s headers\n' "$(wc -l < build/ci/every_header.cpp)"
