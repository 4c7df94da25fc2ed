#!/bin/sh
# SPDX-License-Identifier: MIT
# Looks for inputs that break a reader: sh tests/fuzz/run.sh [SECONDS for each target] [BUILD FOLDER] [TARGET...]
# As many targets at once as there are processors. Needs clang. New inputs and what was found stay in BUILD FOLDER/found; put a
# finding into tests/fuzz/corpus/ once it is mended.
set -eu
cd "$(dirname "$0")/../.."
seconds=${1:-60}
build=${2:-build/fuzz}

if [ -n "${FUZZ_ONE:-}" ]; then
  mkdir -p "$build/found/$FUZZ_ONE"
  if ! "$build/tests/fuzz_$FUZZ_ONE" -max_total_time="$seconds" -timeout=25 -rss_limit_mb=3000 -max_len=16384 -print_final_stats=1 \
      -artifact_prefix="$build/found/$FUZZ_ONE-" "$build/found/$FUZZ_ONE" "tests/fuzz/corpus/$FUZZ_ONE" > "$build/found/$FUZZ_ONE.log" 2>&1; then
    tail -40 "$build/found/$FUZZ_ONE.log"
    echo "fuzz: $FUZZ_ONE failed; its input is beside $build/found/$FUZZ_ONE.log"
    exit 1
  fi
  echo "fuzz: $FUZZ_ONE for $seconds s: $(sed -n 's/^stat::number_of_executed_units: *//p' "$build/found/$FUZZ_ONE.log") inputs, no finding"
  exit 0
fi

cmake --preset fuzz -B "$build" > "$build.log" 2>&1 || { cat "$build.log"; exit 1; }
if [ $# -gt 2 ]; then
  shift 2
  targets=$(printf '%s\n' "$@")
else
  targets=$(cd tests/fuzz && ls ./*_fuzz.cpp | sed 's|^\./||; s|_fuzz\.cpp$||')
  grep -q '^ggml_DIR:PATH=.*-NOTFOUND' "$build/CMakeCache.txt" && targets=$(printf '%s\n' $targets | grep -v '^gguf$')
fi
# shellcheck disable=SC2046
cmake --build "$build" -j "$(nproc)" --target $(printf 'fuzz_%s ' $targets) > "$build.log" 2>&1 || { cat "$build.log"; exit 1; }
printf '%s\n' $targets | xargs -P "$(nproc)" -I '{}' env FUZZ_ONE='{}' sh tests/fuzz/run.sh "$seconds" "$build"
