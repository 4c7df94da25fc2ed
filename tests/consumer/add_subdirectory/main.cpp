// SPDX-License-Identifier: MIT
#include <moesaic/version.hpp>

int main() { return moesaic::version == moesaic::library_version{} ? 1 : 0; }
