// SPDX-License-Identifier: MIT
#pragma once

#include <moesaic_c.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include <moesaic/core/result.hpp>

namespace moesaic::c {

/// Far above any struct of this interface: a larger size is a member that was never set.
inline constexpr std::uint32_t largest_struct = 4096;

template <class S>
[[nodiscard]] result<void> check_size(std::uint32_t size, std::string_view name) noexcept {
  if (size < sizeof(S) || size > largest_struct)
    return error(error_code::bad_argument, name, ".size is ", size, "; expected sizeof(", name, "), ", sizeof(S), " bytes or a few more");
  return {};
}

/// A caller's struct as this library knows it. What a newer caller has set behind that would be ignored, so it is refused.
template <class S>
[[nodiscard]] result<S> taken(const S* from, std::string_view name) noexcept {
  if (from == nullptr) return error(error_code::bad_argument, "a pointer to ", name, " is null");
  if (const result<void> fine = check_size<S>(from->size, name); !fine) return fine.error();
  const auto* const raw = reinterpret_cast<const unsigned char*>(from);
  for (std::uint32_t i = sizeof(S); i < from->size; ++i)
    if (raw[i] != 0)
      return error(error_code::bad_argument, "byte ", i, " of ", name, " is set, and this version of the library knows only ", sizeof(S),
                   " of them; please load a newer one");
  return *from;
}

template <class S>
[[nodiscard]] result<void> can_answer(const S* to, std::string_view name) noexcept {
  if (to == nullptr) return error(error_code::bad_argument, "a pointer to ", name, " is null");
  return check_size<S>(to->size, name);
}
/// After can_answer.
template <class S>
void answer(S* to, S with) noexcept {
  const std::uint32_t size = to->size;
  with.size = size;
  std::memset(to, 0, size);
  std::memcpy(to, &with, sizeof(S));
}

[[nodiscard]] inline moesaic_status status_of(error_code code) noexcept {
  switch (code) {
    case error_code::bad_argument: return MOESAIC_BAD_ARGUMENT;
    case error_code::bad_file: return MOESAIC_BAD_FILE;
    case error_code::cannot_open: return MOESAIC_CANNOT_OPEN;
    case error_code::below_floor: return MOESAIC_BELOW_FLOOR;
    case error_code::does_not_fit: return MOESAIC_DOES_NOT_FIT;
    case error_code::wrong_order: return MOESAIC_WRONG_ORDER;
    case error_code::release_first: return MOESAIC_RELEASE_FIRST;
    case error_code::transfer_failed: return MOESAIC_TRANSFER_FAILED;
    case error_code::unknown_name: return MOESAIC_UNKNOWN_NAME;
    case error_code::out_of_memory: return MOESAIC_OUT_OF_MEMORY;
    case error_code::context_full: break;
  }
  return MOESAIC_INTERNAL;
}

[[nodiscard]] inline moesaic_error in_c(moesaic_status code, std::string_view sentence) noexcept {
  moesaic_error e{};
  e.size = sizeof e;
  e.code = code;
  const std::size_t length = std::min(sentence.size(), sizeof e.sentence - 1);
  if (length != 0) std::memcpy(e.sentence, sentence.data(), length);
  return e;
}

}  // namespace moesaic::c
