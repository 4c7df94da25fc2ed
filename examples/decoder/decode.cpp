// SPDX-License-Identifier: MIT
// moesaic-decode: decodes a model of which only a part of the experts fits into memory. See --help.

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <new>
#include <optional>
#include <string>
#include <system_error>

#include <unistd.h>

#include "command_line/output_file.hpp"
#include "command_line/program.hpp"
#include "command_line/progress.hpp"
#include "program/dense_loop.hpp"
#include "program/inputs.hpp"
#include "program/routed_run.hpp"

namespace moesaic::decoder {
namespace {

constexpr command_line::program self("moesaic-decode");

/// Better now than after an hour of decoding.
result<void> check_json_place(const std::string& path) {
  if (path.empty() || path == "-") return {};
  namespace fs = std::filesystem;
  std::error_code ignored;
  const fs::path parent = fs::path(path).parent_path();
  const std::string folder = parent.empty() ? "." : parent.string();
  if (fs::is_directory(path, ignored)) return error(error_code::cannot_open, "cannot write ", path, ": it is a directory");
  if (!fs::is_directory(folder, ignored)) return error(error_code::cannot_open, "cannot write ", path, ": there is no folder ", folder);
  const bool special = fs::exists(path, ignored) && !fs::is_regular_file(path, ignored);
  if (::access(special ? path.c_str() : folder.c_str(), W_OK) != 0)
    return error(error_code::cannot_open, "cannot write ", path, ": no permission to write there; give another place");
  return {};
}

void describe(const options& o, const ggml_model& model, report& r) {
  r.model.path = o.model;
  r.model.architecture = model.architecture();
  r.model.layers = model.blocks();
  r.model.moe_layers = model.moe_layers();
  r.model.vocabulary = model.vocabulary();
  r.model.context = model.context();
  r.model.resident_bytes = model.resident_bytes();
  r.model.cache_bytes = model.cache_bytes();
  r.system = o.system;
}

/// Tokens of one forward pass over a prompt: the more, the fewer times an expert is read; the buffers for them stay near 12 MiB.
std::uint32_t window_for(const gguf_file& file) {
  const auto name = file.text("general.architecture");
  if (!name) return 64;
  const std::string prefix = std::string(*name) + ".";
  const auto width = file.whole(prefix + "embedding_length");
  const auto top_k = file.whole(prefix + "expert_used_count");
  if (!width || *width == 0 || *width > 1'000'000) return 64;
  const std::uint64_t token_bytes = sizeof(float) * *width * (8 + (top_k ? std::min<std::uint64_t>(*top_k, 64) : 0));
  return static_cast<std::uint32_t>(std::clamp<std::uint64_t>((std::uint64_t{12} << 20U) / token_bytes / 64 * 64, 64, 512));
}

token_choice choice_of(const options& o, const std::vector<token_id>& forced) {
  if (o.temperature == 0) return token_choice(speculation::greedy{}, forced);
  return token_choice(speculation::sampled{.temperature = static_cast<float>(o.temperature), .top_p = static_cast<float>(o.top_p), .seed = o.seed}, forced);
}

/// Everything between the command line and the report. Nothing: it went well.
std::optional<broken_off> decode(const options& o, report& r) {
  const auto began = std::chrono::steady_clock::now();
  if (auto names = named_policies(o); !names)
    return broken_off{names.error()};
  else if (auto made = command_line::make_policies(*names, o.libraries); !made)
    return broken_off{made.error()};
  else
    r.policies = std::move(*names);
  if (auto place = check_json_place(o.json); !place) return broken_off{place.error()};

  auto opened = gguf_file::open(o.model);
  if (!opened) return broken_off{opened.error()};
  std::optional<gguf_file> file(std::move(*opened));
  tokenizer words = tokenizer::from(*file);
  const auto prompt = prompt_ids(o, words);
  if (!prompt) return broken_off{prompt.error()};
  const auto forced = forced_ids(o);
  if (!forced) return broken_off{forced.error()};

  command_line::progress shown("moesaic-decode", !o.quiet);
  model_options how;
  how.threads = o.threads;
  how.context = o.context;
  how.cache_type = o.half_cache ? GGML_TYPE_F16 : GGML_TYPE_F32;
  how.longest_window = window_for(*file);
  how.progress = [&](std::uint64_t done, std::uint64_t total) { shown.update("loading", done, total); };
  auto model = ggml_model::load(*file, how);
  shown.done();
  if (!model) return broken_off{model.error()};
  file.reset();  // its header is megabytes of token texts
  describe(o, *model, r);
  if (auto fine = check_ids(*prompt, model->vocabulary(), "the prompt"); !fine) return broken_off{fine.error()};
  if (auto fine = check_ids(*forced, model->vocabulary(), o.force_ids); !fine) return broken_off{fine.error()};
  if (prompt->size() > model->context())
    return broken_off{
        error(error_code::context_full, "the prompt has ", prompt->size(), " tokens, but the context holds ", model->context(), "; give a larger --context")};

  if (model->moe_layers() == 0 && !(o.journal.empty() && o.timeline.empty()))
    return broken_off{error(error_code::bad_argument, o.model, ": has no routed experts, so there is nothing for ",
                            o.journal.empty() ? "--timeline" : "--journal", " to write; leave it out")};
  if (model->moe_layers() == 0 && !o.speculation.draft.none())
    return broken_off{error(error_code::bad_argument, o.model, ": has no routed experts, and --draft is for models that have; leave it out")};
  auto notes = evidence::open(o.logits, o.routing);
  if (!notes) return broken_off{notes.error()};
  std::vector<std::uint32_t> blocks;
  for (std::uint32_t l = 0; l < model->moe_layers(); ++l) blocks.push_back(model->block_of(static_cast<layer_index>(l)));
  tapped_model<ggml_model> tapped(std::move(*model), std::move(blocks), *notes);
  tapped.watch = [&](const token_window& w, double part) {
    const double there = w.first.count + part * static_cast<double>(w.tokens.size());
    if (w.during == phase::prefill)
      shown.update("reading the prompt", static_cast<std::uint64_t>(there), prompt->size());
    else
      shown.done();
  };

  r.prompt_ids = *prompt;
  r.seconds.load = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  const std::uint32_t asked = o.tokens.value_or(forced->empty() ? 64 : static_cast<std::uint32_t>(forced->size()));
  generation_order order{*prompt, asked, o.ignore_eos, notes->wants_logits() || notes->wants_routing()};
  if (!forced->empty() && forced->size() < asked) {
    order.tokens = static_cast<std::uint32_t>(forced->size());
    order.tokens_are_forced = true;
  }
  order.drafts = !o.speculation.draft.none();
  text_output out(words, o.json != "-");
  std::optional<broken_off> trouble;
  if (tapped.inner().moe_layers() > 0) {
    trouble = run_routed(std::move(tapped), choice_of(o, *forced), o, order, words, out, r);
  } else {
    dense_loop loop(std::move(tapped), choice_of(o, *forced));
    if (auto done = generate(loop, order, words, out, r); !done) trouble = broken_off{done.error(), true};
  }
  shown.done();
  const auto text_ended = out.finish();
  const auto notes_ended = notes->finish();
  r.text = out.text();
  if (trouble) return trouble;
  if (!text_ended) return broken_off{text_ended.error(), true};
  if (!notes_ended) return broken_off{notes_ended.error(), true};
  return std::nullopt;
}

int run(const options& o) {
  using command_line::failed_half_way, command_line::wrong_request;
  report r;
  try {
    if (const auto trouble = decode(o, r)) return self.complain(trouble->why, trouble->half_way ? failed_half_way : wrong_request);
    if (!o.json.empty())
      if (const auto written = o.json == "-" ? command_line::print(as_json(r)) : command_line::save(o.json, as_json(r)); !written)
        return self.complain(written.error(), failed_half_way);
    if (!o.quiet) command_line::say(summary(r));
    return command_line::done;
  } catch (const std::bad_alloc&) {
    return self.complain("no memory left; give a smaller --budget or --context", r.prompt_ids.empty() ? wrong_request : failed_half_way);
  } catch (const std::exception& why) {
    return self.complain(why.what(), r.prompt_ids.empty() ? wrong_request : failed_half_way);
  }
}

}  // namespace
}  // namespace moesaic::decoder

int main(int count, char** words) {
  using namespace moesaic::decoder;
  return self.start(count, words, parse_command_line, run, "no memory left for this");
}
