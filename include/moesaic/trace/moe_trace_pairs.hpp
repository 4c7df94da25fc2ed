// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <moesaic/trace/layer_numbers.hpp>
#include <moesaic/trace/pass_builder.hpp>
#include <moesaic/trace/text_fields.hpp>
#include <moesaic/trace/text_lines.hpp>
#include <moesaic/trace/trace_reader.hpp>

namespace moesaic::trace {

/// llama.cpp moe-trace CSV in its first form: `layer,expert`, one line a choice, and nothing about tokens (examples/moe-trace
/// of ggml-org/llama.cpp pull request 28544; a first line `layer,expert` is passed over).
///
/// The writer puts down the ids of one layer of one forward pass token after token, top-k each, then the next layer. So a run
/// of lines of one layer holds tokens × top-k ids. Top-k is taken to be the greatest number that divides all runs but
/// the last, which may be cut: a decoded
/// token makes runs of just top-k, and so does the last layer of a prompt, of which llama.cpp runs the last token only. Where
/// that gives more than a layer can have (no such run in the file), or the model has one layer with experts, top-k has to be
/// said (trace_options). A pass ends where a run is of the same or an earlier layer; a pass of several tokens is a piece of a
/// prompt and one batch, a pass of one a step. Runs shorter than the pass belong to its last tokens. One sequence.
/// Two readings. Memory: one pass. One thread at a time.
template <byte_source Source>
class moe_trace_pairs_reader {
 public:
  template <class Again>
  [[nodiscard]] static result<moe_trace_pairs_reader> open(Source source, Again&& again, const trace_options& options = {});

  [[nodiscard]] const trace_facts& facts() const noexcept { return facts_; }
  [[nodiscard]] result<std::optional<routing_rows>> next();

 private:
  struct pair {
    std::uint32_t block = 0;
    std::uint16_t expert = 0;
  };

  explicit moe_trace_pairs_reader(Source source) : lines_(std::move(source)) {}
  [[nodiscard]] result<std::optional<pair>> read_pair();
  [[nodiscard]] result<void> survey(const trace_options& options);
  [[nodiscard]] result<void> read_run();
  [[nodiscard]] result<void> add_run();

  text_lines<Source> lines_;
  trace_facts facts_;
  layer_numbers layers_;
  std::optional<pass_builder> pass_;
  std::optional<pair> waiting_;     ///< the first of the run that comes next
  std::uint32_t block_ = 0;         ///< of the run
  std::vector<std::uint16_t> run_;
  std::uint32_t last_block_ = 0;    ///< of the last run of the pass
  std::uint64_t tokens_ = 0;
  std::uint32_t batches_ = 0;
  bool given_ = false;
};

/// Whether a trace starts like `layer,expert`: two numbers, or those two words.
[[nodiscard]] inline bool starts_like_pairs(std::span<const std::byte> start) noexcept {
  const std::string_view text(reinterpret_cast<const char*>(start.data()), start.size());
  text_fields fields(text.substr(0, text.find_first_of("\r\n")), ',');
  const auto layer = fields.next(), expert = fields.next();
  if (!layer || !expert || fields.next()) return false;
  return (without_spaces(*layer) == "layer" && without_spaces(*expert) == "expert") ||
         (whole_number<std::uint32_t>(*layer) && whole_number<std::uint32_t>(*expert));
}

template <byte_source Source>
template <class Again>
result<moe_trace_pairs_reader<Source>> moe_trace_pairs_reader<Source>::open(Source source, Again&& again, const trace_options& options) {
  moe_trace_pairs_reader reader(std::move(source));
  if (const result<void> seen = reader.survey(options); !seen) return seen.error();
  result<Source> second = again();
  if (!second) return second.error();
  reader.lines_ = text_lines<Source>(*std::move(second));
  reader.pass_.emplace(reader.facts_.shape, false, false);
  const result<std::optional<pair>> first = reader.read_pair();
  if (!first) return first.error();
  reader.waiting_ = *first;
  return reader;
}

template <byte_source Source>
auto moe_trace_pairs_reader<Source>::read_pair() -> result<std::optional<pair>> {
  for (;;) {
    const result<std::optional<std::string_view>> text = lines_.next();
    if (!text) return text.error();
    if (!*text) return std::optional<pair>{};
    if ((*text)->empty() || (lines_.number() == 1 && **text == "layer,expert")) continue;
    text_fields fields(**text, ',');
    const auto layer = fields.next(), expert = fields.next();
    const auto block = whole_number<std::uint32_t>(layer.value_or(""));
    const auto id = whole_number<std::uint16_t>(expert.value_or(""));
    if (!block || !id || *id == not_routed || fields.next()) return lines_.wrong("expected `layer,expert`, two whole numbers");
    if (*block >= layer_numbers::most) return lines_.wrong("layer ", *block, " is beyond what a model has");
    return std::optional<pair>({*block, *id});
  }
}

template <byte_source Source>
result<void> moe_trace_pairs_reader<Source>::survey(const trace_options& options) {
  std::uint32_t experts = 0;
  std::uint64_t run = 0, divisor = 0;
  std::optional<std::uint32_t> block;
  for (;;) {
    const result<std::optional<pair>> p = read_pair();
    if (!p) return p.error();
    if (!*p) break;
    if ((*p)->block != block) divisor = std::gcd(divisor, std::exchange(run, 0));
    block = (*p)->block;
    ++run;
    layers_.add(*block);
    experts = std::max(experts, (*p)->expert + 1U);
  }
  const std::string_view name = lines_.name();
  if (!block) return error(error_code::bad_file, name, ": holds no routed token");
  if (divisor == 0) divisor = run;
  if (run % divisor != 0 || *block != layers_.blocks().back())
    return lines_.wrong("the file ends with ", run, " lines of layer ", *block, " (tokens have ", layers_.count(), " layers up to ", layers_.blocks().back(),
                        ", and runs of a layer are multiples of ", divisor, " lines); the file is cut");
  if (options.experts != 0 && options.experts < experts)
    return error(error_code::bad_argument, name, ": ", options.experts, " experts were said, but expert ", experts - 1, " occurs");
  experts = std::max(experts, options.experts);
  if (options.top_k != 0 && divisor % options.top_k != 0)
    return error(error_code::bad_argument, name, ": top-", options.top_k, " was said, but lines of a layer come in multiples of ", divisor,
                 "; is the file cut?");
  if (options.top_k == 0 && (layers_.count() == 1 || divisor > experts))
    return error(error_code::bad_file, name, ": its lines do not tell where a token ends (all runs of a layer are multiples of ", divisor, " lines, ",
                 layers_.count(), " layers); say the model's top-k");
  facts_.format = "llama.cpp moe-trace CSV (pairs)";
  facts_.shape = {layers_.count(), experts, options.top_k != 0 ? options.top_k : static_cast<std::uint32_t>(divisor)};
  if (const auto wrong = unusable(facts_.shape)) return error(error_code::bad_file, name, ": ", *wrong);
  return {};
}

template <byte_source Source>
result<std::optional<routing_rows>> moe_trace_pairs_reader<Source>::next() {
  if (given_) pass_->clear();
  given_ = false;
  for (;;) {
    if (run_.empty())
      if (const result<void> read = read_run(); !read) return read.error();
    if (!pass_->empty() && (run_.empty() || block_ <= last_block_)) {
      const bool several = pass_->tokens() > 1;
      const routing_rows rows = pass_->rows(0, tokens_, several, several ? ++batches_ : 0);
      tokens_ += rows.tokens;
      given_ = true;
      return std::optional<routing_rows>(rows);
    }
    if (run_.empty()) return std::optional<routing_rows>{};
    if (const result<void> added = add_run(); !added) return added.error();
    last_block_ = block_;
    run_.clear();
  }
}

/// Lines of one layer that follow each other; of the only layer of a model, those of one token.
template <byte_source Source>
result<void> moe_trace_pairs_reader<Source>::read_run() {
  if (!waiting_) return {};
  block_ = waiting_->block;
  const std::size_t longest = layers_.count() == 1 ? facts_.shape.top_k : pass_builder::most_ids;
  while (waiting_ && waiting_->block == block_ && run_.size() < longest) {
    run_.push_back(waiting_->expert);
    const result<std::optional<pair>> p = read_pair();
    if (!p) return p.error();
    waiting_ = *p;
  }
  return {};
}

template <byte_source Source>
result<void> moe_trace_pairs_reader<Source>::add_run() {
  const std::uint32_t k = facts_.shape.top_k;
  const std::optional<std::uint32_t> layer = layers_.index(block_);
  const std::size_t tokens = run_.size() / k, pass = pass_->empty() ? tokens : pass_->tokens();
  if (!layer || run_.size() % k != 0)
    return lines_.wrong("the ", run_.size(), " lines of layer ", block_, " above are no multiple of top-", k, "; the file is cut or has changed");
  if (tokens > pass) return lines_.wrong("layer ", block_, " has ", tokens, " tokens, more than the ", pass, " that earlier layers of the pass have");
  for (std::size_t i = 0; i < run_.size(); ++i) {
    if (run_[i] >= facts_.shape.experts) return lines_.wrong("expert ", run_[i], " was not there at the first reading; the file has changed");
    const std::size_t token = pass - tokens + i / k;
    if (const auto wrong = pass_->add(static_cast<std::int64_t>(token), *layer, static_cast<std::uint32_t>(i % k), run_[i]))
      return lines_.wrong("in the lines above, token ", token, " of the pass: expert ", run_[i], " in layer ", block_, " ", *wrong, " (top-", k,
                          " found; is it right?)");
  }
  return {};
}

}  // namespace moesaic::trace
