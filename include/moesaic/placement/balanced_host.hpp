// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include <moesaic/concepts/placement_policy.hpp>

namespace moesaic::placement {

/// Divides an event's missing experts between slow memory, where they are computed in place, and the link, by one utility
/// boundary: the useful are fetched, the others stay; and says which utility earns fast memory at all.
///
/// Source: ours. MoE-SpAc (arXiv 2603.09983) has a "workload balancer" that solves a small integer problem for each layer; its
/// objective is not public and its released code has none (there a miss is always computed on the host). This is what is known of it,
/// reconstructed: balance the finish times of both sides under the memory's and the link's limits.
/// Mechanism: for each boundary k of `least` to `levels` + 1, with G the present experts and the misses of utility >= k, C the rest:
///
///     cost(k) = max(T_device(G), T_host(C)) + max(0, link time of the misses in G - T_device(present))
///
/// The cheapest k counts; an expert of t tokens takes its bytes / rate x (1 + (t - 1) x further), at most 68 s. The threshold is the lowest
/// level from `least` on whose experts, all layers together, fit into the slots; it is `least` as long as they do.
/// Cost: O(misses x levels) and O(experts of the layer) per event with misses; 4 bytes per layer and level.
/// State and Ties: how many bytes of each layer have which utility, as of that layer's last event with misses. Equal costs: the
/// higher boundary, so that less is moved. One in flight costs its waiting time instead of a transfer.
/// Threads: one at a time.
/// Knobs: `host`, `device`, bytes of weights per second for one token, default 0: where either is not known every miss is
/// computed on the host, as in the released code. `host_further`, percent, default 56, and `device_further`, default 0: what each
/// further token adds (HybriMoE's cost constants, arXiv 2504.05897: CPU 0.79 + n, GPU 0.5). `least`, default 1, and
/// `levels`, default 5: the scale of the scorer.
///
///     placement::balanced_host policy{.host = {20e9}, .device = {900e9}};
struct balanced_host {
  using hears = events<inventory, layer_event>;

  bytes_per_second host{};
  bytes_per_second device{};
  std::uint32_t host_further = 56;
  std::uint32_t device_further = 0;
  std::uint32_t least = 1;
  std::uint32_t levels = 5;

  void on(const inventory& all) {
    const std::uint32_t kinds = top() + 1;
    state_ = {&all.shape, all.room, kinds, std::vector<bytes>(std::size_t{all.shape.layers()} * kinds), std::vector<bytes>(kinds), {}, lowest()};
  }
  void on(const layer_event& event) noexcept {
    state_.whole_event = {};
    for (const demand& d : event.wanted) state_.whole_event += on_device(d.tokens, state_.shape->size_of({event.layer, d.expert, {}}));
  }

  template <utility_scorer S>
  void place(const scene<S>& now, std::span<const miss> misses, std::span<remedy> remedies) noexcept {
    if (!misses.empty()) recount(now, misses.front().expert.layer);
    std::uint32_t best = top() + 1;
    if (host.count > 0 && device.count > 0) {
      nanoseconds shortest = nanoseconds::highest();
      for (std::uint32_t k = top() + 2; k-- > lowest();)
        if (const nanoseconds its = cost(now, misses, k); its < shortest) {
          shortest = its;
          best = k;
        }
    }
    for (std::size_t i = 0; i < misses.size(); ++i) remedies[i] = useful(now, misses[i], best) ? remedy::fetch : remedy::host;
  }
  [[nodiscard]] utility threshold() const noexcept { return {std::int64_t{std::max(state_.threshold, lowest())}}; }

  /// What an event would take with the boundary at k; `misses` as `place` is given them.
  template <utility_scorer S>
  [[nodiscard]] nanoseconds cost(const scene<S>& now, std::span<const miss> misses, std::uint32_t k) const noexcept {
    nanoseconds of_misses{}, fetched{}, on_host{}, waits{};
    bytes moved{};
    for (const miss& m : misses) {
      const nanoseconds there = on_device(m.tokens, m.size);
      of_misses += there;
      if (useful(now, m, k)) {
        fetched += there;
        if (m.in_flight)
          waits = std::max(waits, m.arrives_in);
        else
          moved += m.size;
      } else {
        on_host += work(m.tokens, m.size, host, host_further);
      }
    }
    const nanoseconds present = state_.whole_event - of_misses;
    if (moved.count != 0) waits = std::max(waits, now.link.time_for(now.link.travelling + moved));
    if (waits == nanoseconds::highest()) return waits;
    return std::max(present + fetched, on_host) + std::max(nanoseconds{}, waits - present);
  }

  struct memory {
    const model_shape* shape = nullptr;
    bytes slots{};
    std::uint32_t kinds = 0;
    std::vector<bytes> by_layer;  ///< [layer][utility]: bytes of its experts
    std::vector<bytes> all;       ///< [utility]: the same, all layers
    nanoseconds whole_event{};    ///< the running event's device time, if nothing were missing
    std::uint32_t threshold = 0;
  };
  memory state_{};  ///< not a knob; public only so that the knobs can be named where a bundle is written

 private:
  [[nodiscard]] std::uint32_t lowest() const noexcept { return std::min(least, 255U); }
  [[nodiscard]] std::uint32_t top() const noexcept { return std::max({1U, lowest(), std::min(levels, 255U)}); }
  template <class S>
  [[nodiscard]] static bool useful(const scene<S>& now, const miss& m, std::uint32_t k) noexcept {
    return now.scores.score(m.expert) >= utility{std::int64_t{k}};
  }
  [[nodiscard]] static nanoseconds work(std::uint32_t tokens, bytes size, bytes_per_second rate, std::uint32_t further) noexcept {
    constexpr std::int64_t never = std::int64_t{1} << 36U;  // 68 s; products below and sums over a layer stay finite
    const std::int64_t one = std::min(duration_of(size, rate).count, never);
    const std::int64_t more = std::int64_t{std::min(further, 1'000U)} * (std::clamp(tokens, 1U, 65'536U) - 1);
    return {std::min(one + one * more / 100, never)};
  }
  [[nodiscard]] nanoseconds on_device(std::uint32_t tokens, bytes size) const noexcept { return work(tokens, size, device, device_further); }

  /// The layer's scores have moved since it ran: what its experts weigh at each level, and which level fits now.
  template <class S>
  void recount(const scene<S>& now, layer_index layer) noexcept {
    const std::span<bytes> its = std::span(state_.by_layer).subspan(std::size_t{number(layer)} * state_.kinds, state_.kinds);
    for (std::uint32_t u = 0; u < state_.kinds; ++u) state_.all[u] -= its[u];
    std::fill(its.begin(), its.end(), bytes{});
    for (std::uint32_t e = 0; e < state_.shape->experts(layer); ++e) {
      const expert_id id{layer, static_cast<expert_index>(e), {}};
      its[static_cast<std::size_t>(std::clamp<std::int64_t>(now.scores.score(id).count, 0, state_.kinds - 1))] += state_.shape->size_of(id);
    }
    for (std::uint32_t u = 0; u < state_.kinds; ++u) state_.all[u] += its[u];
    state_.threshold = lowest();
    if (state_.slots.count == 0) return;
    bytes worth{};
    for (std::uint32_t u = state_.kinds; u-- > lowest();) {
      worth += state_.all[u];
      if (worth <= state_.slots) continue;
      state_.threshold = std::min(u + 1, state_.kinds - 1);
      return;
    }
  }
};

static_assert(placement_policy<balanced_host>, "balanced_host no longer models placement_policy");

}  // namespace moesaic::placement
