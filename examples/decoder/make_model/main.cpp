// SPDX-License-Identifier: MIT
// moesaic-make-model: writes a model with random weights, for tests and benchmarks.
#include <algorithm>
#include <charconv>
#include <iterator>
#include <string>
#include <string_view>

#include "command_line/program.hpp"
#include "recipe.hpp"

namespace {

using namespace moesaic::decoder;

constexpr const char* help =
    "moesaic-make-model OUT.gguf [--architecture NAME] [--seed N] [--layers N] [--width N] [--heads N] "
    "[--kv-heads N]\n"
    "                   [--head-width N] [--experts N] [--top-k N] [--inner N] [--vocabulary N] [--context N] [--type "
    "F32|F16|Q8_0|Q4_K|...]\n"
    "                   [--down-type TYPE] [--tied] [--one-tensor-per-expert] [--rope-factors] [--rope-scaling X]\n"
    "                   [--shared N] [--dense-layers N] [--further-layers N] [--rotary N] [--latent N] [--query-rank N] "
    "[--latent-together]\n"
    "                   [--sigmoid] [--groups N] [--groups-used N] [--window N] [--yarn X] [--long-factors] [--files N]\n"
    "                   [--topics N] [--embedding-gain X] [--attention-gain X]\n"
    "\n"
    "Writes a GGUF model with random weights. An expert takes 3 x width x inner numbers; --experts 0 makes a dense model. "
    "--inner is the\n"
    "width inside an expert, --down-type another type for the down matrices of every other layer (experts of mixed sizes).\n"
    "The fourth and fifth lines are for architectures that have such things: shared experts, first layers without experts, "
    "layers that guess\n"
    "further tokens, a part of a head that turns, latent attention, sigmoid gates, groups of experts, a sliding window, longer contexts.\n"
    "--topics N: each N-th of the vocabulary has similar embeddings and uses similar experts. A larger embedding and a "
    "smaller attention\n"
    "(gains, 1 each) make routing depend more on the token and less on all tokens before it.\n"
    "--files N splits the model over N files, OUT-00001-of-0000N.gguf and so on.\n"
    "Example, 1 GB of experts in Q8_0:\n"
    "  moesaic-make-model big.gguf --layers 12 --width 1024 --experts 64 --top-k 4 --inner 416 --type Q8_0\n";

constexpr moesaic::command_line::program self("moesaic-make-model");

int refuse(std::string_view sentence) { return self.complain(sentence, moesaic::command_line::wrong_request); }

template <class Number>
bool parse(std::string_view text, Number& out) {
  const auto done = std::from_chars(text.data(), text.data() + text.size(), out);
  return done.ec == std::errc() && done.ptr == text.data() + text.size();
}

}  // namespace

int main(int count, char** arguments) {
  recipe r;
  std::string out;
  struct {
    const char* name;
    std::int64_t* into;
  } const wholes[] = {{"--layers", &r.layers},
                      {"--width", &r.width},
                      {"--heads", &r.heads},
                      {"--kv-heads", &r.key_value_heads},
                      {"--head-width", &r.head_width},
                      {"--experts", &r.experts},
                      {"--top-k", &r.top_k},
                      {"--inner", &r.inner},
                      {"--vocabulary", &r.vocabulary},
                      {"--context", &r.context},
                      {"--shared", &r.shared},
                      {"--dense-layers", &r.dense_layers},
                      {"--further-layers", &r.further_layers},
                      {"--rotary", &r.rotary},
                      {"--latent", &r.latent},
                      {"--query-rank", &r.query_rank},
                      {"--groups", &r.groups},
                      {"--groups-used", &r.groups_used},
                      {"--window", &r.window},
                      {"--files", &r.files},
                      {"--topics", &r.topics}};
  struct real_option {
    std::string_view name;
    float* into;
  };
  const real_option reals[] = {
      {"--rope-scaling", &r.rope_scaling}, {"--yarn", &r.yarn}, {"--embedding-gain", &r.embedding_gain}, {"--attention-gain", &r.attention_gain}};
  struct {
    const char* name;
    bool* into;
  } const flags[] = {{"--tied", &r.tied},
                     {"--one-tensor-per-expert", &r.one_tensor_per_expert},
                     {"--rope-factors", &r.rope_factors},
                     {"--latent-together", &r.latent_together},
                     {"--sigmoid", &r.sigmoid},
                     {"--long-factors", &r.long_factors}};
  for (int i = 1; i < count; ++i) {
    const std::string name = arguments[i];
    if (name == "--help") return self.print_and_end(help);
    if (name == "--version") return self.print_and_end("moesaic-make-model " + moesaic::command_line::version_text() + "\n");
    bool is_flag = false;
    for (const auto& flag : flags)
      if (name == flag.name) is_flag = *flag.into = true;
    if (is_flag) continue;
    if (!name.starts_with("--")) {
      if (!out.empty()) return refuse("two names of files, " + out + " and " + name + "; one model is made at a time");
      out = name;
      continue;
    }
    if (i + 1 == count) return refuse("the option " + name + " needs a value (or is unknown); --help lists all");
    const std::string value = arguments[++i];
    bool known = true;
    bool fine = true;
    if (name == "--architecture")
      r.architecture = value;
    else if (name == "--seed")
      fine = parse(value, r.seed);
    else if (name == "--type" || name == "--down-type") {
      (name == "--type" ? r.type : r.down_type) = type_named(value);
      fine = type_named(value) != GGML_TYPE_COUNT;
    } else if (const auto real = std::ranges::find(reals, name, &real_option::name); real != std::end(reals)) {
      fine = parse(value, *real->into) && *real->into > 0;
    } else {
      known = false;
      for (const auto& whole : wholes)
        if (name == whole.name) {
          known = true;
          fine = parse(value, *whole.into);
        }
    }
    if (!known) return refuse("unknown option " + name + "; --help lists all");
    if (!fine) return refuse("the value " + value + " of " + name + " makes no sense");
  }
  if (out.empty()) return refuse("no name for the model; --help lists the options");
  const auto made = make_model(r, out);
  if (made) return moesaic::command_line::done;
  const bool half_way = made.error().code() == moesaic::error_code::transfer_failed;
  return self.complain(made.error(), half_way ? moesaic::command_line::failed_half_way : moesaic::command_line::wrong_request);
}
