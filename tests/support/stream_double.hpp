// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <moesaic/cuda/stream_api.hpp>

#include "support/splitmix.hpp"

namespace moesaic_test {

/// A stream runtime in plain host memory, with streams that keep their order and nothing else: what a stream was given happens
/// at some later call, the streams in any order that events allow, a copy piece by piece. Whoever forgets a wait is found out.
class stream_double {
 public:
  static constexpr std::int32_t invalid = 1, no_memory = 2, not_ready = 600, lost = 719, none_there = 100, capturing = 900;

  struct options {
    std::uint64_t seed = 1;
    std::uint32_t eager = 500;      ///< chance, of 1000, that a query lets something happen
    std::uint32_t bad_copies = 0;   ///< chance, of 1000, that a copy is refused
    moesaic::bytes device = {~std::uint64_t{}};
    moesaic::bytes pinned = {~std::uint64_t{}};
    bool one_link = false;         ///< copies happen in the order in which they were given, on whatever stream, as on one engine of a device
    bool own_targets_only = false;  ///< copies may only go to memory of device_allocate
  };

  stream_double() : stream_double(options{}) {}
  explicit stream_double(const options& how) : how_(how), dice_{how.seed} {}
  stream_double(const stream_double&) = delete;
  stream_double& operator=(const stream_double&) = delete;

  // The calls of stream_api.
  moesaic::cuda::answered<std::byte*> device_allocate(moesaic::bytes size) noexcept { return allocate(device_, size, how_.device, device_peak_); }
  void device_free(std::byte* memory) noexcept { give_back(device_, memory, "device memory"); }
  moesaic::cuda::answered<std::byte*> pinned_allocate(moesaic::bytes size) noexcept { return allocate(pinned_, size, how_.pinned, pinned_peak_); }
  void pinned_free(std::byte* memory) noexcept { give_back(pinned_, memory, "pinned memory"); }
  moesaic::cuda::answered<moesaic::cuda::stream_handle> make_stream(moesaic::cuda::stream_priority) noexcept {
    if (const auto code = enter(); !code.ok()) return {code, {}};
    streams_.push_back({});
    return {{}, {handle(streams_.size())}};
  }
  void end_stream(moesaic::cuda::stream_handle stream) noexcept {
    if (of(stream) == nullptr) return complain("a stream ended twice");
    while (!lost_ && !of(stream)->work.empty() && step()) {}
    of(stream)->alive = false;
  }
  moesaic::cuda::answered<moesaic::cuda::event_handle> make_event() noexcept {
    if (const auto code = enter(); !code.ok()) return {code, {}};
    events_.push_back({});
    return {{}, {handle(events_.size())}};
  }
  void end_event(moesaic::cuda::event_handle event) noexcept {
    if (of(event) == nullptr) return complain("an event ended twice");
    of(event)->alive = false;
  }
  moesaic::cuda::api_code record(moesaic::cuda::event_handle event, moesaic::cuda::stream_handle stream) noexcept {
    if (const auto code = enter(); !code.ok()) return code;
    if (of(event) == nullptr || of(stream) == nullptr) return misuse("record with a dead handle");
    of(stream)->work.push_back({op::kind::mark, {}, index(event.raw), ++of(event)->asked, {}});
    return {};
  }
  moesaic::cuda::api_code query(moesaic::cuda::event_handle event) noexcept {
    if (const auto code = enter(); !code.ok()) return code;
    if (of(event) == nullptr) return misuse("query of a dead event");
    if (dice_.below(1000) < how_.eager) run(1 + dice_.below(3));
    return {of(event)->reached == of(event)->asked ? 0 : not_ready};
  }
  moesaic::cuda::api_code wait(moesaic::cuda::stream_handle stream, moesaic::cuda::event_handle event) noexcept {
    if (const auto code = enter(); !code.ok()) return code;
    if (of(event) == nullptr || of(stream) == nullptr) return misuse("wait with a dead handle");
    of(stream)->work.push_back({op::kind::wait, {}, index(event.raw), of(event)->asked, {}});
    return {};
  }
  moesaic::cuda::api_code finish(moesaic::cuda::event_handle event) noexcept {
    if (const auto code = enter(); !code.ok()) return code;
    if (of(event) == nullptr) return misuse("finish of a dead event");
    for (const std::uint64_t until = of(event)->asked; of(event)->reached < until;)
      if (!step()) return misuse("a thread waits for an event that cannot come");
    return {};
  }
  moesaic::cuda::api_code finish(moesaic::cuda::stream_handle stream) noexcept {
    if (const auto code = enter(); !code.ok()) return code;
    if (of(stream) == nullptr) return misuse("finish of a dead stream");
    while (!of(stream)->work.empty())
      if (!step()) return misuse("a thread waits for a stream that cannot go on");
    return {};
  }
  moesaic::cuda::answered<moesaic::nanoseconds> elapsed(moesaic::cuda::event_handle begin, moesaic::cuda::event_handle end) noexcept {
    if (const auto code = enter(); !code.ok()) return {code, {}};
    if (of(begin) == nullptr || of(end) == nullptr) return {misuse("elapsed with a dead handle"), {}};
    if (of(begin)->reached != of(begin)->asked || of(end)->reached != of(end)->asked) return {{not_ready}, {}};
    return {{}, {of(end)->at - of(begin)->at}};
  }
  moesaic::cuda::api_code copy(const moesaic::cuda::copy_piece& piece, moesaic::cuda::stream_handle stream) noexcept {
    if (const auto code = enter(); !code.ok()) return code;
    if (dice_.below(1000) < how_.bad_copies) return {invalid};
    return give(piece, stream);
  }
  /// A batch that fails has given its stream some of the pieces.
  moesaic::cuda::api_code copy_batch(std::span<const moesaic::cuda::copy_piece> pieces, moesaic::cuda::stream_handle stream) noexcept {
    moesaic::cuda::api_code code = enter();
    if (code.ok() && dice_.below(1000) < how_.bad_copies) code = {invalid};
    if (lost_) return code;
    std::vector<moesaic::cuda::copy_piece> some(pieces.begin(), pieces.end());
    for (std::size_t i = some.size(); i > 1; --i) std::swap(some[i - 1], some[dice_.below(static_cast<std::uint32_t>(i))]);
    if (!code.ok()) some.resize(dice_.below(static_cast<std::uint32_t>(some.size()) + 1));
    ++batches_;
    for (const auto& piece : some)
      if (const auto given = give(piece, stream); !given.ok()) return given;
    return code;
  }
  moesaic::nanoseconds now() noexcept { return {now_ += 10}; }
  [[nodiscard]] moesaic::cuda::fault meaning(moesaic::cuda::api_code code) const noexcept {
    using moesaic::cuda::fault;
    switch (code.number) {
      case 0: return fault::none;
      case invalid: return fault::bad_request;
      case no_memory: return fault::out_of_memory;
      case none_there: return fault::no_device;
      case not_ready: return fault::not_ready;
      case lost: return fault::device_lost;
      case capturing: return fault::capturing;
      default: return fault::other;
    }
  }
  [[nodiscard]] std::string_view words(moesaic::cuda::api_code code) const noexcept { return code.number == 0 ? "no error" : "said the double"; }

  // The engine's side, and the test's.
  /// Work of a stream, when its turn comes.
  void launch(moesaic::cuda::stream_handle stream, std::function<void()> kernel) {
    if (!lost_) of(stream)->work.push_back({op::kind::kernel, {}, 0, 0, std::move(kernel)});
  }
  /// Lets up to `steps` things happen.
  void run(std::uint32_t steps) {
    while (steps-- > 0 && step()) {}
  }
  void run_all() {
    while (step()) {}
  }
  [[nodiscard]] bool idle() const {
    return std::all_of(streams_.begin(), streams_.end(), [](const stream_state& s) { return s.work.empty(); });
  }
  /// The n-th call that can fail, from now on, does; 1 is the next. 0: none.
  void fail_call(std::uint64_t n, std::int32_t code) { fail_at_ = n == 0 ? 0 : calls_ + n, fail_with_ = code; }
  [[nodiscard]] bool has_failed() const { return fail_at_ != 0 && calls_ >= fail_at_; }
  /// From now on every call fails, and nothing that was given happens any more.
  void lose() {
    lost_ = true;
    for (stream_state& s : streams_) s.work.clear();
  }
  void set_bad_copies(std::uint32_t of_1000) { how_.bad_copies = of_1000; }
  [[nodiscard]] std::uint64_t calls() const { return calls_; }
  [[nodiscard]] std::uint64_t batches() const { return batches_; }
  [[nodiscard]] std::uint64_t copied() const { return copied_; }
  [[nodiscard]] std::uint64_t device_bytes() const { return held(device_); }
  [[nodiscard]] std::uint64_t pinned_bytes() const { return held(pinned_); }
  [[nodiscard]] std::uint64_t device_peak() const { return device_peak_; }
  [[nodiscard]] std::uint64_t pinned_peak() const { return pinned_peak_; }
  [[nodiscard]] std::size_t handles() const {
    const auto alive = [](const auto& one) { return one.alive; };
    return static_cast<std::size_t>(std::count_if(streams_.begin(), streams_.end(), alive) + std::count_if(events_.begin(), events_.end(), alive));
  }
  /// What was asked against the contract; empty for a good user.
  [[nodiscard]] const std::string& misuses() const { return misuses_; }

 private:
  struct op {
    enum class kind : std::uint8_t { copy, mark, wait, kernel } what;
    moesaic::cuda::copy_piece piece;
    std::size_t event;
    std::uint64_t generation;
    std::function<void()> body;
    std::uint64_t number = 0;  ///< of a copy
  };
  struct stream_state {
    std::deque<op> work;
    bool alive = true;
  };
  struct event_state {
    std::uint64_t asked = 0;    ///< times recorded
    std::uint64_t reached = 0;  ///< of these, the last that happened
    std::int64_t at = 0;
    bool alive = true;
  };
  struct allocation {
    std::unique_ptr<std::byte[]> memory;
    std::uint64_t size;
  };
  using memories = std::map<std::byte*, allocation>;

  static void* handle(std::size_t number) { return reinterpret_cast<void*>(number); }
  static std::size_t index(void* raw) { return reinterpret_cast<std::size_t>(raw) - 1; }
  stream_state* of(moesaic::cuda::stream_handle h) {
    return index(h.raw) < streams_.size() && streams_[index(h.raw)].alive ? &streams_[index(h.raw)] : nullptr;
  }
  event_state* of(moesaic::cuda::event_handle h) { return index(h.raw) < events_.size() && events_[index(h.raw)].alive ? &events_[index(h.raw)] : nullptr; }
  static std::uint64_t held(const memories& all) {
    std::uint64_t sum = 0;
    for (const auto& one : all) sum += one.second.size;
    return sum;
  }

  moesaic::cuda::api_code enter() {
    now_ += 10;
    if (++calls_ == fail_at_) {
      if (fail_with_ == lost) lose();
      return {fail_with_};
    }
    return {lost_ ? lost : 0};
  }
  void complain(const char* what) { misuses_.append(what).append("; "); }
  moesaic::cuda::api_code misuse(const char* what) {
    complain(what);
    return {invalid};
  }
  moesaic::cuda::answered<std::byte*> allocate(memories& of_kind, moesaic::bytes size, moesaic::bytes limit, std::uint64_t& peak) {
    if (const auto code = enter(); !code.ok()) return {code, nullptr};
    if (size.count > limit.count || held(of_kind) > limit.count - size.count) return {{no_memory}, nullptr};
    // 256 bytes as the runtime aligns; the room before lets the address be rounded up.
    auto memory = std::make_unique<std::byte[]>(size.count + 4096);
    auto* const at = reinterpret_cast<std::byte*>((reinterpret_cast<std::uintptr_t>(memory.get()) + 4095) / 4096 * 4096);
    std::fill_n(at, size.count, std::byte{0xEE});
    of_kind.emplace(at, allocation{std::move(memory), size.count});
    peak = std::max(peak, held(of_kind));
    return {{}, at};
  }
  void give_back(memories& of_kind, std::byte* memory, const char* what) {
    const auto found = of_kind.find(memory);
    if (found == of_kind.end()) return complain(what);
    for (const stream_state& s : streams_)
      for (const op& o : s.work)
        if (o.what == op::kind::copy && (inside(*found, o.piece.to) || inside(*found, o.piece.from))) complain("memory was given back under a copy");
    of_kind.erase(found);
  }
  static bool inside(const memories::value_type& one, const std::byte* p) { return p >= one.first && p < one.first + one.second.size; }
  moesaic::cuda::api_code give(const moesaic::cuda::copy_piece& piece, moesaic::cuda::stream_handle to) {
    if (of(to) == nullptr) return misuse("copy into a dead stream");
    if (how_.own_targets_only) {
      const bool good = std::any_of(device_.begin(), device_.end(),
                                    [&](const auto& one) { return inside(one, piece.to) && piece.to + piece.size.count <= one.first + one.second.size; });
      if (!good) return misuse("copy to what is no device memory");
    }
    of(to)->work.push_back({op::kind::copy, piece, 0, 0, {}, ++given_copies_});
    return {};
  }

  /// One thing happens somewhere. False: nothing can.
  bool step() {
    if (streams_.empty()) return false;
    const std::size_t from = dice_.below(static_cast<std::uint32_t>(streams_.size()));
    for (std::size_t i = 0; i < streams_.size(); ++i) {
      stream_state& s = streams_[(from + i) % streams_.size()];
      if (s.work.empty()) continue;
      op& next = s.work.front();
      if (next.what == op::kind::wait && events_[next.event].reached < next.generation) continue;
      if (how_.one_link && next.what == op::kind::copy && another_was_first(next.number)) continue;
      happen(s, next);
      return true;
    }
    return false;
  }
  [[nodiscard]] bool another_was_first(std::uint64_t number) const {
    return std::any_of(streams_.begin(), streams_.end(),
                       [=](const stream_state& s) { return !s.work.empty() && s.work.front().what == op::kind::copy && s.work.front().number < number; });
  }
  void happen(stream_state& s, op& next) {
    if (next.what == op::kind::copy && next.piece.size.count > 1 && dice_.below(3) == 0) {  // half of it now
      const std::uint64_t half = next.piece.size.count / 2;
      move(next.piece.to, next.piece.from, half);
      next.piece = {next.piece.to + half, next.piece.from + half, {next.piece.size.count - half}};
      return;
    }
    op done = std::move(next);
    s.work.pop_front();
    if (done.what == op::kind::copy) {
      move(done.piece.to, done.piece.from, done.piece.size.count);
    } else if (done.what == op::kind::mark) {
      events_[done.event].reached = std::max(events_[done.event].reached, done.generation);
      events_[done.event].at = now_;
    } else if (done.what == op::kind::kernel) {
      done.body();
    }
  }
  void move(std::byte* to, const std::byte* from, std::uint64_t size) {
    if (size > 0) std::memcpy(to, from, size);
    copied_ += size;
    now_ += static_cast<std::int64_t>(size);  // a byte a nanosecond
  }

  options how_;
  splitmix dice_;
  std::deque<stream_state> streams_;
  std::deque<event_state> events_;
  memories device_;
  memories pinned_;
  std::uint64_t device_peak_ = 0;
  std::uint64_t pinned_peak_ = 0;
  std::uint64_t calls_ = 0;
  std::uint64_t batches_ = 0;
  std::uint64_t given_copies_ = 0;
  std::uint64_t copied_ = 0;
  std::uint64_t fail_at_ = 0;
  std::int32_t fail_with_ = 0;
  std::int64_t now_ = 0;
  bool lost_ = false;
  std::string misuses_;
};

}  // namespace moesaic_test
