// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <variant>
#include <vector>

#include <moesaic/transport/file/file_transport.hpp>
#ifdef MOESAIC_C_HAS_URING
#include <moesaic/transport/file/uring.hpp>
#endif

#include "callback_link.hpp"

namespace moesaic::c {

#ifdef MOESAIC_C_HAS_URING
using file_link = file::file_transport<file::uring>;
#else
using file_link = file::file_transport<>;
#endif

/// The transport of a cache: callbacks, or files. It lets no completion through that nobody waits for.
/// Cost: the transport's, and O(open tickets) a submission and completion.
class link {
 public:
  explicit link(callback_link l) : link_(std::move(l)) { open_.reserve(capacity()); }
  explicit link(file_link l) : link_(std::move(l)) { open_.reserve(capacity()); }

  [[nodiscard]] std::uint32_t capacity() const noexcept {
    return std::visit([](const auto& l) { return l.capacity(); }, link_);
  }
  void submit(const transfer& what) noexcept {
    open_.push_back(what.number);
    std::visit([&](auto& l) { l.submit(what); }, link_);
  }
  std::uint32_t poll(std::span<completion> out) noexcept {
    return let_in(out, std::visit([&](auto& l) { return l.poll(out); }, link_));
  }
  std::uint32_t wait(std::span<completion> out) noexcept {
    for (std::uint32_t wrong = 0; wrong < most_wrong; ++wrong) {
      const std::uint32_t told = std::visit([&](auto& l) { return l.wait(out); }, link_);
      if (told == 0) break;
      if (const std::uint32_t known = let_in(out, told); known != 0) return known;
    }
    open_.clear();  // the core takes them as refused
    return 0;
  }
  bool cancel(ticket which) noexcept {
    if (!std::visit([&](auto& l) { return l.cancel(which); }, link_)) return false;
    std::erase(open_, which);
    return true;
  }
  [[nodiscard]] link_cost cost() const noexcept {
    return std::visit([](const auto& l) { return l.cost(); }, link_);
  }
  nanoseconds now() noexcept {
    return std::visit([](auto& l) { return l.now(); }, link_);
  }

  /// Null for callbacks.
  [[nodiscard]] const file_link* files() const noexcept { return std::get_if<file_link>(&link_); }
  /// Files can say more about a failure than the core.
  [[nodiscard]] std::optional<error> explain(expert_id e, const completion& how) const noexcept {
    if (files() == nullptr) return std::nullopt;
    return files()->explain(e, how);
  }

 private:
  static constexpr std::uint32_t most_wrong = 1000;  // a `wait` that reports nothing but strangers has lost its tickets

  std::uint32_t let_in(std::span<completion> out, std::uint32_t told) noexcept {
    std::uint32_t known = 0;
    for (const completion& c : out.first(told)) {
      const auto at = std::find(open_.begin(), open_.end(), c.number);
      if (at == open_.end()) continue;
      *at = open_.back();
      open_.pop_back();
      out[known++] = c;
    }
    return known;
  }

  std::variant<callback_link, file_link> link_;
  std::vector<ticket> open_;
};
static_assert(explaining_transport<link>);

}  // namespace moesaic::c
