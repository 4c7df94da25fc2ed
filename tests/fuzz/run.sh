#!/bin/sh
# SPDX-License-Identifier: MIT
# Looks for inputs that break a reader: sh tests/fuzz/run.sh [SECONDS for all targets together] [BUILD FOLDER]
# Needs clang. New inputs and what was found stay in BUILD FOLDER/found; put a finding into tests/fuzz/corpus/ once it is mended.
set -eu
cd "$(dirname "$0")/../.."
seconds=${1:-60}
build=${2:-build/fuzz}
cmake --preset fuzz -B "$build" > "$build.log" 2>&1 || { cat "$build.log"; exit 1; }
targets=$(cd tests/fuzz && ls ./*_fuzz.cpp | sed 's|^\./||; s|_fuzz\.cpp$||')
grep -q '^ggml_DIR:PATH=.*-NOTFOUND' "$build/CMakeCache.txt" && targets=$(printf '%s\n' $targets | grep -v '^gguf$')
# shellcheck disable=SC2046
cmake --build "$build" -j "$(nproc)" --target $(printf 'fuzz_%s ' $targets) > "$build.log" 2>&1 || { cat "$build.log"; exit 1; }
count=$(printf '%s\n' $targets | wc -l)
each=$((seconds / count))
[ "$each" -ge 1 ] || each=1
for format in $targets; do
  mkdir -p "$build/found/$format"
  echo "fuzz: $format for $each s"
  if ! "$build/tests/fuzz_$format" -max_total_time="$each" -timeout=25 -rss_limit_mb=3000 -max_len=16384 -print_final_stats=1 \
      -artifact_prefix="$build/found/$format-" "$build/found/$format" "tests/fuzz/corpus/$format" > "$build/found/$format.log" 2>&1; then
    tail -40 "$build/found/$format.log"
    echo "fuzz: $format failed; its input is beside $build/found/$format.log"
    exit 1
  fi
  grep 'number_of_executed_units' "$build/found/$format.log" | sed "s/^/fuzz: $format /"
done
