// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <moesaic/concepts/eviction_groups.hpp>
#include <moesaic/concepts/hears.hpp>
#include <moesaic/concepts/scene.hpp>
#include <moesaic/core/model_shape.hpp>
#include <moesaic/sim/capacity.hpp>

namespace moesaic::sim {

/// Who is resident, in pools that count experts or bytes: the bookkeeping of a cache that never moves a byte. Experts are
/// named by flat index.
/// Cost: O(1) per call, no allocation after construction; 43 bytes per expert.
class resident_set {
 public:
  /// `shape` stays where it is as long as the set is used. `room`: what each pool of `groups` holds, in `counted`
  /// (capacity::pools).
  template <eviction_groups Groups>
  resident_set(const model_shape& shape, const Groups& groups, unit counted, std::vector<std::uint64_t> room)
      : shape_(&shape), flags_(shape.space().size()), places_(shape.space().size()), group_of_(shape.space().size()), pools_(room.size()) {
    for (std::uint32_t l = 0; l < shape.layers(); ++l)
      for (std::uint32_t e = 0; e < shape.experts(static_cast<layer_index>(l)); ++e) {
        const expert_id id = make_expert(l, e);
        const std::uint32_t flat = shape.space().flat(id);
        group_of_[flat] = static_cast<std::uint16_t>(groups.group_of(shape, id));
        places_[flat] = {id, shape.size_of(flat), counted == unit::bytes ? shape.size_of(flat).count : 1, 0, group_of_[flat]};
        ++pools_[group_of_[flat]].begin;
      }
    std::uint32_t begin = 0;
    for (std::size_t g = 0; g < pools_.size(); ++g) begin += std::exchange(pools_[g].begin, begin);
    for (std::size_t g = 0; g < pools_.size(); ++g) pools_[g].room = room[g];
    members_.resize(begin);
  }

  template <eviction_groups Groups>
  resident_set(const model_shape&&, const Groups&, unit, std::vector<std::uint64_t>) = delete;

  [[nodiscard]] bool contains(std::uint32_t flat) const noexcept { return (flags_[flat] & residency_flag::resident) != 0; }
  [[nodiscard]] bool has(std::uint32_t flat, std::uint8_t flag) const noexcept { return (flags_[flat] & flag) != 0; }
  void mark(std::uint32_t flat, std::uint8_t flag) noexcept { flags_[flat] = static_cast<std::uint8_t>(flags_[flat] | flag); }
  void unmark(std::uint32_t flat, std::uint8_t flag) noexcept { flags_[flat] = static_cast<std::uint8_t>(flags_[flat] & ~flag); }
  /// The same for all of an event. The pointer is held, because what is written through it might be anything to the compiler.
  void mark(std::span<const demand> wanted, expert_space::layer_range flat, std::uint8_t flag) noexcept {
    std::uint8_t* const flags = flags_.data();
    for (const demand& d : wanted) flags[flat(d.expert)] = static_cast<std::uint8_t>(flags[flat(d.expert)] | flag);
  }
  void unmark(std::span<const demand> wanted, expert_space::layer_range flat, std::uint8_t flag) noexcept {
    std::uint8_t* const flags = flags_.data();
    for (const demand& d : wanted) flags[flat(d.expert)] = static_cast<std::uint8_t>(flags[flat(d.expert)] & ~flag);
  }

  [[nodiscard]] expert_id id_of(std::uint32_t flat) const noexcept { return places_[flat].id; }
  [[nodiscard]] bytes size_of(std::uint32_t flat) const noexcept { return places_[flat].size; }
  [[nodiscard]] std::uint16_t group_of(std::uint32_t flat) const noexcept { return places_[flat].group; }
  [[nodiscard]] std::uint64_t charge_of(std::uint32_t flat) const noexcept { return places_[flat].charge; }
  [[nodiscard]] std::uint64_t room(std::uint16_t group) const noexcept { return pools_[group].room; }
  [[nodiscard]] std::uint64_t used(std::uint16_t group) const noexcept { return pools_[group].used; }

  /// `flat` is absent, and there is room.
  void enter(std::uint32_t flat) noexcept {
    place& its = places_[flat];
    pool& p = pools_[its.group];
    p.used += its.charge;
    its.member = p.begin + p.count++;
    members_[its.member] = flat;
    flags_[flat] = static_cast<std::uint8_t>(flags_[flat] | residency_flag::resident);
  }
  void leave(std::uint32_t flat) noexcept {
    const place& its = places_[flat];
    pool& p = pools_[its.group];
    p.used -= its.charge;
    const std::uint32_t last = members_[p.begin + --p.count];
    members_[its.member] = last;
    places_[last].member = its.member;
    flags_[flat] = static_cast<std::uint8_t>(flags_[flat] & ~residency_flag::resident);
  }
  /// `flat` takes the place of `gone`, a resident of its group; there is room then.
  void replace(std::uint32_t gone, std::uint32_t flat) noexcept {
    place& its = places_[flat];
    const place& left = places_[gone];
    pools_[its.group].used += its.charge - left.charge;
    its.member = left.member;
    members_[its.member] = flat;
    std::uint8_t* const flags = flags_.data();
    flags[gone] = static_cast<std::uint8_t>(flags[gone] & ~residency_flag::resident);
    flags[flat] = static_cast<std::uint8_t>(flags[flat] | residency_flag::resident);
  }
  void clear() noexcept {
    for (std::uint16_t g = 0; g < pools_.size(); ++g)
      while (pools_[g].count > 0) leave(members_[pools_[g].begin + pools_[g].count - 1]);
  }

  [[nodiscard]] std::span<const std::uint32_t> members(std::uint16_t group) const noexcept {
    return {members_.data() + pools_[group].begin, pools_[group].count};
  }
  /// Those of a group who have none of the flags in `excluded`.
  [[nodiscard]] candidate_view candidates(std::uint16_t group, std::uint8_t excluded) const noexcept {
    return {shape_->space(), members(group), flags_, static_cast<std::uint8_t>(excluded | residency_flag::resident), group_of_, group};
  }
  /// The same in a view that `candidates` of this set has made: a few stores instead of a view that is put together and copied.
  void show(candidate_view& view, std::uint16_t group, std::uint8_t excluded) const noexcept {
    view.look_at(members(group), group, static_cast<std::uint8_t>(excluded | residency_flag::resident));
  }
  [[nodiscard]] residency_view view() const noexcept { return {*shape_, flags_}; }
  [[nodiscard]] const model_shape& shape() const noexcept { return *shape_; }
  [[nodiscard]] inventory all() const noexcept { return {*shape_, group_of_, static_cast<std::uint32_t>(pools_.size())}; }

 private:
  struct pool {
    std::uint32_t begin = 0;  ///< where its members start
    std::uint32_t count = 0;
    std::uint64_t room = 0;
    std::uint64_t used = 0;
  };
  struct place {
    expert_id id{};
    bytes size{};
    std::uint64_t charge = 0;
    std::uint32_t member = 0;  ///< where it stands among the members, while it is one
    std::uint16_t group = 0;
  };
  const model_shape* shape_;
  std::vector<std::uint8_t> flags_;
  std::vector<place> places_;
  std::vector<std::uint16_t> group_of_;  ///< once more, as policies want it
  std::vector<std::uint32_t> members_;
  std::vector<pool> pools_;
};

}  // namespace moesaic::sim
