// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include <moesaic/trace/layer_numbers.hpp>
#include <moesaic/trace/pass_builder.hpp>
#include <moesaic/trace/text_lines.hpp>
#include <moesaic/trace/trace_reader.hpp>

namespace moesaic::trace {

/// One line of a text trace: experts that one token was given in one block of the model.
struct routed_line {
  enum class phases : std::uint8_t { unknown, prompt, decode };
  std::int64_t sequence = 0, call = 0, token = 0;  ///< as the format numbers them; what it does not have stays 0
  phases phase = phases::unknown;
  std::uint32_t block = 0;
  std::optional<std::uint32_t> slot;               ///< rank of the first expert here, where the line says it
  std::vector<std::uint16_t> experts;              ///< in rank order
  std::vector<gate_mass> weights;                  ///< the same, or empty
};

/// What one text format is: how a line reads, and what its order means.
///
/// Contract. `read` fills `line` from a line's text and says nothing, or what is wrong with it; `skip` lines are none (empty,
/// comments, column names). `begins`: whether `now` starts another forward pass, when `last` was the line before.
/// `disorder`: what is wrong with `now` behind `last`. `another_sequence`: whether a pass that begins with `now` belongs to the
/// next sequence. `prompt`: whether a pass of so many tokens is part of a prompt.
template <class F>
concept line_format =
    std::movable<F> && requires(F format, const F& view, std::string_view text, routed_line& line, const routed_line& now, bool single, std::size_t tokens) {
      { F::name } -> std::convertible_to<std::string_view>;
      { format.skip(text) } -> std::same_as<bool>;
      { format.read(text, line) } -> std::same_as<std::optional<std::string_view>>;
      { view.begins(now, now, single) } -> std::same_as<bool>;
      { view.disorder(now, now, single) } -> std::same_as<std::optional<std::string_view>>;
      { view.another_sequence(now, now) } -> std::same_as<bool>;
      { view.prompt(now, tokens) } -> std::same_as<bool>;
    };

/// Reads a trace of such lines: a first reading finds layers, experts and top-k, which the lines do not say, the second gives
/// the rows. A pass of several tokens is one batch. Blocks that occur are the layers, ascending. A line longer than top-k, an
/// expert twice, a token out of order, an end inside a pass: an error with the line's number. Memory: one pass. One thread at a time.
template <byte_source Source, line_format Format>
class routed_lines_reader {
 public:
  /// `again` gives the same source once more: a result<Source>.
  template <class Again>
  [[nodiscard]] static result<routed_lines_reader> open(Source source, Again&& again, const trace_options& options = {}) {
    routed_lines_reader reader(std::move(source));
    if (const result<void> seen = reader.survey(options); !seen) return seen.error();
    result<Source> second = again();
    if (!second) return second.error();
    reader.lines_ = text_lines<Source>(*std::move(second));
    reader.format_ = Format{};
    reader.pass_.emplace(reader.facts_.shape, reader.facts_.weights, false);
    return reader;
  }

  [[nodiscard]] const trace_facts& facts() const noexcept { return facts_; }

  [[nodiscard]] result<std::optional<routing_rows>> next() {
    if (given_) pass_->clear();
    given_ = false;
    for (;;) {
      if (!waiting_) {
        if (const result<bool> read = read_line(now_); !read)
          return read.error();
        else
          ended_ = !*read;
        waiting_ = true;
      }
      if (ended_ && pass_->empty()) return std::optional<routing_rows>{};
      if (!pass_->empty() && (ended_ || format_.begins(last_, now_, single()))) {
        if (const result<void> whole = check_whole(); !whole) return whole.error();
        const bool prompt = format_.prompt(last_, pass_->tokens());
        const routing_rows rows = pass_->rows(sequence_, tokens_, prompt, pass_->tokens() > 1 ? ++batches_ : 0);
        tokens_ += rows.tokens;
        if (!ended_ && format_.another_sequence(last_, now_))
          ++sequence_;
        else if (const auto wrong = ended_ ? std::nullopt : format_.disorder(last_, now_, single()))
          return lines_.wrong(*wrong, " (", now_.token, " after ", last_.token, ")");
        given_ = true;
        return std::optional<routing_rows>(rows);
      }
      if (!pass_->empty())
        if (const auto wrong = format_.disorder(last_, now_, single())) return lines_.wrong(*wrong, " (", now_.token, " after ", last_.token, ")");
      if (const result<void> added = add(); !added) return added.error();
      std::swap(last_, now_);
      waiting_ = false;
    }
  }

 private:
  explicit routed_lines_reader(Source source) : lines_(std::move(source)) {}
  [[nodiscard]] bool single() const noexcept { return layers_.count() == 1; }

  /// False at the end.
  [[nodiscard]] result<bool> read_line(routed_line& line) {
    for (;;) {
      const result<std::optional<std::string_view>> text = lines_.next();
      if (!text) return text.error();
      if (!*text) return false;
      if (format_.skip(**text)) continue;
      line.experts.clear();
      line.weights.clear();
      if (const auto wrong = format_.read(**text, line)) return lines_.wrong(*wrong);
      return true;
    }
  }

  [[nodiscard]] result<void> survey(const trace_options& options) {
    std::uint32_t experts = 0, top_k = 0, slot = 0;
    bool any = false;
    for (;; any = true) {
      const result<bool> read = read_line(now_);
      if (!read) return read.error();
      if (!*read) break;
      if (now_.block >= layer_numbers::most) return lines_.wrong("layer ", now_.block, " is beyond what a model has");
      layers_.add(now_.block);
      const bool continues = any && now_.token == last_.token && now_.block == last_.block && now_.call == last_.call && now_.sequence == last_.sequence &&
                             now_.phase == last_.phase;
      slot = (continues ? slot : 0) + static_cast<std::uint32_t>(now_.experts.size());
      top_k = std::max(top_k, slot);
      for (const std::uint16_t e : now_.experts) experts = std::max(experts, e + 1U);
      if (any && now_.weights.empty() != !facts_.weights) return lines_.wrong("has ", facts_.weights ? "no weights" : "weights", ", unlike the lines above");
      facts_.weights = !now_.weights.empty();
      std::swap(last_, now_);
    }
    if (!any) return error(error_code::bad_file, lines_.name(), ": holds no routed token");
    if (options.experts != 0 && options.experts < experts)
      return error(error_code::bad_argument, lines_.name(), ": ", options.experts, " experts were said, but expert ", experts - 1, " occurs");
    if (options.top_k != 0 && options.top_k < top_k)
      return error(error_code::bad_argument, lines_.name(), ": top-", options.top_k, " was said, but a token has ", top_k, " experts");
    facts_.format = Format::name;
    facts_.shape = {layers_.count(), std::max(experts, options.experts), std::max(top_k, options.top_k)};
    if (const auto wrong = unusable(facts_.shape)) return error(error_code::bad_file, lines_.name(), ": ", *wrong);
    return {};
  }

  [[nodiscard]] result<void> add() {
    const std::optional<std::uint32_t> layer = layers_.index(now_.block);
    if (!layer) return lines_.wrong("layer ", now_.block, " was not there at the first reading; the file has changed");
    const std::uint32_t filled = pass_->filled_of(now_.token, *layer);
    if (now_.slot && *now_.slot != filled) return lines_.wrong("rank ", *now_.slot, " where ", filled, " comes next");
    if (filled + now_.experts.size() > facts_.shape.top_k)
      return lines_.wrong("token ", now_.token, " gets ", filled + now_.experts.size(), " experts in layer ", now_.block, ", more than in any other line (",
                          facts_.shape.top_k, "); is it there twice?");
    for (std::size_t i = 0; i < now_.experts.size(); ++i) {
      if (now_.experts[i] >= facts_.shape.experts) return lines_.wrong("expert ", now_.experts[i], " was not there at the first reading; the file has changed");
      if (const auto wrong =
              pass_->add(now_.token, *layer, filled + static_cast<std::uint32_t>(i), now_.experts[i], now_.weights.empty() ? gate_mass{} : now_.weights[i]))
        return lines_.wrong("expert ", now_.experts[i], " of token ", now_.token, " in layer ", now_.block, " ", *wrong);
    }
    return {};
  }

  /// A file that was cut ends inside a line, or inside a pass: then its last token has fewer layers than the one before had.
  [[nodiscard]] result<void> check_whole() {
    const std::size_t token = pass_->tokens() - 1;
    std::uint32_t layers = 0;
    for (std::uint32_t l = 0; l < facts_.shape.layers; ++l) layers += pass_->filled(token, l) > 0 ? 1 : 0;
    const bool from_first = pass_->filled(token, 0) > 0;
    const std::uint32_t before = std::exchange(layers_before_, from_first ? layers : layers_before_);
    if (!ended_) return {};
    if (from_first && layers < before) return lines_.wrong("the last token has ", layers, " layers, the one before had ", before, "; the file is cut");
    if (!lines_.closed() && pass_->filled_of(last_.token, *layers_.index(last_.block)) < facts_.shape.top_k)
      return lines_.wrong("the last line is not ended and has fewer than ", facts_.shape.top_k, " experts; the file is cut");
    return {};
  }

  text_lines<Source> lines_;
  Format format_;
  trace_facts facts_;
  layer_numbers layers_;
  std::optional<pass_builder> pass_;
  routed_line last_, now_;  ///< the line before, and the one that was read last
  std::uint64_t tokens_ = 0;
  std::uint32_t sequence_ = 0, batches_ = 0;
  std::uint32_t layers_before_ = 0;  ///< that the last token of the pass before had, of passes from the first layer on
  bool waiting_ = false;    ///< `now_` has not been added
  bool ended_ = false, given_ = false;
};

}  // namespace moesaic::trace
