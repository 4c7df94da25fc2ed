// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace moesaic::decoder {

/// Texts with numbers from 0 on, found again by text. All characters lie in one string, because a vocabulary has hundreds of
/// thousands of short ones. Cost: about 12 bytes a text beside its characters; O(1) to find.
class symbol_table {
 public:
  static constexpr std::uint32_t none = 0xFFFF'FFFFU;

  [[nodiscard]] std::uint32_t size() const noexcept { return static_cast<std::uint32_t>(ends_.size()); }
  [[nodiscard]] std::string_view text(std::uint32_t number) const noexcept {
    const std::uint32_t begin = number == 0 ? 0 : ends_[number - 1];
    return std::string_view(characters_).substr(begin, ends_[number] - begin);
  }
  /// The number of exactly this text, or `none`.
  [[nodiscard]] std::uint32_t find(std::string_view wanted) const noexcept { return places_.empty() ? none : places_[place_of(wanted)]; }

  /// Numbers the next text. Of equal ones the first is found; what is not `findable` never is.
  std::uint32_t add(std::string_view added, bool findable = true) {
    const std::uint32_t number = size();
    characters_.append(added);
    ends_.push_back(static_cast<std::uint32_t>(characters_.size()));
    if (!findable) return number;
    if ((findable_ + 1) * 2 > places_.size()) grow();
    std::uint32_t& place = places_[place_of(text(number))];
    if (place == none) {
      place = number;
      ++findable_;
    }
    return number;
  }

 private:
  /// Where the text is, or would be: linear probing, never more than half full.
  [[nodiscard]] std::size_t place_of(std::string_view wanted) const noexcept {
    const std::size_t mask = places_.size() - 1;
    std::size_t at = std::hash<std::string_view>{}(wanted)&mask;
    while (places_[at] != none && text(places_[at]) != wanted) at = (at + 1) & mask;
    return at;
  }
  void grow() {
    const std::vector<std::uint32_t> before = std::move(places_);
    places_.assign(before.empty() ? 1024 : before.size() * 2, none);
    for (const std::uint32_t number : before)
      if (number != none) places_[place_of(text(number))] = number;
  }

  std::string characters_;
  std::vector<std::uint32_t> ends_;
  std::vector<std::uint32_t> places_;  // a power of two
  std::size_t findable_ = 0;
};

}  // namespace moesaic::decoder
