// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>

#include <moesaic/core/expert.hpp>
#include <moesaic/core/quantity.hpp>

namespace moesaic {

/// What the model is doing. `verify` is a forward pass over drafted tokens, `draft` a pass of the drafter itself.
enum class phase : std::uint8_t { prefill, decode, draft, verify };

/// One expert that an event wants, and how much.
struct demand {
  expert_index expert{};
  std::uint32_t tokens = 0;  ///< how many of the event's tokens are routed to it, at least 1
  gate_mass mass{};          ///< sum of their gate weights; 0 where the source has no weights
};

/// The whole expert set of one (step, layer): the unit of residency. Hits are judged against the state at its start,
/// every miss is served, and nothing it still uses can be evicted.
/// The spans belong to the caller and need to live only while the call that takes the event runs.
struct layer_event {
  step_index step{};
  token_index first_token{};            ///< index of the step's first token; the clock of decayed counts
  layer_index layer{};
  phase during = phase::decode;
  std::uint32_t tokens = 1;             ///< tokens of the step
  std::span<const demand> wanted{};     ///< ascending and distinct by expert; never empty
  std::span<const expert_index> routes{}; ///< tokens × top-k in rank order; may be empty
  std::span<const float> weights{};       ///< gate weights beside `routes`; may be empty
};

/// Where early knowledge about routing comes from. The published systems differ exactly in this.
enum class provenance : std::uint8_t {
  target_router,                ///< the truth, one layer at a time
  draft_router,                 ///< a drafter of the target's own architecture routed the drafted token
  target_gate_on_draft_hidden,  ///< the target's gate applied to a drafter's hidden state
  history,                      ///< earlier steps
  target_gate_ahead,            ///< a later layer's own gate, applied to the hidden state of the layer that runs now
};

/// Early knowledge about one token of the coming window, or of the running one, in one layer. Which spans are filled depends on `from`.
struct hint {
  provenance from = provenance::history;
  layer_index layer{};
  draft_length at{};                      ///< position in the window: 0 is the first row that will be verified, at most 63
  std::span<const expert_index> experts{};  ///< most probable first
  std::span<const float> weights{};         ///< gate weights beside `experts`, or empty
  std::span<const float> hidden{};          ///< hidden state of the drafter, or empty
};

}  // namespace moesaic
