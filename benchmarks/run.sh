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
  ran=$((ran + 1))
  [ -f "$results/$name.json.part" ] || continue  # it had nothing to measure on, and said so
  mv "$results/$name.json.part" "$results/$name.json"
done
# The replay beside libCacheSim, where both are there; on the largest trace at hand.
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
python=$here/../build/venv/bin/python
[ -x "$python" ] || python=python3
trace=$here/../../shared/traces/gptoss20b_decode.bin.xz
[ -f "$trace" ] || trace=$here/../tests/data/traces/gptoss20b_6x96.bin
if [ -x "$programs/moesaic-replay" ] && command -v "$python" > /dev/null 2>&1; then
  echo "moesaic: replay beside libCacheSim"
  "$python" "$here/replay/beside_libcachesim.py" "$programs/moesaic-replay" "$trace" --rounds 3 --json "$results/replay.json"
fi
if [ "$ran" = 0 ]; then
  echo "moesaic: no benchmark was built: please install Google Benchmark (Debian: libbenchmark-dev) and try again" >&2
  exit 1
fi
echo "moesaic: $ran benchmark programs, their JSON under $results/"
