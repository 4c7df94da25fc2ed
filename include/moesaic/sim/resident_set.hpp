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
/// Cost: O(1) per call, no allocation after construction; 27 bytes per expert.
class resident_set {
 public:
  /// `shape` stays where it is as long as the set is used. `room`: what each pool of `groups` holds, in `counted`
  /// (capacity::pools).
  template <eviction_groups Groups>
  resident_set(const model_shape& shape, const Groups& groups, unit counted, std::vector<std::uint64_t> room)
      : shape_(&shape),
        flags_(shape.space().size()),
        places_(shape.space().size()),
        group_of_(shape.space().size()),
        group_of_layer_(shape.layers()),
        pools_(room.size()) {
    for (std::uint32_t l = 0; l < shape.layers(); ++l) {
      group_of_layer_[l] = groups.group_of(shape, make_expert(l, 0));
      for (std::uint32_t e = 0; e < shape.experts(static_cast<layer_index>(l)); ++e) {
        const expert_id id = make_expert(l, e);
        const std::uint32_t flat = shape.space().flat(id);
        group_of_[flat] = static_cast<std::uint16_t>(groups.group_of(shape, id));
        if (group_of_[flat] != group_of_layer_[l]) group_of_layer_[l] = several_groups;
        places_[flat] = {id, 0, group_of_[flat]};
        ++pools_[group_of_[flat]].begin;
        equal_size_ = equal_size_ == bytes{} || equal_size_ == shape.size_of(flat) ? shape.size_of(flat) : bytes::highest();
      }
    }
    equal_charge_ = counted == unit::experts ? 1 : equal_size_ == bytes::highest() ? 0 : equal_size_.count;
    std::uint32_t begin = 0;
    for (std::size_t g = 0; g < pools_.size(); ++g) begin += std::exchange(pools_[g].begin, begin);
    for (std::size_t g = 0; g < pools_.size(); ++g) pools_[g].room = room[g];
    members_.resize(begin);
  }

  template <eviction_groups Groups>
  resident_set(const model_shape&&, const Groups&, unit, std::vector<std::uint64_t>) = delete;

  [[nodiscard]] bool contains(std::uint32_t flat) const noexcept { return has(flat, residency_flag::resident); }
  [[nodiscard]] bool has(std::uint32_t flat, std::uint8_t flag) const noexcept { return (static_cast<std::uint8_t>(flags_[flat]) & flag) != 0; }
  void mark(std::uint32_t flat, std::uint8_t flag) noexcept { flags_[flat] = flags{static_cast<std::uint8_t>(static_cast<std::uint8_t>(flags_[flat]) | flag)}; }
  void unmark(std::uint32_t flat, std::uint8_t flag) noexcept {
    flags_[flat] = flags{static_cast<std::uint8_t>(static_cast<std::uint8_t>(flags_[flat]) & ~flag)};
  }
  void mark(std::span<const std::uint32_t> all, std::uint8_t flag) noexcept {
    for (const std::uint32_t flat : all) mark(flat, flag);
  }
  void unmark(std::span<const std::uint32_t> all, std::uint8_t flag) noexcept {
    for (const std::uint32_t flat : all) unmark(flat, flag);
  }

  /// An event's experts as they are named: each is marked with `flag` and written down by flat index, those that are absent
  /// once more. No branch: which ones are missing is what nobody can predict.
  class sorter {
   public:
    sorter(resident_set& residents, layer_index layer, std::uint8_t flag, std::uint32_t* all, std::uint32_t* absent) noexcept
        : flat_of_(residents.shape_->space().in(layer)), residents_(&residents), all_(all), absent_(absent), flag_(flag) {}
    void operator()(expert_index e) noexcept {
      const std::uint32_t flat = flat_of_(e);
      all_[named_++] = flat;
      absent_[missing_] = flat;
      missing_ += residents_->contains(flat) ? 0 : 1;
      residents_->mark(flat, flag_);
    }
    [[nodiscard]] std::span<const std::uint32_t> all() const noexcept { return {all_, named_}; }
    [[nodiscard]] std::span<const std::uint32_t> absent() const noexcept { return {absent_, missing_}; }

   private:
    expert_space::layer_range flat_of_;
    resident_set* residents_;
    std::uint32_t* all_;
    std::uint32_t* absent_;
    std::uint8_t flag_;
    std::size_t named_ = 0, missing_ = 0;
  };

  [[nodiscard]] expert_id id_of(std::uint32_t flat) const noexcept { return places_[flat].id; }
  [[nodiscard]] bytes size_of(std::uint32_t flat) const noexcept { return equal_size_ == bytes::highest() ? shape_->size_of(flat) : equal_size_; }
  [[nodiscard]] std::uint16_t group_of(std::uint32_t flat) const noexcept { return places_[flat].group; }
  /// The group of all experts of a layer, or several_groups.
  [[nodiscard]] std::uint32_t group_of(layer_index layer) const noexcept { return group_of_layer_[number(layer)]; }
  static constexpr std::uint32_t several_groups = 0xFFFF'FFFF;
  /// What an expert takes of its pool.
  [[nodiscard]] std::uint64_t charge_of(std::uint32_t flat) const noexcept { return equal_charge_ != 0 ? equal_charge_ : shape_->size_of(flat).count; }
  /// The same of every expert, or 0 where it differs.
  [[nodiscard]] std::uint64_t equal_charge() const noexcept { return equal_charge_; }
  [[nodiscard]] std::uint64_t room(std::uint16_t group) const noexcept { return pools_[group].room; }
  [[nodiscard]] std::uint64_t used(std::uint16_t group) const noexcept { return pools_[group].used; }

  /// A pool of equals without room for one more.
  [[nodiscard]] bool full_of_equals(std::uint32_t group) const noexcept {
    return equal_charge_ != 0 && pools_[group].used + equal_charge_ > pools_[group].room;
  }

  /// `flat` is absent, and there is room.
  void enter(std::uint32_t flat) noexcept {
    place& its = places_[flat];
    pool& p = pools_[its.group];
    p.used += charge_of(flat);
    its.member = p.begin + p.count++;
    members_[its.member] = flat;
    mark(flat, residency_flag::resident);
  }
  void leave(std::uint32_t flat) noexcept {
    const place& its = places_[flat];
    pool& p = pools_[its.group];
    p.used -= charge_of(flat);
    const std::uint32_t last = members_[p.begin + --p.count];
    members_[its.member] = last;
    places_[last].member = its.member;
    unmark(flat, residency_flag::resident);
  }
  /// `flat` takes the place of `gone`, a resident of its group. Charges are equal.
  void replace(std::uint32_t gone, std::uint32_t flat) noexcept {
    const std::uint32_t member = places_[gone].member;
    places_[flat].member = member;
    members_[member] = flat;
    unmark(gone, residency_flag::resident);
    mark(flat, residency_flag::resident);
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
    return {shape_->space(), members(group), bytes_of_flags(), static_cast<std::uint8_t>(excluded | residency_flag::resident), group_of_, group};
  }
  /// The same in a view that `candidates` of this set has made: a few stores instead of a view that is put together and copied.
  void show(candidate_view& view, std::uint16_t group, std::uint8_t excluded) const noexcept {
    view.look_at(members(group), group, static_cast<std::uint8_t>(excluded | residency_flag::resident));
  }
  [[nodiscard]] residency_view view() const noexcept { return {*shape_, bytes_of_flags()}; }
  [[nodiscard]] const model_shape& shape() const noexcept { return *shape_; }
  [[nodiscard]] inventory all() const noexcept { return {*shape_, group_of_, static_cast<std::uint32_t>(pools_.size())}; }

 private:
  /// residency_flag bits. No character type, so that the compiler knows: writing them changes nothing but them. A quarter of
  /// the time of a replay went into reading pointers again.
  enum class flags : std::uint8_t {};
  [[nodiscard]] std::span<const std::uint8_t> bytes_of_flags() const noexcept { return {reinterpret_cast<const std::uint8_t*>(flags_.data()), flags_.size()}; }
  struct pool {
    std::uint32_t begin = 0;  ///< where its members start
    std::uint32_t count = 0;
    std::uint64_t room = 0;
    std::uint64_t used = 0;
  };
  struct place {
    expert_id id{};
    std::uint32_t member = 0;  ///< where it stands among the members, while it is one
    std::uint16_t group = 0;
  };
  const model_shape* shape_;
  bytes equal_size_{};  ///< of every expert, or highest() where they differ: most models need no look at the single ones
  std::uint64_t equal_charge_ = 0;
  std::vector<flags> flags_;
  std::vector<place> places_;
  std::vector<std::uint16_t> group_of_;  ///< once more, as policies want it
  std::vector<std::uint32_t> group_of_layer_;
  std::vector<std::uint32_t> members_;
  std::vector<pool> pools_;
};

}  // namespace moesaic::sim
