// SPDX-License-Identifier: MIT
// One side of the test: a shared object that keeps a residency behind four plain functions. Both sides define a type of the
// same name, `deployment`, differently; only hidden symbols keep the two apart.
#pragma once

#include <cstdint>

struct side_counts {
  std::uint64_t accesses;
  std::uint64_t hits;
  std::uint64_t evictions;
  friend bool operator==(const side_counts&, const side_counts&) = default;
};

struct side {
  void* (*open)();
  bool (*run)(void* handle, std::uint64_t step);  ///< one step of all layers; false: an acquire or a wait failed
  side_counts (*count)(const void* handle);
  void (*close)(void* handle);
};

// Both functions are in the interface; all that they use is hidden.
__attribute__((visibility("default"))) side left_side();
__attribute__((visibility("default"))) side right_side();
