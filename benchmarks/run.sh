#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs every Google Benchmark program: sh benchmarks/run.sh PROGRAMS RESULTS [options for each program]
# The table goes to the screen, the JSON to RESULTS/<name>.json.
set -eu
programs=$1
results=$2
shift 2
mkdir -p "$results"
ran=0
for program in "$programs"/bench_*; do
  [ -x "$program" ] || continue
  name=$(basename "$program")
  echo "moesaic: $name"
  "$program" --benchmark_out="$results/$name.json.part" --benchmark_out_format=json "$@"
  mv "$results/$name.json.part" "$results/$name.json"
  ran=$((ran + 1))
done
if [ "$ran" = 0 ]; then
  echo "moesaic: no benchmark was built: please install Google Benchmark (Debian: libbenchmark-dev) and try again" >&2
  exit 1
fi
echo "moesaic: $ran benchmark programs, their JSON under $results/"
