// SPDX-License-Identifier: MIT
// expect-error: could not convert|no matching function|no viable conversion|no match for call|cannot convert
#include <moesaic/core/quantity.hpp>

bool fits(moesaic::bytes size) { return size <= moesaic::gibibytes(6); }
#ifdef FIXED
bool answer = fits({4096});
#else
bool answer = fits(4096);
#endif
