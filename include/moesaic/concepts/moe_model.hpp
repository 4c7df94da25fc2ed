// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>

#include <moesaic/core/event.hpp>
#include <moesaic/core/model_shape.hpp>
#include <moesaic/core/residence.hpp>
#include <moesaic/core/result.hpp>

namespace moesaic {

/// A token of the model's vocabulary.
using token_id = std::int32_t;

enum class rows_wanted : std::uint8_t { all, last, none };

/// Consecutive tokens of one sequence, to be run in one forward pass: a part of a prompt, one token, or the last committed
/// token and the drafted ones behind it.
struct token_window {
  std::span<const token_id> tokens{};  ///< at least one
  position first{};                  ///< place of tokens[0] in the sequence; everything before it is in the cache
  phase during = phase::decode;
  rows_wanted rows = rows_wanted::last;
};

/// What a router decided for a window in one layer. Spans are valid until the next call.
struct routed_layer {
  std::span<const expert_index> routes{};  ///< tokens × top-k, rank order
  std::span<const float> weights{};        ///< beside them, as the model will apply them
};

/// Logits of the wanted rows, [rows][vocabulary]; valid until the next call.
struct logits_view {
  std::span<const float> values{};
  std::uint32_t vocabulary = 0;

  [[nodiscard]] std::uint32_t rows() const noexcept { return vocabulary == 0 ? 0 : static_cast<std::uint32_t>(values.size() / vocabulary); }
  [[nodiscard]] std::span<const float> row(std::uint32_t i) const noexcept { return values.subspan(std::size_t{i} * vocabulary, vocabulary); }
};

/// A model whose routed experts are run one at a time, wherever their weights lie. What the library's own loop needs; an
/// engine with a loop of its own needs only a `model_shape`.
///
/// Contract. Calls come in this order: begin, then for each MoE layer in order: route, run once per distinct expert of the
/// answer (in any order), combine; then finish. `run` computes the expert for all of its tokens from the seat it is given
/// and must not touch the seat after it returns. `combine` adds up in an order of its own that does not depend on the order
/// of the runs, so that the output is bitwise the same for every policy and budget. After an error the window is abandoned;
/// the next call is keep or begin. `keep(p)` forgets everything at and after position p: a rejected draft, or a failed window.
/// One thread at a time; what runs inside is the model's own affair.
template <class M>
concept moe_model = requires(M model, const M& view, const token_window& window, layer_index layer, const seat& where, position p) {
  { view.shape() } noexcept -> std::same_as<const model_shape&>;
  { model.begin(window) } -> std::same_as<result<void>>;
  { model.route(layer) } -> std::same_as<result<routed_layer>>;
  { model.run(where) } -> std::same_as<result<void>>;
  { model.combine(layer) } -> std::same_as<result<void>>;
  { model.finish() } -> std::same_as<result<logits_view>>;
  { model.keep(p) } noexcept -> std::same_as<void>;
};

namespace archetype {
struct model {
  [[nodiscard]] const model_shape& shape() const noexcept;
  result<void> begin(const token_window&);
  result<routed_layer> route(layer_index);
  result<void> run(const seat&);
  result<void> combine(layer_index);
  result<logits_view> finish();
  void keep(position) noexcept;
};
struct foresighted_model : model {
  std::span<const hint> look_ahead(layer_index);
};
}  // namespace archetype
static_assert(moe_model<archetype::model>);

/// A model that also says early whom later layers will probably want: their own gates, applied to what the layer that runs now
/// was routed from. A refinement, so a model without it costs nothing. `look_ahead(layer)` is asked once per event, when its
/// experts have been leased and travel, and answers hints with provenance target_gate_ahead: nearest layer first, rows
/// ascending. Spans are valid until the next call. It may answer nothing, and must not change what the model computes.
template <class M>
concept foresighted_model = moe_model<M> && requires(M model, layer_index layer) {
  { model.look_ahead(layer) } -> std::same_as<std::span<const hint>>;
};
static_assert(foresighted_model<archetype::foresighted_model>);
static_assert(!foresighted_model<archetype::model>);

/// Compiles if `M` models moe_model; else stops with a sentence that names what is missing.
template <class M>
consteval bool explain_moe_model() {
  constexpr bool shaped = requires(const M& view) { view.shape(); };
  static_assert(shaped, "model lacks  const model_shape& shape() const noexcept");
  constexpr bool begins = requires(M model, const token_window& window) { model.begin(window); };
  static_assert(begins, "model lacks  result<void> begin(const token_window&)");
  constexpr bool routes = requires(M model, layer_index layer) { model.route(layer); };
  static_assert(routes, "model lacks  result<routed_layer> route(layer_index)");
  constexpr bool runs = requires(M model, const seat& where) { model.run(where); };
  static_assert(runs, "model lacks  result<void> run(const seat&)");
  constexpr bool combines = requires(M model, layer_index layer) { model.combine(layer); };
  static_assert(combines, "model lacks  result<void> combine(layer_index)");
  constexpr bool finishes = requires(M model) { model.finish(); };
  static_assert(finishes, "model lacks  result<logits_view> finish()");
  constexpr bool rolls_back = requires(M model, position p) { model.keep(p); };
  static_assert(rolls_back, "model lacks  void keep(position) noexcept");
  static_assert(!(shaped && begins && routes && runs && combines && finishes && rolls_back) || moe_model<M>,
                "model has every call, but a return type or a noexcept differs");
  return moe_model<M>;
}

}  // namespace moesaic
