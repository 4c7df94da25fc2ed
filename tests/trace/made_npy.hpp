// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace moesaic_test {

using namespace std::string_literals;

/// Magic, version, length and text of a .npy header, as NumPy's documentation has them, but without its padding.
inline std::string npy_start(const std::string& text, int version = 1) {
  std::string out = "\x93NUMPY"s + static_cast<char>(version) + '\0';
  for (int i = 0; i < (version == 1 ? 2 : 4); ++i) out += static_cast<char>(text.size() >> (8 * i) & 0xFFU);
  return out + text;
}

/// A .npy file of the given type and shape text; `values` little-endian in `width` bytes each.
inline std::string npy(const std::string& type, int width, const std::string& shape, const std::vector<std::int64_t>& values) {
  std::string out = npy_start("{'descr': '" + type + "', 'fortran_order': False, 'shape': " + shape + ", }\n");
  for (const std::int64_t value : values)
    for (int b = 0; b < width; ++b) out += static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * (type[0] == '>' ? width - 1 - b : b)) & 0xFFU);
  return out;
}

}  // namespace moesaic_test
