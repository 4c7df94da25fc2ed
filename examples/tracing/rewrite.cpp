// SPDX-License-Identifier: MIT
#include "rewrite.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <moesaic/trace/moetrc1_writer.hpp>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include "chosen_rows.hpp"
#include "command_line/output_file.hpp"

namespace moesaic::tracing {
namespace {

static_assert(trace::byte_sink<command_line::output_sink>);

/// Goes through the chosen rows once: `take(rows, source)`.
template <class Take>
result<void> each(const options& asked, bool weights, command_line::progress& shown, std::string_view what, Take&& take) {
  result<chosen_rows> source = chosen_rows::open(asked, weights);
  if (!source) return source.error();
  for (;;) {
    const result<std::optional<trace::routing_rows>> rows = source->next();
    if (!rows) return rows.error();
    if (!*rows) {
      if (what == "counting")  // the first of several times
        for (const std::string& path : source->interrupted())
          shown.remark(path + ": breaks off before its end, as a run that was stopped leaves it; what follows is of what is there");
      return {};
    }
    if (const result<void> taken = take(**rows, *source); !taken) return taken.error();
    shown.update(what, (*rows)->first_token, source->facts().tokens.value_or(0));
  }
}

trace::moetrc1_weights weights_for(const trace::trace_facts& facts, kept_weights asked) {
  using enum trace::moetrc1_weights;
  if (!facts.weights || asked == kept_weights::none) return none;
  if (asked == kept_weights::as_they_are) return facts.weight_steps == 255 ? eight_bits : sixteen_bits;
  return asked == kept_weights::eight_bits ? eight_bits : sixteen_bits;
}

result<std::string> write_moetrc1(const options& asked, command_line::output_file& file, command_line::progress& shown) {
  trace::moetrc1_sequences sequences;
  trace::trace_facts facts;
  bool batches = false, recorded = false;
  std::uint64_t prompt = 0;
  const result<void> counted = each(asked, false, shown, "counting", [&](const trace::routing_rows& rows, const chosen_rows& source) {
    facts = source.facts();
    batches = batches || rows.batch != 0;
    recorded = recorded || !rows.recorded.empty();
    prompt += rows.prompt_tokens;
    return sequences.add(rows, asked.traces.size() > 1 ? rows.sequence : source.source_sequence());
  });
  if (!counted) return counted.error();
  if (asked.weights != kept_weights::as_they_are && asked.weights != kept_weights::none && !facts.weights)
    return error(error_code::bad_argument, "--weights: ", asked.traces[0], " has no gate weights; leave the option out");

  const trace::moetrc1_weights weights = weights_for(facts, asked.weights);
  auto writer = trace::moetrc1_writer<command_line::output_sink>::begin(command_line::output_sink(file), facts.shape, sequences.list(), weights);
  if (!writer) return writer.error();
  const result<void> ids = each(asked, false, shown, "writing ids", [&](const trace::routing_rows& rows, const chosen_rows&) { return writer->add_ids(rows); });
  if (!ids) return ids.error();
  if (weights != trace::moetrc1_weights::none) {
    const result<void> masses =
        each(asked, true, shown, "writing weights", [&](const trace::routing_rows& rows, const chosen_rows&) { return writer->add_weights(rows); });
    if (!masses) return masses.error();
  }
  if (const result<void> whole = writer->finish(); !whole) return whole.error();
  std::uint64_t kept_prompt = 0;
  for (const trace::moetrc1_sequence& s : sequences.list()) kept_prompt += s.prompt_tokens;
  std::string lost;
  const auto loses = [&](bool is, std::string_view what) {
    if (is) lost += fmt::format("{}{}", lost.empty() ? "; MOETRC1 has no place for " : ", ", what);
  };
  loses(batches, "batches");
  loses(recorded, "recorded residency");
  loses(!facts.expert_bytes.empty(), "bytes of experts");
  loses(kept_prompt < prompt, "prompt tokens behind decoded ones");
  return fmt::format("{}: MOETRC1, {} tokens in {} sequences{}\n", asked.out, writer->header().tokens, writer->header().sequences, lost);
}

}  // namespace

result<std::string> rewrite(const options& asked, command_line::progress& shown) {
  for (const std::string& path : asked.traces) {
    std::error_code unknown;
    if (std::filesystem::exists(path, unknown) && !std::filesystem::is_regular_file(path, unknown))
      return error(error_code::bad_file, path, ": has to be read more than once, and a pipe, device or folder cannot be; save it as a file first");
  }
  result<command_line::output_file> file = command_line::output_file::open(asked.out, false);
  if (!file) return file.error();
  result<std::string> said = write_moetrc1(asked, *file, shown);
  if (!said) return said;
  if (const result<void> finished = file->finish(); !finished) return finished.error();
  return said;
}

}  // namespace moesaic::tracing
