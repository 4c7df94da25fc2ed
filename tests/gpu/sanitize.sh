#!/bin/sh
# SPDX-License-Identifier: MIT
# compute-sanitizer's four tools over all that runs on a device: sh tests/gpu/sanitize.sh BUILD
# The suite "wrong on purpose" stays out: the runtime refuses what it asks for, and its kernels read what has not arrived.
set -eu
build=${1:?give the build folder, for instance build/gpu}
if ! command -v compute-sanitizer > /dev/null; then
  echo "there is no compute-sanitizer on PATH; it comes with the CUDA toolkit, in its bin" >&2
  exit 77
fi
for tool in memcheck racecheck synccheck initcheck; do
  echo "$tool"
  compute-sanitizer --tool "$tool" --error-exitcode 1 "$build/tests/test_gpu" "--test-suite-exclude=wrong on purpose"
  compute-sanitizer --tool "$tool" --error-exitcode 1 "$build/bin/gpu_slots"
done
