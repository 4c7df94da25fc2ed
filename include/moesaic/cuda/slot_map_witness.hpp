// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include <moesaic/concepts/witness.hpp>
#include <moesaic/core/expert_space.hpp>
#include <moesaic/core/model_shape.hpp>
#include <moesaic/cuda/slot_map.hpp>

namespace moesaic::cuda {

/// Clears a slot map's entries of experts that have no seat any more: those who left their slot, and those whose frame was released
/// or ended with its lease. (One may have to leave while its event still uses it: its entry goes with its release.) For engines whose kernels ask the map
/// whether an expert is there: without it, an entry of one who left points at another expert's bytes. What is cleared is seen by kernels after the next
/// `publish`, so publish before they are launched. Models witness: the bundle's member `witness`. The map outlives the residency and stays where it is. Cost:
/// O(1) for each expert that leaves, O(experts of the event) at a lease's end; allocates at `made` only. Threads: the residency's.
template <stream_api Api>
class slot_map_witness {
 public:
  explicit slot_map_witness(slot_map<Api>& map) noexcept : map_(&map) {}

  void note(const seen::made& all) {
    space_ = all.shape.space();
    left_.assign(space_.size(), 1);
    for (auto& entries : passing_) entries.assign(all.shape.widest_layer(), nobody);
  }
  void note(const admitted& who) noexcept { left_[space_.flat(who.expert)] = 0; }
  void note(const seen::left& gone) noexcept {
    left_[space_.flat(gone.expert)] = 1;
    map_->clear(space_.flat(gone.expert));
  }
  void note(const seen::handed_out& given) noexcept {
    auto& entries = passing_[given.lease % passing_.size()];
    const std::uint32_t flat = space_.flat(given.expert);
    if (left_[flat] != 0 && given.entry < entries.size()) entries[given.entry] = flat;
  }
  void note(const seen::release& done) noexcept {
    auto& entries = passing_[done.lease % passing_.size()];
    if (done.entry < entries.size()) clear(entries[done.entry]);
  }
  void note(const seen::lease_call& call) noexcept {
    if (call.what != seen::lease_call::kind::end) return;
    for (std::uint32_t& flat : passing_[call.lease % passing_.size()]) clear(flat);
  }
  template <class Seen>
  void note(const Seen&) noexcept {}

 private:
  static constexpr std::uint32_t nobody = ~std::uint32_t{};
  void clear(std::uint32_t& flat) noexcept {
    if (flat == nobody) return;
    map_->clear(flat);
    flat = nobody;
  }
  slot_map<Api>* map_;
  expert_space space_{};
  std::vector<std::uint8_t> left_;  // by flat index: has no slot of its own
  std::array<std::vector<std::uint32_t>, 2> passing_;  // by lease and entry: experts that have their seat until it is released
};

}  // namespace moesaic::cuda
