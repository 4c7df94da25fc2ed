#!/bin/sh
# SPDX-License-Identifier: MIT
# Less than a minute: has a decision become dearer, measured against others of the same run?
#   sh benchmarks/smoke.sh PROGRAMS RESULTS [--record]
# Repetitions of all benchmarks are interleaved at random, so that whatever else the machine does falls on all of them.
set -eu
programs=$1
results=$2
shift 2
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
mkdir -p "$results"
filter=$(python3 "$here/compare.py" --baseline "$here/baseline_ratios.json" --names)
runs=
for name in decision dispatch policies; do
  out=$results/smoke_$name.json
  "$programs/bench_$name" --benchmark_filter="$filter" --benchmark_min_time=0.02 --benchmark_repetitions=9 --benchmark_enable_random_interleaving=true \
    --benchmark_out="$out.part" --benchmark_out_format=json > /dev/null 2> "$out.err" || {
    cat "$out.err" >&2
    echo "moesaic: bench_$name is missing or failed (what it said is above): build moesaic_benchmarks first" >&2
    exit 1
  }
  mv "$out.part" "$out"
  runs="$runs $out"
done
# shellcheck disable=SC2086
exec python3 "$here/compare.py" --baseline "$here/baseline_ratios.json" "$@" $runs
