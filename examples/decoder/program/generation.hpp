// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <vector>

#include <moesaic/core/result.hpp>

#include "report.hpp"
#include "text_output.hpp"

namespace moesaic::decoder {

struct generation_order {
  std::span<const token_id> prompt;
  std::uint32_t tokens = 0;    ///< to choose, at most
  bool ignore_end = false;     ///< go on behind an end token
  bool evaluate_last = false;  ///< run the last token, too: somebody wants its logits or routes
  bool tokens_are_forced = false;
  bool drafts = false;         ///< somebody proposes tokens: count windows
};

/// Prompt, then token after token, from any loop with prefill, step, evaluate_last, forget and count. Fills in ids, times and
/// counters as it goes, so that they are right also where it fails. What a window committed behind an end token is not taken.
/// Errors: the loop's, or standard output's.
template <class Loop>
result<void> generate(Loop& loop, const generation_order& order, const tokenizer& words, text_output& out, report& r) {
  using clock = std::chrono::steady_clock;
  const auto seconds_since = [](clock::time_point t) { return std::chrono::duration<double>(clock::now() - t).count(); };

  const clock::time_point began = clock::now();
  const result<token_id> first = loop.prefill(order.prompt);
  r.seconds.prefill = seconds_since(began);
  r.prefill = loop.count();
  if (!first) return first.error();
  r.stopped_by = "tokens";
  if (order.tokens == 0) return {};

  bool ended = false;
  const auto take = [&](token_id id) -> result<void> {
    r.ids.push_back(id);
    ended = !order.ignore_end && words.ends_text(id);
    return ended ? result<void>() : out.take(id);
  };
  if (result<void> taken = take(*first); !taken) return taken;

  const clock::time_point decoding = clock::now();
  const auto note = [&] {
    r.seconds.decode = seconds_since(decoding);
    r.decode = loop.count().since(r.prefill);
  };
  std::uint32_t behind_end = 0;
  while (r.ids.size() < order.tokens && !ended) {
    const clock::time_point stepping = clock::now();
    const auto step = loop.step(order.tokens - static_cast<std::uint32_t>(r.ids.size()));
    if (!step) return note(), step.error();
    r.step_seconds.push_back(seconds_since(stepping));
    for (const token_id id : step->tokens) {
      if (ended) {
        ++behind_end;
        continue;
      }
      ++r.decoded;
      if (result<void> taken = take(id); !taken) return note(), taken;
    }
    if constexpr (requires { step->outcome; })
      if (order.drafts) r.speculation.add(step->outcome, behind_end);
  }
  if (behind_end != 0) {
    loop.forget({static_cast<std::uint32_t>(order.prompt.size() + r.ids.size())});  // the end token itself has been run
  } else if (order.evaluate_last) {
    if (const auto last = loop.evaluate_last(); !last) return note(), last.error();
    ++r.decoded;
  }
  note();
  if (ended)
    r.stopped_by = "end_token";
  else if (order.tokens_are_forced)
    r.stopped_by = "forced_ids";
  return {};
}

}  // namespace moesaic::decoder
