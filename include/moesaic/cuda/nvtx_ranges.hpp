// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include <moesaic/concepts/witness.hpp>
#include <moesaic/cuda/nvtx_domain.hpp>

namespace moesaic::cuda {

/// Where ranges go. `nvtx_domain` is the one to use; tests listen to their own.
template <class S>
concept range_sink = std::movable<S> && requires(S sink, const S& view, range_kind kind, const char* text, std::uint64_t number) {
  { view.on() } noexcept -> std::same_as<bool>;
  { sink.start(kind, text, number) } noexcept -> std::same_as<std::uint64_t>;
  { sink.end(number) } noexcept;
  { sink.mark(kind, text) } noexcept;
};

/// A residency's decisions and transfers as ranges in a timeline of Nsight Systems, beside the engine's kernels:
///
///   acquire layer 7        from the engine's call to its next one: an engine that asks for a seat at once sees what deciding took
///   lease of layer 7       until the lease ends
///   demand (7,31)          from submission until the core saw it arrive, fail or be withdrawn; so too `prefetch (7,31)`
///   (7,12) left for (7,31) a mark
///
/// Payloads: the number of experts that the event wants, and bytes.
///
/// Models witness: a bundle with it as member `witness` is watched, and no other has any of this. Off as it is made:
/// `nvtx_ranges<>(nvtx_domain("moesaic"))` is on, and only where a tool listens. The copy itself stands in the tool's own rows;
/// a transfer's range is longer by the time in which nobody asked. What is open when this ends is ended.
/// Cost: off, a comparison for each thing; on, a text and a call each. Allocates at `made` only. Threads: the residency's.
template <range_sink Sink = nvtx_domain>
class nvtx_ranges {
 public:
  nvtx_ranges() = default;
  explicit nvtx_ranges(Sink sink) noexcept : sink_(std::move(sink)) {}
  nvtx_ranges(nvtx_ranges&& other) noexcept
      : sink_(std::move(other.sink_)),
        open_(std::exchange(other.open_, {})),
        leases_(std::exchange(other.leases_, {})),
        decision_(std::exchange(other.decision_, {})),
        submitted_(other.submitted_),
        layer_(other.layer_) {}
  nvtx_ranges& operator=(nvtx_ranges&& other) noexcept {
    std::swap(sink_, other.sink_);
    std::swap(open_, other.open_);
    std::swap(leases_, other.leases_);
    std::swap(decision_, other.decision_);
    std::swap(submitted_, other.submitted_);
    std::swap(layer_, other.layer_);
    return *this;
  }
  ~nvtx_ranges() {
    for (const travelling& t : open_) sink_.end(t.range);
    for (held& l : leases_) end(l);
    end(decision_);
  }

  void note(const seen::made& made) {
    if (sink_.on()) open_.reserve(made.link_capacity);
  }
  void note(const seen::acquire& asked) noexcept {
    end(decision_);
    if (!sink_.on()) return;
    layer_ = number(asked.event.layer);
    decision_ = {true, sink_.start(range_kind::decision, text().add("acquire layer ").add(layer_).words(), asked.event.wanted.size())};
  }
  void note(const seen::leased& given) noexcept {
    if (!sink_.on()) return;
    leases_[given.lease % leases_.size()] = {true, sink_.start(range_kind::lease, text().add("lease of layer ").add(layer_).words(), 0)};
  }
  void note(const seen::lease_call& call) noexcept {
    end(decision_);
    if (call.what == seen::lease_call::kind::end) end(leases_[call.lease % leases_.size()]);
  }
  void note(const seen::release&) noexcept { end(decision_); }
  void note(const seen::pump&) noexcept { end(decision_); }
  void note(const step_outcome&) noexcept { end(decision_); }
  void note(const seen::failed&) noexcept { end(decision_); }
  void note(const seen::submitted& sent) noexcept {
    ++submitted_;  // the core's tickets count up from 1
    if (!sink_.on() || open_.size() == open_.capacity()) return;
    const bool ahead = sent.why == cause::prefetch;
    text line;
    line.add(ahead ? "prefetch " : "demand ").add(sent.expert);
    open_.push_back({submitted_, sink_.start(ahead ? range_kind::prefetch : range_kind::demand, line.words(), sent.size.count)});
  }
  void note(const seen::completions& told) noexcept {
    for (const completion& c : told.told) close(c.number.number);
    if (!told.waited || !told.told.empty()) return;
    while (!open_.empty()) close(open_.back().ticket);  // a wait that reports nobody: the link has lost them
  }
  void note(const seen::cancelled& asked) noexcept {
    if (asked.withdrawn) close(asked.number.number);
  }
  void note(const seen::left& gone) noexcept {
    if (!sink_.on()) return;
    text line;
    line.add(gone.expert).add(" left");
    if (gone.newcomer) line.add(" for ").add(*gone.newcomer);
    sink_.mark(range_kind::decision, line.words());
  }
  template <class Seen>
  void note(const Seen&) noexcept {}

 private:
  /// A short line without an allocation. What does not fit is cut.
  class text {
   public:
    text& add(std::string_view more) noexcept {
      const std::size_t n = std::min(more.size(), letters_.size() - 1 - used_);
      std::copy_n(more.data(), n, letters_.data() + used_);
      used_ += n;
      return *this;
    }
    text& add(std::uint32_t n) noexcept {
      std::array<char, 10> digits{};
      const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), n).ptr;
      return add(std::string_view(digits.data(), static_cast<std::size_t>(end - digits.data())));
    }
    text& add(expert_id e) noexcept { return add("(").add(number(e.layer)).add(",").add(number(e.expert)).add(")"); }
    [[nodiscard]] const char* words() const noexcept { return letters_.data(); }

   private:
    std::array<char, 64> letters_{};
    std::size_t used_ = 0;
  };
  struct travelling {
    std::uint64_t ticket;
    std::uint64_t range;
  };
  struct held {
    bool open = false;
    std::uint64_t range = 0;
  };

  void end(held& one) noexcept {
    if (std::exchange(one.open, false)) sink_.end(one.range);
  }
  void close(std::uint64_t ticket) noexcept {
    const auto found = std::find_if(open_.begin(), open_.end(), [=](const travelling& t) { return t.ticket == ticket; });
    if (found == open_.end()) return;
    sink_.end(found->range);
    *found = open_.back();
    open_.pop_back();
  }

  Sink sink_;
  std::vector<travelling> open_;  // room for as many as the link takes
  std::array<held, 2> leases_{};
  held decision_{};
  std::uint64_t submitted_ = 0;
  std::uint32_t layer_ = 0;
};
static_assert(witness<nvtx_ranges<>>);

}  // namespace moesaic::cuda
