// SPDX-License-Identifier: MIT
// expect-error: nodiscard|ignoring returned value
#include <moesaic/core/result.hpp>

#pragma GCC diagnostic error "-Wunused-result"
moesaic::result<void> open_the_model() { return moesaic::error(moesaic::error_code::cannot_open, "no such file"); }
bool opened() {
#ifdef FIXED
  return static_cast<bool>(open_the_model());
#else
  open_the_model();
  return true;
#endif
}
