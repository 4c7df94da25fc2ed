// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>

#include <moesaic/core/expert_space.hpp>
#include <moesaic/core/forecast.hpp>
#include <moesaic/core/model_shape.hpp>
#include <moesaic/core/residence.hpp>
#include <moesaic/core/utility.hpp>

namespace moesaic {

/// What the owner of a cache notes about each expert, one byte each. Policies read it through the views below.
namespace residency_flag {
inline constexpr std::uint8_t resident = 1;         ///< has room of its own, and its bytes have arrived
inline constexpr std::uint8_t in_flight = 2;        ///< has room of its own, and its bytes travel
inline constexpr std::uint8_t pinned_by_first = 4;  ///< wanted by the lease in the first place
inline constexpr std::uint8_t pinned_by_second = 8;
inline constexpr std::uint8_t unused_prefetch = 16; ///< was prefetched and has not been wanted yet
inline constexpr std::uint8_t leaving = 32;         ///< has an heir: goes when its entry is released
}  // namespace residency_flag

/// Which experts are where, right now. A view: valid during the call that was given it.
class residency_view {
 public:
  residency_view() = default;
  residency_view(const model_shape& shape, std::span<const std::uint8_t> flags) noexcept : shape_(&shape), flags_(flags) {}

  [[nodiscard]] residency_state of(expert_id e) const noexcept {
    using namespace residency_flag;
    const std::uint8_t f = flags_.empty() ? std::uint8_t{} : flags_[shape_->space().flat(e)];
    if ((f & in_flight) != 0) return residency_state::in_flight;
    if ((f & resident) == 0) return residency_state::absent;
    return (f & (pinned_by_first | pinned_by_second)) != 0 ? residency_state::leased : residency_state::resident;
  }
  [[nodiscard]] bool absent(expert_id e) const noexcept { return of(e) == residency_state::absent; }
  [[nodiscard]] bytes size_of(expert_id e) const noexcept { return shape_->size_of(e); }
  [[nodiscard]] const model_shape& shape() const noexcept { return *shape_; }

 private:
  const model_shape* shape_ = nullptr;
  std::span<const std::uint8_t> flags_;
};

/// The experts a victim may be chosen from: residents of one eviction group that no live lease wants and nobody is copying.
/// Iterable in no order that means anything (ties are decided by id, not by place), and answers `contains` in O(1).
class candidate_view {
 public:
  class iterator {
   public:
    using value_type = expert_id;
    using difference_type = std::ptrdiff_t;
    iterator() = default;
    iterator(const candidate_view* view, std::size_t at) noexcept : view_(view), at_(at) { settle(); }
    [[nodiscard]] expert_id operator*() const noexcept { return view_->space_.id(view_->members_[at_]); }
    iterator& operator++() noexcept {
      ++at_;
      settle();
      return *this;
    }
    iterator operator++(int) noexcept {
      const iterator before = *this;
      ++*this;
      return before;
    }
    friend bool operator==(const iterator& a, const iterator& b) noexcept { return a.at_ == b.at_; }

   private:
    void settle() noexcept {
      while (at_ < view_->members_.size() && !view_->eligible(view_->members_[at_])) ++at_;
    }
    const candidate_view* view_ = nullptr;
    std::size_t at_ = 0;
  };

  candidate_view() = default;
  /// `members`: flat indices of the group's residents; eligible is who has flags & mask == residency_flag::resident.
  /// `group_of` and `group` let `contains` refuse residents of other groups; without them all residents count as one group.
  candidate_view(expert_space space, std::span<const std::uint32_t> members, std::span<const std::uint8_t> flags, std::uint8_t mask,
                 std::span<const std::uint16_t> group_of = {}, std::uint16_t group = 0) noexcept
      : space_(space), members_(members), flags_(flags), group_of_(group_of), group_(group), mask_(mask) {}

  /// The view of another group, or of other members: for who asks so often that making a new view would be felt.
  void look_at(std::span<const std::uint32_t> members, std::uint16_t group, std::uint8_t mask) noexcept {
    members_ = members;
    group_ = group;
    mask_ = mask;
  }

  [[nodiscard]] iterator begin() const noexcept { return {this, 0}; }
  [[nodiscard]] iterator end() const noexcept { return {this, members_.size()}; }
  [[nodiscard]] bool contains(expert_id e) const noexcept { return contains(space_.flat(e)); }

  /// The same by flat index, for policies that keep arrays: `members()` names residents, `contains` says who is eligible.
  [[nodiscard]] std::span<const std::uint32_t> members() const noexcept { return members_; }
  [[nodiscard]] bool contains(std::uint32_t flat) const noexcept {
    return flat < flags_.size() && eligible(flat) && (group_of_.empty() || group_of_[flat] == group_);
  }
  /// The same for who is known to be a member: one load and no branch.
  [[nodiscard]] bool eligible(std::uint32_t flat) const noexcept { return (flags_[flat] & mask_) == residency_flag::resident; }
  [[nodiscard]] const expert_space& space() const noexcept { return space_; }

 private:
  expert_space space_;
  std::span<const std::uint32_t> members_;
  std::span<const std::uint8_t> flags_;
  std::span<const std::uint16_t> group_of_;
  std::uint16_t group_ = 0;
  std::uint8_t mask_ = 0;
};

/// What is known of the link, as of the step's start: a transfer of n bytes takes about `overhead` + n / `rate`.
struct link_view {
  nanoseconds overhead{};
  bytes_per_second rate{};
  bytes travelling{};         ///< submitted and not complete
  std::uint32_t in_flight = 0;
  std::uint32_t capacity = 1; ///< transfers the transport takes at once
  nanoseconds gap{};          ///< longest recent time between two calls of the engine: what the link's queue has to bridge

  [[nodiscard]] nanoseconds time_for(bytes n) const noexcept {
    const nanoseconds move = duration_of(n, rate);
    return move == nanoseconds::highest() ? move : overhead + move;
  }
};

/// Everything a policy may look at when it is asked something. Grows without breaking a signature. Valid during the call.
template <class Scores>
struct scene {
  const Scores& scores;             ///< the bundle's scorer
  const forecast& expectation;      ///< what the bundle's predictor expects
  residency_view residency{};
  link_view link{};
  layer_index layer{};              ///< runs now, or ran last
  token_index token{};              ///< first token of the step
  nanoseconds now{};
  nanoseconds layer_time{};         ///< recent mean time from one layer's event to the next; 0 until known
  utility threshold = utility::lowest();  ///< the placement policy's: below it an expert is not worth fast memory
};

}  // namespace moesaic
