// SPDX-License-Identifier: MIT
// expect-error: no match for .operator<.|invalid operands to binary expression
#include <moesaic/core/quantity.hpp>

bool earlier(moesaic::bytes size, moesaic::step_index step) {
#ifdef FIXED
  return size.count < step.count;
#else
  return size < step;
#endif
}
