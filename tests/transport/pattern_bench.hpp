// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include <conformance/transport_suite.hpp>
#include <moesaic/transport/content.hpp>

/// A bench for transports that write `pattern_content`: `make()` gives a fresh one.
template <class Make, bool May_fail = false>
class pattern_bench {
 public:
  static constexpr bool fails = May_fail;

  explicit pattern_bench(Make make) : make_(std::move(make)) {
    for (std::uint32_t l = 0; l < 2; ++l)
      for (std::uint32_t e = 0; e < 5; ++e) experts_.push_back(moesaic::make_expert(l, e));
  }
  auto link() { return make_(); }
  std::span<const moesaic::expert_id> experts() const { return experts_; }
  moesaic::bytes size(moesaic::expert_id e) const { return {40 + 9 * number(e.expert) + 64 * number(e.layer)}; }
  std::size_t alignment() const { return 1; }
  bool right(moesaic::expert_id e, const std::byte* room) const {
    return moesaic::transports::holds_pattern(e, {room, static_cast<std::size_t>(size(e).count)});
  }

 private:
  Make make_;
  std::vector<moesaic::expert_id> experts_;
};

/// The same for transports that may say that something failed.
template <class Make>
pattern_bench<Make, true> failing_bench(Make make) {
  return pattern_bench<Make, true>(std::move(make));
}
