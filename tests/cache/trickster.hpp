// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <span>
#include <vector>

#include <moesaic/concepts/transport.hpp>
#include <moesaic/transport/content.hpp>

#include "support/splitmix.hpp"

namespace moesaic_test {
using namespace moesaic;

/// What a trickster saw and what it objects to. Shared with the test, because the transport moves into the residency.
struct trickster_log {
  struct range {
    const std::byte* begin = nullptr;
    std::size_t size = 0;
  };
  const char* objection = nullptr;   ///< the first broken promise of the core
  std::span<std::byte> slab;         ///< every room has to lie inside
  std::vector<range> untouchable;    ///< rooms the engine computes from right now
  std::uint64_t submitted = 0;
  std::uint64_t reported = 0;
  std::uint64_t failed = 0;
  std::uint64_t cancelled = 0;
  bytes moved{};
  std::uint32_t open = 0;
  std::uint64_t calls_without_progress = 0;  ///< the test sets it back; a core that spins is caught here
  std::array<completion, 4096> last{};       ///< by ticket modulo its size

  void object(const char* what) noexcept {
    if (objection == nullptr) objection = what;
  }
  [[nodiscard]] bool arrived(ticket t) const noexcept { return is_reported(t) && entry(t).status == transfer_status::arrived; }
  [[nodiscard]] bool failed_to_arrive(ticket t) const noexcept { return is_reported(t) && entry(t).status != transfer_status::arrived; }
  [[nodiscard]] bool is_reported(ticket t) const noexcept { return entry(t).number == t; }
  [[nodiscard]] const completion& entry(ticket t) const noexcept { return last[t.number % last.size()]; }
};

struct trickster_options {
  std::uint32_t capacity = 4;
  std::uint64_t seed = 1;
  std::uint32_t fails_of_1000 = 0;
  std::uint32_t reports_of_1000 = 500;   ///< chance of an open transfer to be reported by a poll
  std::uint32_t starts_of_1000 = 500;    ///< chance to start per call; what has started cannot be cancelled
};

/// A transport that keeps its contract and no more: reports in any order, as late as it may, with failures of every kind;
/// writes the parts of an expert at different moments and rubbish in between; holds the core to its side of the contract.
/// No allocation after construction.
class trickster {
 public:
  trickster(const trickster_options& options, trickster_log& log) : options_(options), random_{options.seed}, log_(&log) { open_.reserve(options.capacity); }

  [[nodiscard]] std::uint32_t capacity() const noexcept { return options_.capacity; }
  void submit(const transfer& what) noexcept {
    be_patient();
    if (open_.size() == options_.capacity) log_->object("more transfers open than the transport's capacity");
    if (what.number.number != ++tickets_) log_->object("tickets are not numbered one by one");
    if (what.size.count == 0) log_->object("a transfer of nothing");
    if (what.to == nullptr && !log_->slab.empty()) log_->object("a transfer to nowhere");
    if (what.to != nullptr) {
      const auto size = static_cast<std::size_t>(what.size.count);
      if (what.to < log_->slab.data() || what.to + size > log_->slab.data() + log_->slab.size()) log_->object("a room outside the slab");
      for (const travelling& t : open_)
        if (overlap(what.to, size, t.what.to, static_cast<std::size_t>(t.what.size.count))) log_->object("two transfers write to one place");
      for (const trickster_log::range& r : log_->untouchable)
        if (overlap(what.to, size, r.begin, r.size)) log_->object("a transfer writes where the engine computes from");
      if (log_->objection != nullptr) return;  // do not write outside
      std::memset(what.to, 0xEE, size);
    }
    open_.push_back({what, random_.chance(options_.starts_of_1000), random_.chance(options_.fails_of_1000)});
    ++log_->submitted;
    log_->open = static_cast<std::uint32_t>(open_.size());
  }
  std::uint32_t poll(std::span<completion> out) noexcept { return report(out, 0); }
  std::uint32_t wait(std::span<completion> out) noexcept {
    time_.count += random_.below(1'000);
    return report(out, 1);
  }
  bool cancel(ticket which) noexcept {
    be_patient();
    for (travelling& t : open_) {
      if (t.what.number != which) continue;
      if (t.started) return false;
      t = open_.back();
      open_.pop_back();
      ++log_->cancelled;
      log_->open = static_cast<std::uint32_t>(open_.size());
      return true;
    }
    log_->object("a ticket was cancelled that is not open");
    return false;
  }
  [[nodiscard]] link_cost cost() const noexcept { return {{100}, {1e8}}; }
  nanoseconds now() noexcept {
    time_.count += random_.below(3);
    return time_;
  }
  void advance(nanoseconds passed) noexcept { time_ += passed; }

 private:
  struct travelling {
    transfer what;
    bool started;
    bool fails;
  };
  static bool overlap(const std::byte* a, std::size_t n, const std::byte* b, std::size_t m) noexcept {
    return a != nullptr && b != nullptr && a < b + m && b < a + n;
  }
  void be_patient() noexcept {
    if (++log_->calls_without_progress < 1'000'000) return;
    std::fputs("the residency asks its transport for ever\n", stderr);
    std::abort();
  }
  std::uint32_t report(std::span<completion> out, std::uint32_t least) noexcept {
    be_patient();
    std::uint32_t told = 0;
    do {
      for (std::size_t i = open_.size(); i-- > 0 && told < out.size();) {
        travelling& t = open_[i];
        if (!t.started) t.started = random_.chance(options_.starts_of_1000);
        if (t.started && t.what.to != nullptr) write_a_part(t);
        if (!t.started && !(told < least && random_.chance(100))) continue;
        if (!random_.chance(options_.reports_of_1000)) continue;
        out[told++] = finish(t);
        t = open_.back();
        open_.pop_back();
      }
    } while (told < least && !open_.empty() && !out.empty());
    log_->open = static_cast<std::uint32_t>(open_.size());
    return told;
  }
  /// The first half arrives early, as one part of an expert does.
  static void write_a_part(const travelling& t) noexcept {
    for (std::uint64_t i = 0; i < t.what.size.count / 2; ++i) t.what.to[i] = transports::pattern_at(t.what.expert, i);
  }
  completion finish(const travelling& t) noexcept {
    completion c{t.what.number, transfer_status::arrived, t.what.size, 0};
    if (t.fails) {
      constexpr std::array kinds{transfer_status::short_read, transfer_status::read_error, transfer_status::refused};
      c.status = kinds[random_.below(3)];
      c.moved = c.status == transfer_status::refused ? bytes{} : bytes{t.what.size.count / 2};
      c.system_error = c.status == transfer_status::read_error ? 5 : 0;
      ++log_->failed;
    } else if (t.what.to != nullptr) {
      for (std::uint64_t i = 0; i < t.what.size.count; ++i) t.what.to[i] = transports::pattern_at(t.what.expert, i);
    }
    log_->moved += c.moved;
    ++log_->reported;
    log_->last[c.number.number % log_->last.size()] = c;
    return c;
  }

  trickster_options options_;
  splitmix random_;
  trickster_log* log_;
  std::vector<travelling> open_;
  std::uint64_t tickets_ = 0;
  nanoseconds time_{};
};
static_assert(transport<trickster>);

}  // namespace moesaic_test
