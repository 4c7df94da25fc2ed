// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <deque>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <moesaic/concepts/transport.hpp>

/// What every transport and every decorator has to hold, written once. A bench is anything with
///
///   auto link();                                   a fresh transport; several may be made, one lives at a time
///   std::span<const expert_id> experts();          experts it can bring
///   bytes size(expert_id);                         what one is charged for
///   std::size_t alignment();                       of rooms
///   bool right(expert_id, const std::byte* room);  whether the room holds the expert
///
/// and, where completions may say that something failed, `static constexpr bool fails = true`.
namespace moesaic::conformance {

/// A small generator of its own, so that a suite gives the same run everywhere.
class die {
 public:
  explicit die(std::uint64_t seed) : state_(seed) {}
  std::uint64_t below(std::uint64_t n) {
    state_ += 0x9e3779b97f4a7c15ULL;
    std::uint64_t x = state_;
    x = (x ^ (x >> 30U)) * 0xbf58476d1ce4e5b9ULL;
    x = (x ^ (x >> 27U)) * 0x94d049bb133111ebULL;
    return (x ^ (x >> 31U)) % n;
  }

 private:
  std::uint64_t state_;
};

template <class Bench>
constexpr bool may_fail() {
  if constexpr (requires { Bench::fails; }) return Bench::fails;
  return false;
}

/// Rooms for transfers, with a guard on either side of each, and what is open on a link.
template <class Bench, class Link>
class traffic {
 public:
  static constexpr auto guard = std::byte{0xA5};
  static constexpr auto blank = std::byte{0x5A};

  traffic(Bench& bench, Link& link, std::uint32_t rooms) : bench_(bench), link_(&link), fence_(std::max<std::size_t>(bench.alignment(), 64)) {
    std::size_t largest = 0;
    for (const expert_id e : bench.experts()) largest = std::max(largest, static_cast<std::size_t>(bench.size(e).count));
    stride_ = (largest + fence_ - 1) / fence_ * fence_ + fence_;
    memory_.resize(stride_ * rooms + 2 * fence_, guard);
    const auto at = reinterpret_cast<std::uintptr_t>(memory_.data());
    first_ = memory_.data() + ((at + fence_ - 1) / fence_ * fence_ - at) + fence_;
    for (std::uint32_t r = 0; r < rooms; ++r) free_.push_back(r);
  }

  void moved_to(Link& link) { link_ = &link; }
  [[nodiscard]] bool full() const { return open_.size() == link_->capacity() || free_.empty(); }
  [[nodiscard]] std::size_t open() const { return open_.size(); }
  [[nodiscard]] std::byte* room(std::uint32_t r) const { return first_ + stride_ * r; }

  ticket submit(expert_id e, cause why = cause::demand) {
    const std::uint32_t r = free_.front();
    free_.pop_front();
    const ticket number{++last_};
    std::fill_n(room(r), stride_ - fence_, blank);
    open_.push_back({number, e, r});
    link_->submit({number, e, room(r), bench_.size(e), why, {}});
    return number;
  }
  /// Checks what was reported, and gives the rooms back.
  void receive(std::span<const completion> told) {
    for (const completion& c : told) {
      const auto found = std::find_if(open_.begin(), open_.end(), [&](const entry& o) { return o.number == c.number; });
      REQUIRE_MESSAGE(found != open_.end(), "a completion for a ticket that is not open: ", c.number.number);
      const entry done = *found;
      open_.erase(found);
      if (c.status == transfer_status::arrived) {
        CHECK(bench_.right(done.expert, room(done.room)));
        CHECK(c.moved.count > 0);
        ++arrived_;
      } else {
        CHECK_MESSAGE(may_fail<Bench>(), "a transfer failed with status ", static_cast<int>(c.status), ", system error ", c.system_error);
        ++failed_;
      }
      guards(done.room);
      free_.push_back(done.room);
    }
  }
  bool cancel(std::size_t i) {
    const entry asked = open_[i];
    if (!link_->cancel(asked.number)) return false;
    open_.erase(open_.begin() + static_cast<std::ptrdiff_t>(i));
    // From now on nobody may write here: the room is watched to the end and not used again.
    watched_.push_back({asked.room, std::vector<std::byte>(room(asked.room), room(asked.room) + (stride_ - fence_))});
    ++cancelled_;
    return true;
  }
  void watched_rooms_are_untouched(bool and_free_them) {
    for (const watch& w : watched_) {
      CHECK(std::memcmp(w.before.data(), room(w.room), w.before.size()) == 0);
      if (and_free_them) free_.push_back(w.room);
    }
    if (and_free_them) watched_.clear();
  }
  void drain(std::size_t at_once = 64) {
    std::vector<completion> out(at_once);
    while (!open_.empty()) {
      const std::uint32_t n = link_->wait(out);
      REQUIRE(n > 0);
      REQUIRE(n <= out.size());
      receive(std::span(out).first(n));
    }
    CHECK(link_->wait(out) == 0);
    CHECK(link_->poll(out) == 0);
  }
  void paint() { std::fill(memory_.begin(), memory_.end(), std::byte{0x77}); }
  [[nodiscard]] bool still_painted() const {
    return std::all_of(memory_.begin(), memory_.end(), [](std::byte b) { return b == std::byte{0x77}; });
  }
  [[nodiscard]] std::uint64_t arrived() const { return arrived_; }
  [[nodiscard]] std::uint64_t failed() const { return failed_; }
  [[nodiscard]] std::uint64_t cancelled() const { return cancelled_; }

 private:
  struct entry {
    ticket number;
    expert_id expert;
    std::uint32_t room;
  };
  struct watch {
    std::uint32_t room;
    std::vector<std::byte> before;
  };
  void guards(std::uint32_t r) const {
    const auto held = [](std::byte b) { return b == guard; };
    CHECK(std::all_of(room(r) - fence_, room(r), held));
    CHECK(std::all_of(room(r) + stride_ - fence_, room(r) + stride_, held));
  }
  Bench& bench_;
  Link* link_;
  std::size_t fence_;
  std::size_t stride_ = 0;
  std::vector<std::byte> memory_;
  std::byte* first_ = nullptr;
  std::deque<std::uint32_t> free_;
  std::vector<entry> open_;
  std::vector<watch> watched_;
  std::uint64_t last_ = 0;
  std::uint64_t arrived_ = 0;
  std::uint64_t failed_ = 0;
  std::uint64_t cancelled_ = 0;
};

template <class Bench>
void an_idle_link_has_nothing_to_say(Bench& bench) {
  auto link = bench.link();
  std::vector<completion> out(4);
  CHECK(link.capacity() >= 1);
  CHECK(link.poll(out) == 0);
  CHECK(link.wait(out) == 0);
  CHECK_FALSE(link.cancel(ticket{1}));
  CHECK_FALSE(link.cancel(ticket{}));
  CHECK(link.cost().overhead >= nanoseconds{});
  CHECK(link.cost().rate.count > 0);
}

/// Each expert alone, then as many as the link takes: right bytes, right room, one completion each.
template <class Bench>
void brings_every_expert_once(Bench& bench) {
  auto link = bench.link();
  traffic t(bench, link, std::min(link.capacity(), std::uint32_t{64}));
  nanoseconds before = link.now();
  for (const expert_id e : bench.experts()) {
    t.submit(e);
    t.drain(1);
    CHECK(link.now() >= before);
    before = link.now();
  }
  std::size_t i = 0;
  for (int round = 0; round < 3; ++round) {
    for (; !t.full(); ++i) t.submit(bench.experts()[i % bench.experts().size()], i % 3 == 0 ? cause::prefetch : cause::demand);
    CHECK(t.open() == std::min(link.capacity(), std::uint32_t{64}));
    t.drain(round == 0 ? 1 : 64);
  }
  if (!may_fail<Bench>()) CHECK(t.failed() == 0);
  CHECK(t.arrived() > 0);
  CHECK(link.capacity() == link.capacity());
}

/// No room in `out`: nothing is said, and nothing is lost.
template <class Bench>
void an_empty_span_loses_nothing(Bench& bench) {
  auto link = bench.link();
  traffic t(bench, link, std::min(link.capacity(), std::uint32_t{64}));
  while (!t.full()) t.submit(bench.experts()[t.open() % bench.experts().size()]);
  CHECK(link.poll({}) == 0);
  CHECK(link.wait({}) == 0);
  CHECK(link.poll({}) == 0);
  t.drain();
}

/// After `cancel` has answered true, its room keeps every byte and no completion follows; asked again it answers false.
template <class Bench>
void cancels_truthfully(Bench& bench) {
  auto link = bench.link();
  const std::uint32_t many = std::min(link.capacity(), std::uint32_t{64});
  traffic t(bench, link, 2 * many);
  die chance(7);
  for (int round = 0; round < 40; ++round) {
    while (t.open() < many) t.submit(bench.experts()[chance.below(bench.experts().size())], chance.below(2) == 0 ? cause::prefetch : cause::demand);
    for (std::uint64_t tries = chance.below(many + 1); tries > 0 && t.open() > 0; --tries) t.cancel(chance.below(t.open()));
    if (chance.below(2) == 0) {
      std::vector<completion> out(1 + chance.below(4));
      const std::uint32_t n = link.poll(out);
      t.receive(std::span(out).first(n));
    }
    t.drain();
    t.watched_rooms_are_untouched(true);
  }
  CHECK_FALSE(link.cancel(ticket{1}));  // was complete or cancelled long ago
}

/// A link may be moved with transfers under way.
template <class Bench>
void moves_with_open_tickets(Bench& bench) {
  auto first = bench.link();
  traffic t(bench, first, std::min(first.capacity(), std::uint32_t{64}));
  while (!t.full()) t.submit(bench.experts()[t.open() % bench.experts().size()]);
  auto second = std::move(first);
  t.moved_to(second);
  t.drain();
  auto third = bench.link();
  third = std::move(second);
  t.moved_to(third);
  t.submit(bench.experts()[0]);
  t.drain();
}

/// A link may go while tickets are open: when its destructor returns, nobody writes any more.
template <class Bench>
void goes_with_open_tickets(Bench& bench) {
  std::deque<traffic<Bench, decltype(bench.link())>> left_behind;
  for (int round = 0; round < 8; ++round) {
    std::optional link(bench.link());
    auto& t = left_behind.emplace_back(bench, *link, std::min(link->capacity(), std::uint32_t{64}));
    while (!t.full()) t.submit(bench.experts()[(t.open() + static_cast<std::size_t>(round)) % bench.experts().size()]);
    std::vector<completion> out(1);
    if (round % 2 == 1) t.receive(std::span(out).first(link->poll(out)));
    link.reset();
    t.paint();
  }
  for (const auto& t : left_behind) CHECK(t.still_painted());  // the later rounds gave a late writer its chance
}

/// Submissions, cancels, polls and waits at random. Gives back how many tickets were opened.
template <class Bench>
std::uint64_t survives_random_traffic(Bench& bench, std::uint64_t submissions, std::uint64_t seed) {
  auto link = bench.link();
  const std::uint32_t many = std::min(link.capacity(), std::uint32_t{64});
  traffic t(bench, link, 3 * many);
  die chance(seed);
  std::vector<completion> out(many);
  nanoseconds before = link.now();
  std::uint64_t submitted = 0;
  while (submitted < submissions) {
    const std::uint64_t what = chance.below(16);
    if (what < 9 && t.open() < many) {
      if (!t.full()) {
        t.submit(bench.experts()[chance.below(bench.experts().size())], chance.below(3) == 0 ? cause::prefetch : cause::demand);
        ++submitted;
        continue;
      }
      t.drain();
      t.watched_rooms_are_untouched(true);
    } else if (what < 12 && t.open() > 0) {
      t.cancel(chance.below(t.open()));
    } else if (what < 14) {
      const auto some = std::span(out).first(1 + chance.below(many));
      t.receive(some.first(link.poll(some)));
    } else if (t.open() > 0) {
      const auto some = std::span(out).first(1 + chance.below(many));
      const std::uint32_t n = link.wait(some);
      REQUIRE(n > 0);
      t.receive(some.first(n));
      CHECK(link.now() >= before);
      before = link.now();
    }
  }
  t.drain();
  t.watched_rooms_are_untouched(true);
  CHECK(t.arrived() + t.failed() + t.cancelled() == submitted);
  return submitted;
}

/// The whole suite.
template <class Bench>
void a_transport(Bench bench, std::uint64_t submissions = 2'000) {
  static_assert(transport<decltype(bench.link())>);
  SUBCASE("an idle link has nothing to say") { an_idle_link_has_nothing_to_say(bench); }
  SUBCASE("brings every expert once") { brings_every_expert_once(bench); }
  SUBCASE("an empty span loses nothing") { an_empty_span_loses_nothing(bench); }
  SUBCASE("cancels truthfully") { cancels_truthfully(bench); }
  SUBCASE("moves with open tickets") { moves_with_open_tickets(bench); }
  SUBCASE("goes with open tickets") { goes_with_open_tickets(bench); }
  SUBCASE("survives random traffic") {
    for (std::uint64_t seed = 1; seed <= 3; ++seed) survives_random_traffic(bench, submissions / 3, seed);
  }
}

}  // namespace moesaic::conformance
