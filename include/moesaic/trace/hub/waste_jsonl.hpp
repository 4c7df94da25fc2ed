// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include <moesaic/trace/layer_numbers.hpp>
#include <moesaic/trace/text_lines.hpp>
#include <moesaic/trace/trace_reader.hpp>

namespace moesaic::trace {

/// What one line of a WASTE trace says, taken from the parser's events: no document is built.
class waste_line {
 public:
  std::optional<std::int64_t> token;
  std::vector<std::uint16_t> ids;       ///< of all layers, one after the other
  std::vector<std::size_t> layer_ends;  ///< in `ids`
  std::string_view wrong;               ///< what the line is not, where parsing was given up

  [[nodiscard]] bool parse(std::string_view text) {
    *this = waste_line(std::move(ids), std::move(layer_ends));
    const bool sound = nlohmann::json::sax_parse(text.begin(), text.end(), this);
    if (sound && wrong.empty() && (!token || layer_ends.empty())) wrong = "has no \"tok\" or no \"layers\"";
    return sound && wrong.empty();
  }

  // What nlohmann::json's parser calls.
  bool null() { return other(); }
  bool boolean(bool) { return other(); }
  bool number_integer(std::int64_t value) { return number(value); }
  bool number_unsigned(std::uint64_t value) { return number(value > 65'535 * std::uint64_t{65'536} ? -1 : static_cast<std::int64_t>(value)); }
  bool number_float(double, const std::string&) { return other(); }
  bool string(std::string&) { return other(); }
  bool binary(std::vector<std::uint8_t>&) { return other(); }
  bool start_object(std::size_t) { return depth_++ == 0 || other(); }
  bool end_object() { return leave(); }
  bool key(std::string& name) {
    if (depth_ == 1) at_ = name == "tok" ? place::token : name == "layers" ? place::layers : place::elsewhere;
    if (at_ == place::layers && depth_ == 1 && !layer_ends.empty()) return give_up("has \"layers\" twice");
    return true;
  }
  bool start_array(std::size_t) {
    if (depth_++ == 0) return give_up("is no JSON object");
    if (at_ != place::layers) return at_ == place::elsewhere || give_up("\"tok\" is no whole number");
    return depth_ <= 3 || give_up("\"layers\" is no list of lists of experts");
  }
  bool end_array() {
    if (at_ == place::layers && depth_ == 3) layer_ends.push_back(ids.size());
    return leave();
  }
  bool parse_error(std::size_t, const std::string&, const nlohmann::json::exception&) { return give_up("is no sound JSON; is the file cut?"); }

 private:
  enum class place : std::uint8_t { nowhere, token, layers, elsewhere };

  waste_line(std::vector<std::uint16_t>&& i, std::vector<std::size_t>&& e) : ids(std::move(i)), layer_ends(std::move(e)) {
    ids.clear();
    layer_ends.clear();
  }
  bool give_up(std::string_view why) {
    if (wrong.empty()) wrong = why;
    return false;
  }
  bool leave() {
    if (--depth_ == 1) at_ = place::nowhere;
    return true;
  }
  bool other() {
    if (depth_ == 0) return give_up("is no JSON object");
    if (at_ == place::token || at_ == place::layers)
      return give_up(at_ == place::token ? "\"tok\" is no whole number" : "\"layers\" is no list of lists of experts");
    return true;
  }
  bool number(std::int64_t value) {
    if (at_ == place::elsewhere) return true;
    if (at_ == place::token && depth_ == 1) {
      if (value < 0) return give_up("\"tok\" is no whole number from 0");
      token = value;
      return true;
    }
    if (at_ != place::layers || depth_ != 3) return other();
    if (value < 0 || value >= not_routed) return give_up("an expert is no whole number from 0 to 65534");
    ids.push_back(static_cast<std::uint16_t>(value));
    return true;
  }

  int depth_ = 0;
  place at_ = place::nowhere;

 public:
  waste_line() = default;
};

/// Reads WASTE's JSON lines: `{"tok": n, "layers": [[id, ...], ...]}`, one decoded token a line.
///
/// Source: the published trace of OLMoE-1B-7B (sqliteai/waste, tests/trace_olmoe_299.jsonl).
/// A step is a token, all of them decoded. Ids of a layer are as they stand (ascending in the published file, so there rank
/// is lost); a list shorter than the longest one is not routed in the rest. Layers that are empty in all lines are dense and
/// no layers here. `tok` ascends; where it falls back to the number of the first line, a sequence begins. Other keys are
/// passed over. Experts in a layer: one more than the highest id, unless said. Errors name the line.
/// Two readings. Memory: one line (1 MiB at most). One thread at a time.
template <byte_source Source>
class waste_jsonl_reader {
 public:
  static constexpr std::string_view format = "WASTE JSONL";

  /// `again` gives the same source once more: a result<Source>.
  template <class Again>
  [[nodiscard]] static result<waste_jsonl_reader> open(Source source, Again&& again, const trace_options& options = {}) {
    waste_jsonl_reader reader(std::move(source));
    if (const result<void> seen = reader.survey(options); !seen) return seen.error();
    result<Source> second = again();
    if (!second) return second.error();
    reader.lines_ = text_lines<Source>(*std::move(second));
    reader.last_.reset();
    return reader;
  }

  [[nodiscard]] const trace_facts& facts() const noexcept { return facts_; }

  [[nodiscard]] result<std::optional<routing_rows>> next() {
    const result<bool> more = read_line();
    if (!more) return more.error();
    if (!*more) return std::optional<routing_rows>{};
    const std::size_t k = facts_.shape.top_k;
    ids_.assign(facts_.shape.row(), not_routed);
    if (line_.layer_ends.size() != blocks_) return changed();
    for (std::uint32_t l = 0; l < facts_.shape.layers; ++l) {
      const std::uint32_t block = layers_.blocks()[l];
      const std::size_t from = block == 0 ? 0 : line_.layer_ends[block - 1], count = line_.layer_ends[block] - from;
      if (count > k) return changed();
      for (std::size_t i = 0; i < count; ++i) {
        if (line_.ids[from + i] >= facts_.shape.experts) return changed();
        ids_[l * k + i] = line_.ids[from + i];
      }
    }
    return std::optional<routing_rows>({sequence_, tokens_++, 0, 1, ids_, {}, 0, {}});
  }

 private:
  explicit waste_jsonl_reader(Source source) : lines_(std::move(source)) {}
  [[nodiscard]] error changed() const { return lines_.wrong("is not what it was at the first reading; the file has changed"); }

  /// Parses the next line that is not empty and checks it alone and behind the one before. False at the end.
  [[nodiscard]] result<bool> read_line() {
    result<std::optional<std::string_view>> text = lines_.next();
    while (text && *text && (*text)->find_first_not_of(" \t") == std::string_view::npos) text = lines_.next();
    if (!text) return text.error();
    if (!*text) return false;
    if (!line_.parse(**text)) return lines_.wrong(line_.wrong);
    if (!last_) {
      first_ = *line_.token;
      sequence_ = 0;
    } else if (*line_.token <= *last_) {
      if (*line_.token != first_)
        return lines_.wrong("token ", *line_.token, " comes after token ", *last_, "; tokens have to ascend, or start again at ", first_);
      ++sequence_;
    }
    last_ = *line_.token;
    std::size_t from = 0;
    for (std::size_t b = 0; b < line_.layer_ends.size(); ++b) {
      const auto begin = line_.ids.begin() + static_cast<std::ptrdiff_t>(from), end = line_.ids.begin() + static_cast<std::ptrdiff_t>(line_.layer_ends[b]);
      sorted_.assign(begin, end);
      std::sort(sorted_.begin(), sorted_.end());
      if (const auto twice = std::adjacent_find(sorted_.begin(), sorted_.end()); twice != sorted_.end())
        return lines_.wrong("layer ", b, " names expert ", *twice, " twice");
      from = line_.layer_ends[b];
    }
    return true;
  }

  [[nodiscard]] result<void> survey(const trace_options& options) {
    std::uint32_t experts = 0;
    std::size_t top_k = 0;
    std::uint64_t tokens = 0;
    for (;; ++tokens) {
      const result<bool> more = read_line();
      if (!more) return more.error();
      if (!*more) break;
      if (tokens == 0) blocks_ = line_.layer_ends.size();
      if (line_.layer_ends.size() != blocks_) return lines_.wrong("has ", line_.layer_ends.size(), " layers, the lines above have ", blocks_);
      if (blocks_ > 65'535) return lines_.wrong("has more than 65535 layers");
      std::size_t from = 0;
      for (std::uint32_t b = 0; b < blocks_; ++b) {
        if (line_.layer_ends[b] > from) layers_.add(b);
        top_k = std::max(top_k, line_.layer_ends[b] - from);
        from = line_.layer_ends[b];
      }
      for (const std::uint16_t id : line_.ids) experts = std::max(experts, id + 1U);
    }
    const std::string_view name = lines_.name();
    if (layers_.count() == 0) return error(error_code::bad_file, name, ": holds no routed token");
    if (options.experts != 0 && options.experts < experts)
      return error(error_code::bad_argument, name, ": ", options.experts, " experts were said, but expert ", experts - 1, " occurs");
    facts_ = {.format = format,
              .shape = {layers_.count(), std::max(experts, options.experts), static_cast<std::uint32_t>(top_k)},
              .tokens = tokens,
              .sequences = sequence_ + 1U,
              .weights = false,
              .weight_steps = 0,
              .expert_bytes = {}};
    if (const auto wrong = unusable(facts_.shape)) return error(error_code::bad_file, name, ": ", *wrong);
    return {};
  }

  text_lines<Source> lines_;
  trace_facts facts_;
  layer_numbers layers_;
  std::size_t blocks_ = 0;                 ///< lists in a line
  waste_line line_;
  std::optional<std::int64_t> last_;       ///< token of the line before
  std::int64_t first_ = 0;                 ///< token of the first line
  std::uint32_t sequence_ = 0;
  std::uint64_t tokens_ = 0;
  std::vector<std::uint16_t> ids_, sorted_;
};

/// Whether a trace starts like a JSON object that holds "layers", as far as can be seen.
[[nodiscard]] inline bool starts_like_waste(std::span<const std::byte> start) noexcept {
  const std::string_view text(reinterpret_cast<const char*>(start.data()), start.size());
  const std::size_t from = text.find_first_not_of(" \t\r\n");
  if (from == std::string_view::npos || text[from] != '{') return false;
  const std::string_view line = text.substr(from, text.find('\n', from) - from);
  return line.find("\"tok\"") != std::string_view::npos && line.find("\"layers\"") != std::string_view::npos;
}

}  // namespace moesaic::trace
