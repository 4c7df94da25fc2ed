// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include <conformance/transport_suite.hpp>
#include <moesaic/concepts/transport.hpp>

/// A transport that belongs to the test, so that it can be looked at when the suite is done with it.
template <moesaic::transport T>
class borrowed {
 public:
  explicit borrowed(T& from) : from_(&from) {}
  [[nodiscard]] std::uint32_t capacity() const noexcept { return from_->capacity(); }
  void submit(const moesaic::transfer& what) noexcept { from_->submit(what); }
  std::uint32_t poll(std::span<moesaic::completion> out) noexcept { return from_->poll(out); }
  std::uint32_t wait(std::span<moesaic::completion> out) noexcept { return from_->wait(out); }
  bool cancel(moesaic::ticket which) noexcept { return from_->cancel(which); }
  [[nodiscard]] moesaic::link_cost cost() const noexcept { return from_->cost(); }
  moesaic::nanoseconds now() noexcept { return from_->now(); }

 private:
  T* from_;
};

/// A bench over a borrowed transport that writes nothing: only the order of events is looked at.
template <moesaic::transport T>
struct bookkeeping_bench {
  static constexpr bool fails = true;
  explicit bookkeeping_bench(T& borrow) : from(&borrow) {}
  borrowed<T> link() const { return borrowed<T>(*from); }
  std::span<const moesaic::expert_id> experts() const { return ids; }
  moesaic::bytes size(moesaic::expert_id e) const { return {10 + 5 * number(e.expert)}; }
  std::size_t alignment() const { return 1; }
  bool right(moesaic::expert_id, const std::byte*) const { return true; }

  T* from;
  std::array<moesaic::expert_id, 3> ids{moesaic::make_expert(0, 0), moesaic::make_expert(0, 1), moesaic::make_expert(0, 2)};
};
