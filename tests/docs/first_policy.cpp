// SPDX-License-Identifier: MIT
// The policy of docs/tutorial/first_policy.md, as a library that the programs load.
// [policy]
#include <moesaic/eviction/exported.hpp>
#include <vector>

class lru_2 {  // whose last use but one is longest ago leaves, so one use alone keeps nobody
 public:
  using hears = moesaic::events<moesaic::inventory, moesaic::layer_event>;
  void on(const moesaic::inventory& all) {  // comes first, once: the only moment to allocate
    space_ = all.space();
    uses_.assign(space_.size(), {});
  }
  void on(const moesaic::layer_event& event) noexcept {  // comes before anybody is asked for a victim
    ++now_;
    for (const moesaic::demand& d : event.wanted) {
      auto& [before, last] = uses_[space_.flat(event.layer, d.expert)];
      before = std::exchange(last, now_);
    }
  }
  template <moesaic::utility_scorer S>
  std::optional<moesaic::expert_id> victim(const moesaic::eviction_scene<S>& scene) const noexcept {
    std::optional<moesaic::expert_id> oldest;
    for (const moesaic::expert_id e : scene.candidates)
      if (!oldest || rank(e) < rank(*oldest)) oldest = e;
    return oldest;
  }

 private:
  using use = std::pair<std::uint64_t, std::uint64_t>;  // the last but one, and the last
  std::pair<use, moesaic::expert_id> rank(moesaic::expert_id e) const noexcept { return {uses_[space_.flat(e)], e}; }  // ties: lower id
  moesaic::expert_space space_;
  std::vector<use> uses_;
  std::uint64_t now_ = 0;
};
MOESAIC_EXPORT_EVICTION_POLICY(lru_2, "lru_2", "whose last use but one is longest ago leaves");
// [/policy]
