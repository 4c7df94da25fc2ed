// SPDX-License-Identifier: MIT
// expect-error: could not convert|cannot convert|no viable conversion|cannot initialize
#include <moesaic/core/event.hpp>

#ifdef FIXED
moesaic::demand wanted{moesaic::expert_index{5}, 1, {}};
#else
moesaic::demand wanted{5, 1, {}};
#endif
