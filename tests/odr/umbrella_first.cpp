// SPDX-License-Identifier: MIT
#include <moesaic/moesaic.hpp>

// What another translation unit sees under the same names has to be the same thing.
static const void* address_of_version() { return &moesaic::version; }
const void* address_of_version_elsewhere();

int main() { return address_of_version() == address_of_version_elsewhere() ? 0 : 1; }
