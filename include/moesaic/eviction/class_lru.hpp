// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <moesaic/concepts/eviction_policy.hpp>
#include <moesaic/core/decayed_count.hpp>
#include <moesaic/eviction/queue_set.hpp>

namespace moesaic::eviction {

/// Approximates lrfu by eight recency lists: the better used an expert was at its last use, the slower it ages.
///
/// Source: llama.cpp's ClassLRU (b12170, pull request 31233), from its description. Deviations: ages are counted in tokens, and
/// ties go to the lower id; what a prefetch means is ours.
/// Mechanism: F <- F * 2^(-tokens / half_life) + 1 at each event that uses the expert, kept across evictions; class =
/// min(7, floor(log2 F)), fixed at the last use. The oldest of each class competes with its age / 2^class; the largest leaves. A
/// prefetched expert stands in the class it would have if the running event had used it, until it is used or leaves.
/// Cost: O(1) per use, admission and eviction; victim O(8 + residents that may not leave). 57 bytes per expert of the model, 8
/// per token of half-life, 128 per group.
/// State and Ties: nothing is forgotten but by decay. Integers only. key = minus age * 2^(7 - class), 0 for who is absent. Equal
/// keys: the lower id leaves.
/// Threads: one at a time.
/// Knobs: `half_life`, tokens, default 128, 1 to 65,536. With 128 a use in every token gives at most class 7.
///
///     eviction::class_lru policy{.half_life = 65'536};         // token 0 used 1 twice, token 1 used 2; it is token 3
///     policy.victim(scene) == make_expert(0, 2);               // 3 / 2 tokens old and 2 / 1
struct class_lru {
  using hears = events<inventory, layer_event, admitted, evicted>;

  std::uint32_t half_life = 128;

  void on(const inventory& all) {
    state_ = {all.space(), all.group_of, decay_clock(std::clamp(half_life, 1U, 65'536U)), queue_set(all, classes), std::vector<record>(all.space().size()), {},
              {}};
  }
  void on(const layer_event& event) noexcept {
    state_.token = event.first_token.count;
    state_.one = state_.clock.use_at(event.first_token);
    const auto flat_of = state_.space.in(event.layer);
    for (const demand& d : event.wanted) {
      const std::uint32_t flat = flat_of(d.expert);
      record& r = state_.records[flat];
      r.count += state_.one;
      r.token = state_.token;
      if (state_.queues.queue_of(flat) != queue_set::nowhere) stand(flat, class_of(r.count));
    }
  }
  void on(const admitted& one) noexcept {
    const std::uint32_t flat = state_.space.flat(one.expert);
    record& r = state_.records[flat];
    decayed_count count = r.count;
    if (one.why == cause::prefetch && r.token != state_.token) count += state_.one;
    r.token = state_.token;
    stand(flat, class_of(count));
  }
  void on(const evicted& one) noexcept { state_.queues.remove(state_.space.flat(one.expert)); }

  template <utility_scorer S>
  [[nodiscard]] std::optional<expert_id> victim(const eviction_scene<S>& scene) const noexcept {
    std::uint32_t found = queue_set::nowhere;
    std::int64_t least = 0;
    for (std::uint32_t c = 0; c < classes; ++c) {
      const std::uint32_t oldest = state_.queues.coldest(scene.candidates, classes * scene.group + c);
      if (oldest == queue_set::nowhere) continue;
      const std::int64_t its = rank(oldest);
      if (found != queue_set::nowhere && (its > least || (its == least && oldest > found))) continue;
      found = oldest;
      least = its;
    }
    return queue_set::answer(scene.candidates, found);
  }
  [[nodiscard]] utility key(expert_id e) const noexcept {
    const std::uint32_t flat = state_.space.flat(e);
    return {state_.queues.queue_of(flat) == queue_set::nowhere ? 0 : rank(flat)};
  }

  static constexpr std::uint32_t classes = 8;
  struct record {
    decayed_count count{};
    std::uint64_t token = 0;  ///< of the last use, or of a prefetch after it
  };
  struct memory {
    expert_space space;
    std::span<const std::uint16_t> group_of;
    decay_clock clock;
    queue_set queues;
    std::vector<record> records;
    decayed_count one;  ///< what a use in the running event is worth
    std::uint64_t token = 0;
  };
  memory state_{};  ///< not a knob; public only so that the knob can be named where a bundle is written

 private:
  /// floor(log2) of a count decayed to now, as far as there are classes.
  [[nodiscard]] std::uint32_t class_of(decayed_count count) const noexcept {
    if (count == decayed_count{} || state_.one == decayed_count{}) return 0;
    const std::int64_t power = (count.worth().count - state_.one.worth().count) >> 40U;  // worth: the binary exponent above 40 bits
    return static_cast<std::uint32_t>(std::clamp<std::int64_t>(power, 0, classes - 1));
  }
  /// Puts an expert into a class's list in the order (token, id).
  void stand(std::uint32_t flat, std::uint32_t its_class) noexcept {
    const std::uint32_t queue = classes * state_.group_of[flat] + its_class, end = state_.queues.end(queue);
    std::uint32_t behind = state_.queues.colder(end);
    while (behind != end && (behind == flat || (behind > flat && state_.records[behind].token == state_.token))) behind = state_.queues.colder(behind);
    state_.queues.place_hotter(flat, behind, queue);
  }
  [[nodiscard]] std::int64_t rank(std::uint32_t flat) const noexcept {
    const auto age = static_cast<std::int64_t>(state_.token - state_.records[flat].token);
    return -(age << (classes - 1 - state_.queues.queue_of(flat) % classes));
  }
};

static_assert(keyed_eviction_policy<class_lru>, "class_lru no longer models keyed_eviction_policy");

}  // namespace moesaic::eviction
