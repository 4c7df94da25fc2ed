// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <moesaic/concepts/transport.hpp>
#include <moesaic/core/result.hpp>
#include <moesaic/cuda/copy_entry.hpp>
#include <moesaic/cuda/error.hpp>
#include <moesaic/cuda/lane_streams.hpp>
#include <moesaic/cuda/stream_api.hpp>
#include <moesaic/cuda/use_fences.hpp>

namespace moesaic::cuda {

/// The device's side of a transport: copies whose sources lie in host memory, on three streams of its own. Parts are anything
/// with `from`, `size` and `offset_in_slot`.
///
/// Demanded transfers are given to their stream at once and whole. Prefetches go to the idle stream chunk by chunk, `ahead` chunks
/// at a time and behind the demands that were given before: those that were not given yet are overtaken, and can be cancelled.
/// Calls make the idle stream go on, so `ahead` chunks should cover the time between two of them.
/// A room is written after its `after` and after whatever transfer still writes it. A copy that the runtime refuses fails its
/// transfer, which is told when nothing of it travels any more. When the device is lost, so are all transfers.
/// The rate is learnt from the device's own times of transfers that were given in one go while nothing else was on the link.
/// Ties: demand in the order of submission; prefetches too, but one whose room is free goes before one whose room is not.
/// Cost: O(open) a call, one event query for each stream with something open and one for each prefetch whose room is in use; no
/// allocation after creation.
template <stream_api Api, class Part>
class copy_lanes {
 public:
  [[nodiscard]] static result<copy_lanes> create(Api& api, use_fences<Api>* fences, const lane_options& options) {
    auto lanes = lane_streams<Api>::create(api, std::max(options.capacity, std::uint32_t{1}), std::max(options.ahead, std::uint32_t{1}));
    if (!lanes) return lanes.error();
    return result<copy_lanes>(copy_lanes(fences, options, std::move(*lanes)));
  }
  copy_lanes(copy_lanes&&) noexcept = default;
  copy_lanes& operator=(copy_lanes&&) noexcept = default;

  [[nodiscard]] std::uint32_t capacity() const noexcept { return lanes_.transfers(); }
  [[nodiscard]] bool empty() const noexcept { return open_.empty(); }
  /// `parts` stay where they are until the transfer is told or cancelled.
  void submit(const transfer& what, std::span<const Part> parts) noexcept {
    entry& e = open(what);
    e.parts = parts;
    if (lanes_.lost() != 0) return e.fail({lanes_.lost()});
    if (what.after != fence{} && (fences_ == nullptr || !fences_->knows(what.after))) return e.fail({refusal::unknown_fence});
    if (what.why == cause::demand) give_all(e);
    feed();
  }
  /// A transfer that the owner does not begin, for one of the reasons in `refusal`: it is told with the next poll.
  void refuse(const transfer& what, std::int32_t why) noexcept { open(what).fail({why}); }

  std::uint32_t poll(std::span<completion> out) noexcept {
    feed();
    for (const lane on : all_lanes)  // a stream keeps its order: behind the first that is not there, nobody is
      for (entry* e = first_given(on); e != nullptr && lanes_.reached(lanes_.end(e->slot)); e = first_given(on)) e->over = true;
    std::uint32_t told = 0;
    for (std::size_t i = 0; i < open_.size() && told < out.size();) {
      entry& e = open_[i];
      if (!e.over && lanes_.lost() == 0) {
        ++i;
        continue;
      }
      if (!e.over) e.fail({lanes_.lost()});
      learn(e);
      out[told] = {e.what.number, e.status, e.given, e.code};
      failures_.note(e.what.expert, out[told++]);
      close(i);
    }
    return told;
  }
  std::uint32_t wait(std::span<completion> out) noexcept {
    if (out.empty()) return 0;
    while (!open_.empty()) {
      if (const std::uint32_t told = poll(out); told > 0) return told;
      lanes_.block(next_mark());
    }
    return 0;
  }
  bool cancel(ticket which) noexcept {
    retire();
    const auto e = find(which);
    if (e == open_.end() || e->over || e->marked || (e->given.count > 0 && e->chunk > retired_)) return false;
    close(static_cast<std::size_t>(e - open_.begin()));
    feed();
    return true;
  }

  /// Makes `stream` wait for a transfer, all of which is given now if it was not yet. One that was told as arrived is there.
  result<void> hold(stream_handle stream, ticket which) noexcept {
    const auto e = find(which);
    if (e == open_.end()) {
      const auto* const failed = failures_.find(which);
      return failed == nullptr ? result<void>() : failure_of(lanes_.api(), failed->expert, failed->how.system_error);
    }
    if (!e->marked && !e->over) give_all(*e);
    if (e->over && e->status == transfer_status::arrived) return {};
    if (e->status != transfer_status::arrived || lanes_.lost() != 0)
      return failure_of(lanes_.api(), e->what.expert, lanes_.lost() != 0 ? lanes_.lost() : e->code);
    if (const api_code code = lanes_.api().wait(stream, lanes_.end(e->slot)); !code.ok())
      return explained(lanes_.api(), code, "asked a stream to wait for ticket ", which.number);
    return {};
  }
  /// Whether something travels that waits for no kernel and that somebody wants.
  [[nodiscard]] bool soon() noexcept { return first_given(lane::urgent) != nullptr; }
  [[nodiscard]] link_cost cost() const noexcept { return cost_; }
  [[nodiscard]] Api& api() const noexcept { return lanes_.api(); }

 private:
  using entry = copy_entry<Part>;
  static constexpr std::array<lane, 3> all_lanes{lane::urgent, lane::held, lane::idle};

  copy_lanes(use_fences<Api>* fences, const lane_options& options, lane_streams<Api>&& lanes)
      : fences_(fences),
        cost_(options.prior),
        chunk_(std::max(options.chunk, bytes{1})),
        own_copy_(options.own_copy),
        failures_(lanes.transfers()),
        lanes_(std::move(lanes)) {
    if (!(cost_.rate.count > 0)) cost_.rate = lane_options{}.prior.rate;
    open_.reserve(capacity());
    free_.reserve(capacity());
    for (std::uint32_t i = capacity(); i-- > 0;) free_.push_back(i);
  }

  entry& open(const transfer& what) noexcept {
    entry& e = open_.emplace_back();
    e.what = what;
    e.slot = free_.back();
    free_.pop_back();
    return e;
  }
  void close(std::size_t i) noexcept {
    free_.push_back(open_[i].slot);
    open_.erase(open_.begin() + static_cast<std::ptrdiff_t>(i));
  }
  [[nodiscard]] auto find(ticket which) noexcept {
    return std::find_if(open_.begin(), open_.end(), [=](const entry& e) { return e.what.number == which; });
  }

  /// Prepares the entry's stream: it waits for those who still write the room, and for the room's last use.
  [[nodiscard]] api_code begin(entry& e, lane on) noexcept {
    e.on = on;
    e.begun = true;
    const stream_handle stream = lanes_.stream(on);
    for (entry& o : open_) {
      if (&o == &e) break;  // later ones wait for this one
      if (o.over || !o.writes_into(e.what)) continue;
      if (!o.marked) give_all(o);
      if (o.over || o.on == on) continue;
      if (const api_code code = lanes_.api().wait(stream, lanes_.end(o.slot)); !code.ok()) return code;
    }
    if (e.what.after != fence{})
      if (const api_code code = fences_->hold(stream, e.what.after); !code.ok()) return code;
    e.timed = lanes_.api().record(lanes_.begin(e.slot), stream).ok() && alone(e);
    return {};
  }
  /// Nobody on another stream shares the link with it, as far as is known: then its time is its bytes' own.
  [[nodiscard]] bool alone(const entry& e) const noexcept {
    return std::none_of(open_.begin(), open_.end(), [&](const entry& o) { return o.begun && !o.over && o.on != e.on; });
  }
  /// Gives a stream up to `most` bytes of the entry; small pieces together.
  [[nodiscard]] api_code give(entry& e, bytes most) noexcept {
    std::array<copy_piece, 64> small;
    std::size_t count = 0;
    Api& api = lanes_.api();
    const auto send = [&]() -> api_code {
      const auto pieces = std::span<const copy_piece>(small).first(std::exchange(count, 0));
      if (pieces.empty()) return {};
      for (const copy_piece& p : pieces) e.given += p.size;  // a batch that fails may have given some
      return pieces.size() == 1 ? api.copy(pieces[0], lanes_.stream(e.on)) : api.copy_batch(pieces, lanes_.stream(e.on));
    };
    while (most.count > 0 && !e.all_given()) {
      const copy_piece piece = e.next_piece(most);
      most -= piece.size;
      if (piece.size >= own_copy_ && piece.size.count > 0) {
        if (const api_code code = api.copy(piece, lanes_.stream(e.on)); !code.ok()) return code;
        e.given += piece.size;
      } else if (piece.size.count > 0) {
        small[count++] = piece;
        if (count < small.size()) continue;
        if (const api_code code = send(); !code.ok()) return code;
      }
    }
    return send();
  }
  /// A call for the entry was refused: it fails when nothing of it travels any more.
  void give_up(entry& e, api_code code) noexcept {
    if (lanes_.api().meaning(code) == fault::device_lost) lanes_.lose(code);
    if (e.given.count == 0) return e.fail(code);
    e.status = transfer_status::read_error;
    e.code = code.number;
    end(e);
  }
  void end(entry& e) noexcept {
    e.marked = true;
    e.place = ++given_;
    e.over = lanes_.set(lanes_.end(e.slot), e.on);
  }
  void give_all(entry& e) noexcept {
    if (lanes_.lost() != 0) return;
    e.timed = false;
    if (!e.begun) {
      const bool free = e.what.after == fence{} || fences_->past(e.what.after);
      if (const api_code code = begin(e, free ? lane::urgent : lane::held); !code.ok()) return give_up(e, code);
    }
    if (const api_code code = give(e, bytes::highest()); !code.ok()) return give_up(e, code);
    end(e);
  }

  /// Chunks that have arrived make room for others.
  void retire() noexcept {
    while (retired_ < chunks_ && lanes_.reached(lanes_.chunk(retired_ + 1))) ++retired_;
  }
  /// Gives the idle stream chunks as far as it may be ahead.
  void feed() noexcept {
    if (waiting() == open_.end()) return;
    retire();
    while (lanes_.lost() == 0 && chunks_ - retired_ < lanes_.chunks()) {
      const auto next = waiting();
      if (next == open_.end()) return;
      feed_chunk(*next);
    }
  }
  void feed_chunk(entry& e) noexcept {
    stand_back();
    e.timed = false;
    if (!e.begun)
      if (const api_code code = begin(e, lane::idle); !code.ok()) return give_up(e, code);
    if (const api_code code = give(e, chunk_); !code.ok()) return give_up(e, code);
    e.chunk = ++chunks_;
    if (e.all_given()) end(e);
    if (lanes_.set(lanes_.chunk(chunks_), lane::idle)) retired_ = chunks_;
  }
  /// The idle stream waits for the newest demand on the urgent one. A refusal costs the order, nothing else.
  void stand_back() noexcept {
    const auto newest = std::find_if(open_.rbegin(), open_.rend(), [](const entry& e) { return e.on == lane::urgent && e.marked && !e.over; });
    if (newest == open_.rend() || newest->what.number == stood_back_for_) return;
    stood_back_for_ = newest->what.number;
    (void)lanes_.api().wait(lanes_.stream(lane::idle), lanes_.end(newest->slot));
  }
  /// The prefetch to go on with: the first whose room is free, else the first. (One that has begun is among the free when a chunk
  /// of it has arrived, so it is not left for a later one.)
  [[nodiscard]] auto waiting() noexcept {
    const auto waits = [](const entry& e) { return !e.over && !e.marked; };
    const auto first = std::find_if(open_.begin(), open_.end(), waits);
    const auto free = std::find_if(first, open_.end(), [&](const entry& e) { return waits(e) && (e.what.after == fence{} || fences_->past(e.what.after)); });
    return free == open_.end() ? first : free;
  }

  /// Of what a stream was given to the end and is not known to have arrived, the first.
  [[nodiscard]] entry* first_given(lane on) noexcept {
    entry* first = nullptr;
    for (entry& e : open_)
      if (e.marked && !e.over && e.on == on && (first == nullptr || e.place < first->place)) first = &e;
    return first;
  }
  /// What a wait blocks on: the oldest demand that may travel, else one that is held, else the idle stream.
  [[nodiscard]] event_handle next_mark() noexcept {
    for (const lane on : all_lanes)
      if (const entry* e = first_given(on)) return lanes_.end(e->slot);
    return lanes_.chunk(std::min(retired_ + 1, chunks_));
  }
  /// An eighth of the way to what the device took for it.
  void learn(const entry& e) noexcept {
    if (!e.timed || e.status != transfer_status::arrived || e.given.count < 65'536) return;
    const auto took = lanes_.api().elapsed(lanes_.begin(e.slot), lanes_.end(e.slot));
    if (!took.code.ok() || took.value.count <= 0) return;
    cost_.rate.count += (static_cast<double>(e.given.count) * 1e9 / static_cast<double>(took.value.count) - cost_.rate.count) / 8;
  }

  use_fences<Api>* fences_;
  link_cost cost_;
  bytes chunk_;
  bytes own_copy_;
  std::uint64_t given_ = 0;    // transfers, to the end
  std::uint64_t chunks_ = 0;   // of prefetches, given so far
  std::uint64_t retired_ = 0;  // of these, arrived
  ticket stood_back_for_{};
  std::vector<entry> open_;  // in the order of submission
  std::vector<std::uint32_t> free_;
  recent_failures failures_;
  lane_streams<Api> lanes_;
};

}  // namespace moesaic::cuda
