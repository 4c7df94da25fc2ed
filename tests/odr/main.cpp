// SPDX-License-Identifier: MIT
#include <array>
#include <cstdint>
#include <cstdio>

#include "side.hpp"

namespace {

constexpr std::uint64_t steps = 400;

bool failed = false;
void expect(bool holds, const char* what) {
  if (holds) return;
  failed = true;
  std::printf("odr: %s\n", what);
}

side_counts alone(const side& one) {
  void* handle = one.open();
  for (std::uint64_t s = 0; s < steps; ++s) expect(one.run(handle, s), "a step failed");
  const side_counts counts = one.count(handle);
  one.close(handle);
  return counts;
}

}  // namespace

int main() {
  const side left = left_side(), right = right_side();
  // Whoever is loaded first would win if their symbols met: then both would count alike.
  const side_counts left_alone = alone(left), right_alone = alone(right);
  expect(left_alone.accesses == right_alone.accesses, "the two sides did not see the same events");
  expect(left_alone.hits != right_alone.hits, "two different configurations behave alike");

  // Two instances of each, all four taking turns.
  const std::array handles{left.open(), right.open(), left.open(), right.open()};
  for (std::uint64_t s = 0; s < steps; ++s)
    for (std::size_t i = 0; i < handles.size(); ++i) expect((i % 2 == 0 ? left : right).run(handles[i], s), "a step failed among others");
  for (std::size_t i = 0; i < handles.size(); ++i) {
    const side& mine = i % 2 == 0 ? left : right;
    expect(mine.count(handles[i]) == (i % 2 == 0 ? left_alone : right_alone), "an instance counts differently among others");
    mine.close(handles[i]);
  }
  std::printf("odr: lru per layer %llu hits, fifo in one pool %llu hits of %llu accesses\n", static_cast<unsigned long long>(left_alone.hits),
              static_cast<unsigned long long>(right_alone.hits), static_cast<unsigned long long>(left_alone.accesses));
  return failed ? 1 : 0;
}
