// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <moesaic/cache/residency.hpp>
#include <moesaic/concepts/moe_model.hpp>
#include <moesaic/core/counters.hpp>
#include <moesaic/core/step_outcome.hpp>
#include <moesaic/sim/window_bound.hpp>

#include "command_line/policy_choice.hpp"
#include "preview_tally.hpp"
#include "work_times.hpp"

namespace moesaic::decoder {

/// What drafting came to. A window is a step of a run with a drafter; `drafted_windows` are those in which something was drafted.
struct speculation_tally {
  std::uint64_t windows = 0, drafted_windows = 0, drafted = 0, verified = 0, accepted = 0;
  std::uint64_t committed = 0;  ///< accepted + windows
  nanoseconds drafting{};

  /// `not_taken`: tokens that were committed behind an end token; they count as not accepted.
  void add(const step_outcome& o, std::uint32_t not_taken) noexcept {
    ++windows;
    drafted_windows += o.drafted.count != 0 ? 1 : 0;
    drafted += o.drafted.count;
    verified += o.verified.count;
    accepted += o.accepted.count - std::min(not_taken, o.accepted.count);
    committed = accepted + windows;
    drafting += o.drafting;
  }
};

/// Everything a run can say about itself. Zeros where a dense model has nothing to say.
struct report {
  struct {
    std::string path, architecture;
    std::uint32_t layers = 0, moe_layers = 0, experts = 0, top_k = 0;
    bytes expert_bytes_total{}, expert_bytes_max{};
    std::uint32_t vocabulary = 0, context = 0;
    std::uint64_t resident_bytes = 0, cache_bytes = 0;
  } model;
  std::string system;
  command_line::policy_names policies;
  struct {
    bytes total{}, floor{}, recommended{}, frame{};
    std::uint32_t frames = 0;
  } budget;
  memory_peak peak{};
  struct {
    std::string backend;
    bool direct = false;
    bytes read{};
    std::optional<bytes> kernel_read;  ///< the kernel's own count of what this process read from storage since loading ended
    bytes alignment{};
  } io;
  std::vector<token_id> prompt_ids, ids;
  std::string text;
  std::string stopped_by;  ///< "tokens", "end_token" or "forced_ids"
  struct {
    double load = 0, prefill = 0, decode = 0;
  } seconds;
  std::vector<double> step_seconds;  ///< each step behind the prompt: a cold cache shows
  work_times prompt_work, decode_work;  ///< of a model with routed experts
  std::vector<preview_tally::found> foretold;  ///< by layers ahead; empty unless gates were asked early
  std::uint32_t decoded = 0;  ///< tokens behind the first, which the prompt gives
  counters decode{}, prefill{};
  sim::window_counts regret{};  ///< of the last steps
  std::string draft = "none";
  bytes draft_bytes{};
  speculation_tally speculation;

  [[nodiscard]] double tokens_per_second() const noexcept { return seconds.decode > 0 ? decoded / seconds.decode : 0; }
};

/// The JSON object `moesaic.decode/1`.
[[nodiscard]] std::string as_json(const report& r);
/// A few lines for people.
[[nodiscard]] std::string summary(const report& r);

}  // namespace moesaic::decoder
