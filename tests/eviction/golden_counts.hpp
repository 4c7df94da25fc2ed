// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

/// Made by golden_counts.py, which shares no line with the library.
namespace moesaic::golden {

struct row {
  const char* policy;
  bool per_layer;
  std::uint32_t capacity;
  bool optional;
  std::uint64_t misses;
};
inline constexpr row table[] = {
    {"lru", true, 3, false, 3586},
    {"lru", true, 3, true, 3716},
    {"lru", true, 8, false, 1886},
    {"lru", true, 8, true, 1886},
    {"lru", false, 7, false, 4800},
    {"lru", false, 7, true, 4800},
    {"lru", false, 24, false, 2102},
    {"lru", false, 24, true, 2102},
    {"fifo", true, 3, false, 3586},
    {"fifo", true, 3, true, 3686},
    {"fifo", true, 8, false, 1967},
    {"fifo", true, 8, true, 2006},
    {"fifo", false, 7, false, 4800},
    {"fifo", false, 7, true, 4800},
    {"fifo", false, 24, false, 2222},
    {"fifo", false, 24, true, 2211},
    {"lfu", true, 3, false, 3586},
    {"lfu", true, 3, true, 3513},
    {"lfu", true, 8, false, 1698},
    {"lfu", true, 8, true, 1725},
    {"lfu", false, 7, false, 4302},
    {"lfu", false, 7, true, 3772},
    {"lfu", false, 24, false, 1868},
    {"lfu", false, 24, true, 1728},
    {"lrfu(1)", true, 3, false, 3586},
    {"lrfu(1)", true, 3, true, 3618},
    {"lrfu(1)", true, 8, false, 1810},
    {"lrfu(1)", true, 8, true, 1810},
    {"lrfu(1)", false, 7, false, 4468},
    {"lrfu(1)", false, 7, true, 4353},
    {"lrfu(1)", false, 24, false, 2008},
    {"lrfu(1)", false, 24, true, 2008},
    {"successor(1)", true, 3, false, 3586},
    {"successor(1)", true, 3, true, 3551},
    {"successor(1)", true, 8, false, 1765},
    {"successor(1)", true, 8, true, 1765},
    {"successor(1)", false, 7, false, 4416},
    {"successor(1)", false, 7, true, 4246},
    {"successor(1)", false, 24, false, 1930},
    {"successor(1)", false, 24, true, 1930},
};

}  // namespace moesaic::golden
