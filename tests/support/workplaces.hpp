// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <numeric>
#include <thread>
#include <utility>
#include <vector>

#include <moesaic/cuda/device_work.hpp>

#include "support/splitmix.hpp"

namespace moesaic_test {

/// Other workplaces than Thrust's sequential one: a device promises no order, and runs many at once.
struct out_of_order {
  std::uint64_t seed = 1;
  template <class Body>
  [[nodiscard]] moesaic::result<void> each(std::uint32_t n, const Body& body) const {
    splitmix random{seed + n};
    std::vector<std::uint32_t> order(n);
    std::iota(order.begin(), order.end(), 0U);
    for (std::uint32_t i = n; i > 1; --i) std::swap(order[i - 1], order[random.below(i)]);
    for (const std::uint32_t i : order) body(i);
    return {};
  }
};

struct in_threads {
  std::uint32_t threads = 4;
  template <class Body>
  [[nodiscard]] moesaic::result<void> each(std::uint32_t n, const Body& body) const {
    std::vector<std::thread> all;
    for (std::uint32_t t = 0; t < threads; ++t)
      all.emplace_back([=, this] {
        for (std::uint32_t i = t; i < n; i += threads) body(i);
      });
    for (std::thread& one : all) one.join();
    return {};
  }
};

/// Refuses the launch of this number, counted from 0, and counts them all.
struct refusing {
  std::uint32_t refused;
  std::uint32_t& launches;
  template <class Body>
  [[nodiscard]] moesaic::result<void> each(std::uint32_t n, const Body& body) const {
    if (launches++ == refused) return moesaic::error(moesaic::error_code::transfer_failed, "refused");
    return moesaic::cuda::on_host{}.each(n, body);
  }
};

}  // namespace moesaic_test
