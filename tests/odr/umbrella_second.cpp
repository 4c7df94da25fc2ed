// SPDX-License-Identifier: MIT
#include <moesaic/moesaic.hpp>

const void* address_of_version_elsewhere();
const void* address_of_version_elsewhere() { return &moesaic::version; }
