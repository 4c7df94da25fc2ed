// SPDX-License-Identifier: MIT
// The soak counts allocations, so this program has the counting operator new as well.
#include "conformance/allocations.cpp"  // NOLINT(bugprone-suspicious-include)
