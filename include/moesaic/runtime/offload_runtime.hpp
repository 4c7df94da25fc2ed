// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include <moesaic/cache/residency.hpp>
#include <moesaic/concepts/acceptance_rule.hpp>
#include <moesaic/concepts/drafter.hpp>
#include <moesaic/concepts/moe_model.hpp>
#include <moesaic/core/routing.hpp>
#include <moesaic/runtime/drafting.hpp>
#include <moesaic/speculation/greedy.hpp>
#include <moesaic/speculation/no_draft.hpp>

namespace moesaic {

struct runtime_options {
  residency_options residency{};
  /// Prompt tokens per forward pass, 1 to 4,096. Larger passes share each expert among more tokens and need more memory.
  std::uint32_t prefill_chunk = 64;
  /// Wanted time per step, for governors that know limits; 0: none.
  nanoseconds time_limit{};
};

/// What a step committed. `tokens` is valid until the next call.
struct step_report {
  std::span<const token_id> tokens;
  step_outcome outcome{};
};

/// The library's own loop, for those who have none: draft, prefetch while drafting, verify layer by layer, accept, observe.
///
/// Speculation is lossless: what is committed follows the law of the acceptance rule as if there were no drafter.
/// One sequence; one thread at a time. After an error the sequence stands where it was before the call, and the call may be
/// repeated. All parts are held by value; who shares one hands in a type that refers to it.
template <class Model, class Transport, class Bundle, class Draft = speculation::no_draft, class Acceptance = speculation::greedy, class Arena = uniform_arena>
class offload_runtime {
  static_assert(explain_moe_model<Model>());
  static_assert(explain_policy_bundle<Bundle>());
  static_assert(explain_drafter<Draft>());
  static_assert(explain_acceptance_rule<Acceptance>());

 public:
  using residency_type = residency<Transport, Bundle, Arena>;
  static constexpr std::uint32_t longest_draft = forecast::longest_window - 1;

  [[nodiscard]] static result<offload_runtime> create(Model model, Transport link, Bundle policies, runtime_options options, Draft draft = {},
                                                      Acceptance rule = {}, Arena rooms = {}) {
    if (options.prefill_chunk == 0 || options.prefill_chunk > 4'096)
      return error(error_code::bad_argument, "a prefill chunk has 1 to 4096 tokens, got ", options.prefill_chunk);
    const model_shape& shape = model.shape();
    auto cache = residency_type::create(shape, std::move(link), std::move(policies), std::move(options.residency), std::move(rooms));
    if (!cache) return cache.error();
    return result<offload_runtime>(offload_runtime(std::move(model), std::move(*cache), std::move(draft), std::move(rule), options));
  }

  /// Before the first prompt: lets the prefetch scheduler bring all it asks for, and waits. `fill_room` fills what room there is;
  /// who needs a forecast asks for nothing yet.
  void warm_up() noexcept { cache_.pump_until_quiet(); }

  /// Runs a prompt behind what is already there, in chunks, and chooses the first token behind it.
  result<token_id> prefill(std::span<const token_id> prompt);

  /// Commits at least one token and at most `most`.
  result<step_report> step(std::uint32_t most = longest_draft + 1) {
    step_outcome outcome = begin_step();
    if (result<void> drafted = draft_ahead(outcome, most); !drafted) return take_back_draft(drafted.error());
    const result<logits_view> logits = verify(outcome);
    if (!logits) return take_back_draft(logits.error());
    accept(*logits, outcome);
    return observe(outcome);
  }

  /// Runs the last committed token without choosing another: its logits, for those who measure.
  result<logits_view> evaluate_last() {
    const result<logits_view> logits = run({{&last_, 1}, place_, phase::decode, rows_wanted::last});
    if (logits) move_on(1);
    return logits;
  }

  [[nodiscard]] residency_type& cache() noexcept { return cache_; }
  [[nodiscard]] Model& model() noexcept { return model_; }
  [[nodiscard]] Draft& drafter() noexcept { return draft_; }
  [[nodiscard]] Acceptance& acceptance() noexcept { return rule_; }
  [[nodiscard]] position length() const noexcept { return place_; }  ///< tokens in the model's cache

 private:
  offload_runtime(Model model, residency_type cache, Draft draft, Acceptance rule, const runtime_options& options)
      : model_(std::move(model)),
        cache_(std::move(cache)),
        draft_(std::move(draft)),
        rule_(std::move(rule)),
        demands_(cache_.shape().widest_layer()),
        chunk_(options.prefill_chunk),
        time_limit_(options.time_limit) {
    window_.reserve(forecast::longest_window);
    drafted_.reserve(longest_draft);
    committed_.reserve(forecast::longest_window);
  }

  [[nodiscard]] step_outcome begin_step() noexcept {
    began_ = cache_.link().now();
    before_ = cache_.count();
    window_.assign(1, last_);
    drafted_.clear();
    step_outcome outcome;
    outcome.step = step_;
    return outcome;
  }
  result<void> draft_ahead(step_outcome& outcome, std::uint32_t most);
  /// Nothing was committed: the drafter stands where the sequence stands, and what it foretold is void.
  [[nodiscard]] error take_back_draft(const error& why) {
    (void)draft_.committed({});
    cache_.hear(draft_cut{});
    if (std::exchange(drafting_, false)) cache_.hear(draft_ended{});
    return why;
  }
  result<logits_view> verify(step_outcome& outcome);
  void accept(const logits_view& logits, step_outcome& outcome);
  result<step_report> observe(step_outcome& outcome);

  result<logits_view> run(const token_window& window);
  result<void> run_layer(const token_window& window, layer_index layer);
  [[nodiscard]] auto speculating(draft_length possible) const noexcept {
    return speculation_scene<decltype(Bundle::scoring)>{
        cache_.look(), {static_cast<std::uint32_t>(drafted_.size())}, drafted_.empty() ? 1.0F : drafted_.back().probability, possible, time_limit_};
  }
  /// What the governor was asked and answered, for whoever watches.
  template <class Answer>
  Answer noted(seen::governor_asked::question what, draft_length possible, Answer answer) noexcept {
    cache_.note(seen::governor_asked{
        what, {static_cast<std::uint32_t>(drafted_.size())}, drafted_.empty() ? 1.0F : drafted_.back().probability, possible, time_limit_});
    if constexpr (std::is_same_v<Answer, bool>)
      cache_.note(seen::governor_answered{answer ? 1U : 0U});
    else
      cache_.note(seen::governor_answered{answer.count});
    return answer;
  }
  void move_on(std::uint32_t tokens) noexcept {
    place_ += position{tokens};
    token_ += token_index{tokens};
    ++step_.count;
  }

  Model model_;
  residency_type cache_;
  Draft draft_;
  Acceptance rule_;
  demand_collector demands_;
  std::vector<token_id> window_;
  std::vector<drafted_token> drafted_;
  std::vector<token_id> committed_;
  token_id last_ = 0;
  position place_{};
  token_index token_{};
  step_index step_{};
  counters before_{};
  nanoseconds began_{};
  bool drafting_ = false;  ///< a draft has been begun and not ended
  std::uint32_t chunk_;
  nanoseconds time_limit_{};
};

template <class M, class T, class B, class D, class A, class R>
result<token_id> offload_runtime<M, T, B, D, A, R>::prefill(std::span<const token_id> prompt) {
  if (prompt.empty()) return error(error_code::bad_argument, "the prompt is empty; give at least one token");
  const position start = place_;
  for (std::size_t done = 0; done < prompt.size(); done += chunk_) {
    const auto part = prompt.subspan(done, std::min<std::size_t>(chunk_, prompt.size() - done));
    const bool at_end = done + part.size() == prompt.size();
    const result<logits_view> logits = run({part, place_, phase::prefill, at_end ? rows_wanted::last : rows_wanted::none});
    if (!logits) {
      model_.keep(start);
      place_ = start;
      return logits.error();
    }
    cache_.end_step({.step = step_, .committed = {static_cast<std::uint32_t>(part.size())}});
    move_on(static_cast<std::uint32_t>(part.size()));
    if (at_end) last_ = rule_.choose(logits->row(logits->rows() - 1));
  }
  committed_.assign(prompt.begin(), prompt.end());
  committed_.push_back(last_);
  if (result<void> told = draft_.committed(committed_); !told) return told.error();
  return last_;
}

/// Asks the drafter for tokens as long as the governor wants more; what they reveal goes to the predictor, and the idle link
/// to the prefetch scheduler.
template <class M, class T, class B, class D, class A, class R>
result<void> offload_runtime<M, T, B, D, A, R>::draft_ahead(step_outcome& outcome, std::uint32_t most) {
  auto& governor = cache_.policies().speculation;
  const draft_length possible{std::min(std::max(most, 1U) - 1, longest_draft)};
  using question = seen::governor_asked::question;
  const draft_length longest = std::min(noted(question::longest, possible, governor.longest(speculating(possible))), possible);
  drafting_ = longest.count > 0;
  if (drafting_) cache_.hear(draft_started{longest});
  while (drafted_.size() < longest.count) {
    const nanoseconds asked = cache_.link().now();
    const result<std::optional<drafted_token>> proposed = propose(draft_, cache_);
    if (!proposed) return proposed.error();
    if (!*proposed) break;
    const nanoseconds took = cache_.link().now() - asked;
    drafted_.push_back(**proposed);
    cache_.hear(token_drafted{{static_cast<std::uint32_t>(drafted_.size())}, took});
    cache_.pump();
    if (!noted(question::keep_drafting, possible, governor.keep_drafting(speculating(possible)))) break;
  }
  outcome.drafted = {static_cast<std::uint32_t>(drafted_.size())};
  outcome.verified = drafted_.empty() ? draft_length{} : std::min(noted(question::verify, possible, governor.verify(speculating(possible))), outcome.drafted);
  outcome.verified = std::max(outcome.verified, drawn(drafted_));
  if (outcome.verified < outcome.drafted) cache_.hear(draft_cut{{outcome.verified.count + 1}});
  if (std::exchange(drafting_, false)) {
    cache_.hear(draft_ended{outcome.verified});
    cache_.pump();
  }
  outcome.drafting = cache_.link().now() - began_;
  return {};
}

/// The target's pass over the last committed token and the drafted ones behind it.
template <class M, class T, class B, class D, class A, class R>
result<logits_view> offload_runtime<M, T, B, D, A, R>::verify(step_outcome& outcome) {
  for (std::uint32_t i = 0; i < outcome.verified.count; ++i) window_.push_back(drafted_[i].token);
  const bool speculates = outcome.verified.count != 0;
  return run({window_, place_, speculates ? phase::verify : phase::decode, speculates ? rows_wanted::all : rows_wanted::last});
}

template <class M, class T, class B, class D, class A, class R>
void offload_runtime<M, T, B, D, A, R>::accept(const logits_view& logits, step_outcome& outcome) {
  std::uint32_t accepted = 0;
  while (accepted < outcome.verified.count && rule_.accepts(logits.row(accepted), drafted_[accepted])) ++accepted;
  last_ = rule_.choose(logits.row(std::min(accepted, logits.rows() - 1)));
  outcome.accepted = {accepted};
  outcome.committed = {accepted + 1};
  if (accepted == outcome.verified.count && accepted < drafted_.size())
    outcome.beyond = drafted_[accepted].token == last_ ? step_outcome::fate::stood : step_outcome::fate::fell;
  committed_.assign(window_.begin() + 1, window_.begin() + 1 + accepted);
  committed_.push_back(last_);
  move_on(accepted + 1);
  if (accepted < outcome.verified.count) model_.keep(place_);
}

template <class M, class T, class B, class D, class A, class R>
result<step_report> offload_runtime<M, T, B, D, A, R>::observe(step_outcome& outcome) {
  const counters spent = cache_.count().since(before_);
  outcome.verifying = cache_.link().now() - began_ - outcome.drafting;
  outcome.stalled = spent.stall;
  outcome.demanded = spent.bytes_demanded;
  outcome.prefetched = spent.bytes_prefetched;
  cache_.note(seen::governor_told{outcome});
  cache_.policies().speculation.observe(outcome);
  cache_.end_step(outcome);
  if (result<void> told = draft_.committed(committed_); !told) return told.error();
  return step_report{committed_, outcome};
}

template <class M, class T, class B, class D, class A, class R>
result<logits_view> offload_runtime<M, T, B, D, A, R>::run(const token_window& window) {
  result<void> done = model_.begin(window);
  for (std::uint32_t l = 0; done && l < cache_.shape().layers(); ++l) done = run_layer(window, static_cast<layer_index>(l));
  if (done) return model_.finish();
  model_.keep(window.first);
  return done.error();
}

/// One event: route, lease, look ahead while experts travel, compute each as it becomes ready, combine.
template <class M, class T, class B, class D, class A, class R>
result<void> offload_runtime<M, T, B, D, A, R>::run_layer(const token_window& window, layer_index layer) {
  const result<routed_layer> routed = model_.route(layer);
  if (!routed) return routed.error();
  const auto tokens = static_cast<std::uint32_t>(window.tokens.size());
  const auto k = static_cast<std::uint32_t>(routed->routes.size() / tokens);
  const auto wanted = demands_.collect({provenance::target_router, window.during, tokens, k, routed->routes, routed->weights});
  if (wanted.empty()) return model_.combine(layer);  // nobody is routed here: no event happens
  auto held = cache_.acquire({step_, token_, layer, window.during, tokens, wanted, routed->routes, routed->weights});
  if (!held) return held.error();
  if constexpr (foresighted_model<M>) {
    const std::span<const hint> ahead = model_.look_ahead(layer);
    for (const hint& early : ahead) cache_.hear(early);
    if (!ahead.empty()) cache_.pump();
  }
  for (;;) {
    const result<std::optional<seat>> ready = held->next();
    if (!ready) return ready.error();
    if (!*ready) break;
    if (result<void> ran = model_.run(**ready); !ran) return ran;
    held->release(**ready);
  }
  held->end();
  return model_.combine(layer);
}

}  // namespace moesaic
