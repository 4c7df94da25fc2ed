// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include <moesaic/transport/hand_held.hpp>

namespace moesaic::transports {

/// A transport that somebody else owns, so that a residency can have it and others too: a model on paper that moves the clock,
/// an engine that charges reads in place, a test that looks at the link afterwards. Passes every call on.
/// The owner outlives it. Cost: one indirection. Threads: as the transport's.
template <transport T>
class borrowed {
 public:
  explicit borrowed(T& link) noexcept : link_(&link) {}

  [[nodiscard]] std::uint32_t capacity() const noexcept { return link_->capacity(); }
  void submit(const transfer& what) noexcept { link_->submit(what); }
  std::uint32_t poll(std::span<completion> out) noexcept { return link_->poll(out); }
  std::uint32_t wait(std::span<completion> out) noexcept { return link_->wait(out); }
  bool cancel(ticket which) noexcept { return link_->cancel(which); }
  [[nodiscard]] link_cost cost() const noexcept { return link_->cost(); }
  nanoseconds now() noexcept { return link_->now(); }
  void advance(nanoseconds passed) noexcept
    requires hand_held<T>
  {
    link_->advance(passed);
  }

  [[nodiscard]] std::optional<error> explain(expert_id e, const completion& how) const noexcept
    requires explaining_transport<T>
  {
    return link_->explain(e, how);
  }
  [[nodiscard]] T& inner() noexcept { return *link_; }

 private:
  T* link_;
};

}  // namespace moesaic::transports
