// SPDX-License-Identifier: MIT
// expect-error: could not convert|no viable conversion|cannot convert
#include <moesaic/core/quantity.hpp>
#include <moesaic/core/result.hpp>

moesaic::result<moesaic::bytes> size_of_the_model(unsigned long length) {
#ifdef FIXED
  return moesaic::bytes{length};
#else
  return length;
#endif
}
