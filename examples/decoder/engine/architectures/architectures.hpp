// SPDX-License-Identifier: MIT
#pragma once

#include "../layer_reader.hpp"
#include "../network.hpp"

namespace moesaic::decoder {

// Each in a file of its own; a new one is a file and a line in list.inc.
#define MOESAIC_ARCHITECTURE(name) extern const architecture name##_architecture;
#include "list.inc"
#undef MOESAIC_ARCHITECTURE

}  // namespace moesaic::decoder
