// SPDX-License-Identifier: MIT
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include "support/device_bench.cuh"

namespace {
// Not part of a run: its CTest asks for it by name, and for the status it has to end with.
TEST_CASE("a failure beside a test that was skipped is a failure" * doctest::skip()) {
  moesaic_test::wanted_a_device = true;
  CHECK(false);
}
TEST_CASE("a test that was skipped is not one that passed" * doctest::skip()) { moesaic_test::wanted_a_device = true; }
}  // namespace

/// CTest takes 77 for "skipped", so a test that fails may not end with it, whatever was skipped beside.
int main(int argc, char** argv) {
  doctest::Context tests(argc, argv);
  const int status = tests.run();
  return status == 0 && moesaic_test::wanted_a_device ? 77 : status;
}
