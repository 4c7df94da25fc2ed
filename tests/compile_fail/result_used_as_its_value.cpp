// SPDX-License-Identifier: MIT
// expect-error: cannot convert|no viable conversion|could not convert
#include <moesaic/core/result.hpp>

moesaic::result<int> layers() { return 24; }
int twice() {
#ifdef FIXED
  const moesaic::result<int> n = layers();
  return n ? 2 * *n : 0;
#else
  const int n = layers();
  return 2 * n;
#endif
}
