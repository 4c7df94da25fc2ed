// SPDX-License-Identifier: MIT
// expect-error: no matching function|no matching constructor
#include <moesaic/core/error.hpp>

#ifdef FIXED
moesaic::error why(moesaic::error_code::bad_file, "the file is empty");
#else
moesaic::error why("the file is empty");
#endif
