// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <moesaic/trace/byte_source.hpp>

namespace moesaic::trace {

/// A source whose first bytes can be looked at before they are read, so that a format is recognised in what can be read only
/// once (a pipe). Cost: the bytes that were looked at.
template <byte_source Inner>
class peeked_source {
 public:
  explicit peeked_source(Inner inner) : inner_(std::move(inner)) {}

  /// The first bytes of what has not been read: `most` of them, or fewer where the source ends. Valid until the next call.
  [[nodiscard]] result<std::span<const std::byte>> peek(std::size_t most) {
    start_.erase(start_.begin(), start_.begin() + static_cast<std::ptrdiff_t>(used_));
    used_ = 0;
    const std::size_t had = start_.size();
    if (had < most) {
      start_.resize(most);
      const result<std::size_t> got = read_all_of(inner_, std::span(start_).subspan(had));
      start_.resize(had + (got ? *got : 0));
      if (!got) return got.error();
    }
    return std::span<const std::byte>(start_).first(std::min(most, start_.size()));
  }

  result<std::size_t> read(std::span<std::byte> out) {
    if (used_ == start_.size()) return inner_.read(out);
    const std::size_t n = std::min(out.size(), start_.size() - used_);
    std::copy_n(start_.begin() + static_cast<std::ptrdiff_t>(used_), n, out.begin());
    used_ += n;
    return n;
  }
  [[nodiscard]] std::optional<std::uint64_t> size() const noexcept { return inner_.size(); }
  [[nodiscard]] std::string_view name() const noexcept { return inner_.name(); }

 private:
  Inner inner_;
  std::vector<std::byte> start_;
  std::size_t used_ = 0;  ///< of `start_`
};
static_assert(byte_source<peeked_source<memory_source>>);

}  // namespace moesaic::trace
