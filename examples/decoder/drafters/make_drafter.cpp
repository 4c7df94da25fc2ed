// SPDX-License-Identifier: MIT
#include "make_drafter.hpp"

#include <array>
#include <utility>
#include <vector>

#include <moesaic/core/spec.hpp>

#include "../engine/gguf_file.hpp"
#include "command_line/amounts.hpp"
#include "command_line/text_file.hpp"

namespace moesaic::decoder {
namespace {

constexpr std::string_view known = "a draft is none, ngram, self:q4_0, or a GGUF file";

error about_draft(const error& why) { return error(why.code(), "--draft: ", why.sentence()); }

constexpr std::array self_types{std::pair{std::string_view("q4_0"), GGML_TYPE_Q4_0}, std::pair{std::string_view("q5_0"), GGML_TYPE_Q5_0},
                                std::pair{std::string_view("q8_0"), GGML_TYPE_Q8_0}};

result<draft_request> parse_ngram(std::string_view text) {
  const auto parsed = spec::parse(text);
  if (!parsed) return about_draft(parsed.error());
  if (const auto fine = parsed->only(std::array<std::string_view, 2>{"longest", "shortest"}, true); !fine) return about_draft(fine.error());
  const auto longest = parsed->number("longest", ngram::options{}.longest, 1, ngram::most, true);
  if (!longest) return about_draft(longest.error());
  const auto shortest = parsed->number("shortest", ngram::options{}.shortest, 1, *longest);
  if (!shortest) return about_draft(shortest.error());
  return draft_request{ngram::options{static_cast<std::uint32_t>(*longest), static_cast<std::uint32_t>(*shortest)}};
}

/// Neither speaks of tokens that the other does not know.
result<void> same_tokens(const gguf_file& draft, const gguf_file& target, const ggml_model& a, const ggml_model& b) {
  if (a.vocabulary() != b.vocabulary())
    return error(error_code::bad_argument, "--draft: ", draft.path(), " has a vocabulary of ", a.vocabulary(), " tokens, and ", target.path(), " one of ",
                 b.vocabulary(), "; choose a draft with the same vocabulary");
  constexpr std::string_view key = "tokenizer.ggml.tokens";
  if (!draft.has(key) || !target.has(key)) return {};
  const auto mine = draft.texts(key), theirs = target.texts(key);
  if (!mine) return about_draft(mine.error());
  if (!theirs) return theirs.error();
  for (std::size_t i = 0; i < std::min(mine->size(), theirs->size()); ++i)
    if ((*mine)[i] != (*theirs)[i])
      return error(error_code::bad_argument, "--draft: token ", i, " is ", printable((*mine)[i]), " in ", draft.path(), " and ", printable((*theirs)[i]),
                   " in ", target.path(), "; choose a draft with the same vocabulary");
  return {};
}

result<chosen_drafter> make_self(ggml_type type, const draft_setting& s, draft_choice choice) {
  if (s.target.moe_layers() == 0)
    return error(error_code::bad_argument, "--draft self: ", s.target_path, " has no routed experts to quantise; choose another draft");
  auto file = gguf_file::open(s.target_path);
  if (!file) return file.error();
  auto experts = resident_experts::read(s.target, *file, type);
  if (!experts) return about_draft(experts.error());
  ggml_model twin = s.target.twin(experts->forms(), experts->parts());
  return chosen_drafter::of<model_drafter>(model_drafter::twin(std::move(twin), std::move(*experts), std::move(choice)));
}

result<chosen_drafter> make_apart(const std::string& path, const draft_setting& s, draft_choice choice) {
  auto file = gguf_file::open(path);
  if (!file) return error(file.error().code(), "--draft: ", file.error().sentence(), "; ", known);
  auto target = gguf_file::open(s.target_path);
  if (!target) return target.error();
  model_options how;
  how.context = s.target.context();
  how.cache_type = s.cache_type;
  how.longest_window = s.target.longest_window();
  how.bench = s.target.bench();
  auto model = ggml_model::load(*file, how);
  if (!model) return about_draft(model.error());
  if (auto fine = same_tokens(*file, *target, *model, s.target); !fine) return fine.error();
  auto experts = resident_experts::read(*model, *file, std::nullopt);
  if (!experts) return about_draft(experts.error());
  model->place_parts(experts->parts());
  return chosen_drafter::of<model_drafter>(model_drafter::apart(std::move(*model), std::move(*experts), std::move(choice), s.target));
}

result<chosen_drafter> make_scripted(const draft_request::script& how, const draft_setting& s) {
  const auto text = command_line::read_text_file(how.file);
  if (!text) return error(text.error().code(), "--draft: ", text.error().sentence(), "; it should be a file of token ids");
  auto ids = command_line::parse_ids(*text, "--draft " + how.file);
  if (!ids) return ids.error();
  if (ids->empty()) return error(error_code::bad_argument, "--draft: ", how.file, " holds no token ids; a scripted drafter needs at least one");
  for (const token_id id : *ids)
    if (id < 0 || static_cast<std::uint32_t>(id) >= s.target.vocabulary())
      return error(error_code::bad_argument, "--draft: id ", id, " in ", how.file, " is out of range; this model's ids go from 0 to ",
                   s.target.vocabulary() - 1);
  return chosen_drafter::of<scripted>(std::move(*ids), s.prompt, how.right, s.target.vocabulary());
}

}  // namespace

result<draft_request> draft_request::parse(std::string_view text) {
  if (text.empty()) return error(error_code::bad_argument, "--draft is empty; ", known);
  if (text == "none") return draft_request{};
  if (text == "ngram" || text.starts_with("ngram(")) return parse_ngram(text);
  if (text == "self" || text.starts_with("self:")) {
    const std::string_view type = text.substr(std::min<std::size_t>(text.size(), 5));
    for (const auto& [name, value] : self_types)
      if (type == name) return draft_request{self{value}};
    return error(error_code::bad_argument, "--draft cannot be '", text, "'; known are self:q4_0, self:q5_0, self:q8_0");
  }
  if (text.starts_with("scripted:")) {
    const std::string_view rest = text.substr(9);
    const bool right = rest.starts_with("right:");
    if ((!right && !rest.starts_with("wrong:")) || rest.size() == 6)
      return error(error_code::bad_argument, "--draft cannot be '", text, "'; known are scripted:right:FILE and scripted:wrong:FILE");
    return draft_request{script{right, std::string(rest.substr(6))}};
  }
  return draft_request{model_file{std::string(text)}};
}

std::string list_drafters() {
  return "none                          nobody drafts\n"
         "ngram(longest=3,shortest=1)   what followed the last time these tokens stood in the prompt or the output\n"
         "self:q4_0                     the model itself, its experts quantised again and all in memory (also q5_0, q8_0)\n"
         "FILE.gguf                     another model with the same vocabulary, all in memory\n"
         "scripted:right:FILE           the ids of FILE, which follow the prompt; scripted:wrong:FILE: never these\n";
}

result<chosen_drafter> make_drafter(const draft_request& request, const draft_setting& setting) {
  draft_choice choice(setting.temperature, setting.top_p, setting.seed);
  if (const auto* how = std::get_if<ngram::options>(&request.what)) return chosen_drafter::of<ngram>(*how);
  if (const auto* how = std::get_if<draft_request::self>(&request.what)) return make_self(how->type, setting, std::move(choice));
  if (const auto* how = std::get_if<draft_request::script>(&request.what)) return make_scripted(*how, setting);
  if (const auto* how = std::get_if<draft_request::model_file>(&request.what)) return make_apart(how->path, setting, std::move(choice));
  return chosen_drafter();
}

}  // namespace moesaic::decoder
