// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <moesaic/core/forecast.hpp>
#include <moesaic/trace/event_table.hpp>
#include <moesaic/transport/dice.hpp>

namespace moesaic::sim {

/// What a drafter would have told: the routes of the tokens to come, each less sure than the one before. With it a replay shows
/// what looking ahead is worth before there is anything that looks ahead.
///
/// Before each event it writes the routes of the next `tokens` tokens of the same sequence in the event's layer: row 0 is the
/// token after the event's last. Each further token is right with probability `survival`; after the first wrong one all are
/// random, top-k different experts. Whether a token is right is drawn once for all layers: a wrong token is wrong everywhere.
/// A row's confidence is survival^(row + 1). Other layers keep what was written at their last event, as in a real run.
///
/// Source: the experiment of SpecMD-like replays with partial futures; ours in this form. Equal seeds, equal draws everywhere.
/// Cost: O(tokens × top-k) per event. The table keeps its routes (window_options::keep_routes) and stays where it is.
class true_tokens {
 public:
  struct options {
    std::uint32_t tokens = 4;   ///< 1 to 64
    double survival = 1;        ///< 0 to 1
    std::uint64_t seed = 0;
  };

  true_tokens(const trace::event_table& table, const options& how) : table_(&table), how_(how), drawn_(table.shape.experts) {
    for (double sure = how.survival; sure_.size() < how.tokens; sure *= how.survival) sure_.push_back(utility{static_cast<std::int64_t>(sure * 1'000'000)});
  }
  true_tokens(const trace::event_table&&, const options&) = delete;

  /// The events that follow are those of step `step`.
  void move_to(std::size_t step) {
    const trace::step_row& now = table_->steps[step];
    ahead_.clear();
    right_ = 0;
    bool true_so_far = true;
    for (std::size_t s = step + 1; s < table_->steps.size() && table_->steps[s].sequence == now.sequence && ahead_.size() < how_.tokens; ++s) {
      const trace::step_row& row = table_->steps[s];
      for (std::uint32_t t = 0; t < row.tokens && ahead_.size() < how_.tokens; ++t) {
        true_so_far = true_so_far && chance(row.first_token + t, now.first_token) < how_.survival;
        right_ += true_so_far ? 1 : 0;
        ahead_.push_back({std::size_t{row.first_token} * table_->shape.row(), row.tokens, t});
      }
    }
    now_ = now.first_token;
  }

  /// What is expected in a layer, as of the step; what was said of the layer before is forgotten.
  void tell(layer_index layer, forecast& into) {
    into.forget(layer);
    const std::size_t k = table_->shape.top_k;
    for (std::uint32_t at = 0; at < ahead_.size(); ++at) {
      const place& p = ahead_[at];
      const expert_index* const routes = table_->routes.data() + p.step_routes + (std::size_t{number(layer)} * p.tokens + p.token) * k;
      const draft_length row{at};
      if (at < right_) {
        for (std::size_t i = 0; i < k; ++i)
          if (number(routes[i]) < table_->shape.experts) into.expect(layer, routes[i], row, sure_[at]);
      } else {
        draw(layer, row, into);
      }
    }
  }

 private:
  struct place {
    std::size_t step_routes = 0;  ///< where the routes of its step begin
    std::uint32_t tokens = 0;     ///< of that step
    std::uint32_t token = 0;      ///< its place in it
  };

  [[nodiscard]] double chance(std::uint64_t token, std::uint64_t asked_at) const noexcept {
    return static_cast<double>(dice_for(how_.seed, token, asked_at).next() >> 11U) * 0x1p-53;
  }
  /// Dice that no other question throws.
  [[nodiscard]] static transports::dice dice_for(std::uint64_t seed, std::uint64_t what, std::uint64_t about) noexcept {
    return transports::dice(transports::dice(transports::dice(seed).next() + what).next() + about);
  }
  /// top-k of the layer's experts, each set with the same chance (the first of a shuffle that is stopped early).
  void draw(layer_index layer, draft_length row, forecast& into) {
    const std::uint32_t experts = table_->shape.experts;
    for (std::uint32_t e = 0; e < experts; ++e) drawn_[e] = static_cast<expert_index>(e);
    transports::dice dice = dice_for(how_.seed + 1, now_, std::uint64_t{number(layer)} << 32U | row.count);
    for (std::uint32_t i = 0; i < table_->shape.top_k; ++i) {
      std::swap(drawn_[i], drawn_[i + dice.below(experts - i)]);
      into.expect(layer, drawn_[i], row, sure_[row.count]);
    }
  }

  const trace::event_table* table_;
  options how_;
  std::vector<utility> sure_;          ///< [tokens]
  std::vector<place> ahead_;
  std::uint32_t right_ = 0;            ///< of these, how many from the front are told truly
  std::uint64_t now_ = 0;
  std::vector<expert_index> drawn_;    ///< [experts] room for a draw
};

}  // namespace moesaic::sim
