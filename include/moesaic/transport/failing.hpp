// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <moesaic/transport/dice.hpp>
#include <moesaic/transport/hand_held.hpp>

namespace moesaic::transports {

/// How a transfer that was picked goes wrong.
enum class failure : std::uint8_t {
  short_read,  ///< arrives with half of its bytes
  read_error,  ///< travels, and is reported as an error of the device (errno 5)
  refused,     ///< is never started
  late,        ///< arrives whole, but is reported only after `late_by` further polls and waits
  any,         ///< one of these, by chance
};

/// Which transfers go wrong: every reason counts alone.
struct failing_options {
  failure how = failure::any;
  std::uint32_t per_million = 0;        ///< chance of each transfer
  std::uint64_t every = 0;              ///< each n-th submission; 0: none
  std::vector<expert_id> experts = {};  ///< always these
  std::uint32_t late_by = 8;            ///< polls and waits for which a late one is held back
  std::uint64_t seed = 1;
};

/// Makes chosen transfers of the transport it owns fail, within the contract: one completion each, and a late one comes at
/// the latest when a wait has nothing else to report. What is reported as failed may have written its room.
/// Cost: O(open tickets + chosen experts) a call, no allocation after construction. Deterministic for a deterministic transport.
template <transport T>
class failing {
 public:
  failing(T link, failing_options options) : link_(std::move(link)), options_(std::move(options)), dice_(options_.seed) {
    doomed_.reserve(link_.capacity());
    held_.reserve(link_.capacity());
  }

  [[nodiscard]] std::uint32_t capacity() const noexcept { return link_.capacity(); }
  void submit(const transfer& what) noexcept {
    const auto fate = draw(what);
    if (fate == failure::refused) {
      held_.push_back({{what.number, transfer_status::refused, {}, 0}, 0});
      ++failed_;
      return;
    }
    if (fate) doomed_.push_back({what.number, *fate});
    link_.submit(what);
    ++inside_;
  }
  std::uint32_t poll(std::span<completion> out) noexcept {
    grow_old();
    gather(false);
    return report(out);
  }
  std::uint32_t wait(std::span<completion> out) noexcept {
    if (out.empty()) return 0;
    grow_old();
    gather(false);
    while (true) {
      if (const std::uint32_t told = report(out); told > 0) return told;
      if (!gather(true)) break;
    }
    for (late_completion& l : held_) l.polls_left = 0;  // nothing else is open: now they come
    return report(out);
  }
  bool cancel(ticket which) noexcept {
    if (!link_.cancel(which)) return false;
    std::erase_if(doomed_, [=](const doom& d) { return d.number == which; });
    --inside_;
    return true;
  }
  [[nodiscard]] link_cost cost() const noexcept { return link_.cost(); }
  nanoseconds now() noexcept { return link_.now(); }
  void advance(nanoseconds passed) noexcept
    requires hand_held<T>
  {
    link_.advance(passed);
  }
  /// Transfers reported as failed so far (late ones are not).
  [[nodiscard]] std::uint64_t failed() const noexcept { return failed_; }
  [[nodiscard]] T& inner() noexcept { return link_; }
  [[nodiscard]] const T& inner() const noexcept { return link_; }

 private:
  struct doom {
    ticket number;
    failure how;
  };
  struct late_completion {
    completion what;
    std::uint32_t polls_left;
  };

  [[nodiscard]] std::optional<failure> draw(const transfer& what) noexcept {
    ++submitted_;
    bool picked = options_.per_million > 0 && dice_.below(1'000'000) < options_.per_million;
    picked = picked || (options_.every > 0 && submitted_ % options_.every == 0);
    picked = picked || std::find(options_.experts.begin(), options_.experts.end(), what.expert) != options_.experts.end();
    if (!picked) return std::nullopt;
    return options_.how == failure::any ? static_cast<failure>(dice_.below(4)) : options_.how;
  }

  bool gather(bool blocking) noexcept {
    std::array<completion, 16> some;
    bool any = false;
    while (inside_ > 0) {
      const std::uint32_t n = blocking && !any ? link_.wait(some) : link_.poll(some);
      if (n == 0) break;
      for (std::uint32_t i = 0; i < n; ++i) receive(some[i]);
      inside_ -= n;
      any = true;
    }
    return any;
  }
  void receive(completion c) noexcept {
    std::uint32_t late = 0;
    const auto found = std::find_if(doomed_.begin(), doomed_.end(), [&](const doom& d) { return d.number == c.number; });
    if (found != doomed_.end()) {
      const failure how = found->how;
      doomed_.erase(found);
      if (how == failure::late) {
        late = options_.late_by;
      } else if (c.status == transfer_status::arrived) {
        const bool cut = how == failure::short_read;
        c.status = cut ? transfer_status::short_read : transfer_status::read_error;
        c.system_error = cut ? 0 : 5;
        if (cut) c.moved.count /= 2;
        ++failed_;
      }
    }
    held_.push_back({c, late});
  }
  void grow_old() noexcept {
    for (late_completion& l : held_) l.polls_left -= l.polls_left > 0 ? 1U : 0U;
  }
  std::uint32_t report(std::span<completion> out) noexcept {
    std::uint32_t told = 0;
    for (auto h = held_.begin(); h != held_.end() && told < out.size();) {
      if (h->polls_left > 0) {
        ++h;
      } else {
        out[told++] = h->what;
        h = held_.erase(h);
      }
    }
    return told;
  }

  T link_;
  failing_options options_;
  dice dice_;
  std::vector<doom> doomed_;           // open inside
  std::vector<late_completion> held_;  // to report
  std::uint64_t submitted_ = 0;
  std::uint64_t failed_ = 0;
  std::uint32_t inside_ = 0;
};

}  // namespace moesaic::transports
