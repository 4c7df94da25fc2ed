// SPDX-License-Identifier: MIT
// expect-error: no match for .operator\+.|invalid operands to binary expression
#include <moesaic/core/quantity.hpp>

moesaic::bytes twice(moesaic::bytes size, moesaic::nanoseconds time) {
#ifdef FIXED
  return static_cast<void>(time), size + size;
#else
  return size + time;
#endif
}
