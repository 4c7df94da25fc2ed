// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace faults {

/// How a read goes wrong. The last two are no failure: whoever reads has to go on.
enum class read_fault : std::uint8_t { error, file_ends, error_for_good, interrupted, half };

/// From now on the n-th allocation of the program (from 1) throws std::bad_alloc, once; 0: none.
void fail_allocation(std::uint64_t n) noexcept;
/// From now on the n-th call of pread, open, mmap or pthread_create fails, once; 0: none.
void fail_call(std::uint64_t n) noexcept;
/// From now on the n-th pread goes wrong; `error_for_good`: and all behind it.
void fail_read(std::uint64_t n, read_fault how) noexcept;
/// Nothing fails any more. Has something failed since it was asked for?
[[nodiscard]] bool heal() noexcept;
/// Allocations that have not been freed.
[[nodiscard]] std::int64_t living() noexcept;

}  // namespace faults
