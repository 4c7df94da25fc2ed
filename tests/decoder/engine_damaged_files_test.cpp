// SPDX-License-Identifier: MIT
#include <cstring>
#include <filesystem>
#include <fstream>

#include "engine_run.hpp"
#include "generated_model.hpp"
#include "oracle_files.hpp"

using namespace engine_test;

namespace {

recipe tiny(const char* architecture, std::int64_t experts) {
  recipe r;
  r.architecture = architecture;
  r.layers = 1;
  r.width = 8;
  r.heads = 2;
  r.key_value_heads = 1;
  r.head_width = 4;
  r.experts = experts;
  r.top_k = 2;
  r.inner = 4;
  r.vocabulary = 300;
  r.rope_scaling = 2;
  return r;
}

/// A file that is rewritten again and again.
class damaged_file {
 public:
  explicit damaged_file(const char* architecture = "qwen3moe", std::int64_t experts = 3) : made_(tiny(architecture, experts)), whole_(text_of(made_.path())) {
    const auto file = gguf_file::open(made_.path());
    REQUIRE(file);
    header_ = whole_.size();
    for (const gguf_tensor& t : (*file).tensors()) header_ = std::min<std::size_t>(header_, t.file_offset);
    // Tens of thousands of files: in memory where there is such a place, or the disk would be what this test waits for.
    std::error_code none;
    const std::filesystem::path shared_memory = "/dev/shm";
    const std::filesystem::path made(made_.path());
    path_ = (std::filesystem::is_directory(shared_memory, none) ? shared_memory : made.parent_path()) / (made.filename().string() + ".damaged");
  }
  ~damaged_file() { std::filesystem::remove(path_); }
  damaged_file(const damaged_file&) = delete;
  damaged_file& operator=(const damaged_file&) = delete;

  const std::string& whole() const { return whole_; }
  std::size_t header() const { return header_; }

  /// Opens, loads and, if that worked, runs three tokens. Answers the error's sentence, or nothing.
  std::string outcome(const std::string& contents) {
    std::ofstream(path_, std::ios::binary).write(contents.data(), static_cast<std::streamsize>(contents.size()));
    auto opened = gguf_file::open(path_);
    if (!opened) return sentence(opened.error());
    model_options o;
    o.context = 16;
    auto loaded = ggml_model::load(*opened, o);
    if (!loaded) return sentence(loaded.error());
    std::vector<std::byte> bytes(contents.size());
    std::memcpy(bytes.data(), contents.data(), contents.size());
    (*loaded).map_files({bytes.data()});
    return run(*loaded);
  }

 private:
  static std::string sentence(const error& why) {
    CHECK(why.sentence().size() > 20);
    CHECK(std::ranges::all_of(why.sentence(), [](char c) { return c >= ' ' && c <= '~'; }));
    return std::string(why.sentence());
  }
  static std::string run(ggml_model& m) {
    const token_id ids[] = {0, 0, 0};
    if (auto begun = m.begin({ids, {0}, phase::prefill, rows_wanted::all}); !begun) return sentence(begun.error());
    for (std::uint32_t l = 0; l < m.moe_layers(); ++l) {
      auto routed = m.route(static_cast<layer_index>(l));
      REQUIRE(routed);
      std::vector<expert_index> wanted((*routed).routes.begin(), (*routed).routes.end());
      std::ranges::sort(wanted);
      wanted.erase(std::unique(wanted.begin(), wanted.end()), wanted.end());
      for (const expert_index e : wanted) REQUIRE(m.run({.expert = {static_cast<layer_index>(l), e, {}}, .at = residence::host}));
      REQUIRE(m.combine(static_cast<layer_index>(l)));
    }
    auto done = m.finish();
    REQUIRE(done);
    CHECK((*done).values.size() == std::size_t{3} * m.vocabulary());
    return {};
  }

  generated_model made_;
  std::string whole_;
  std::size_t header_ = 0;
  std::string path_;
};

template <class Number>
std::string with(std::string contents, std::size_t at, Number value) {
  std::memcpy(contents.data() + at, &value, sizeof value);
  return contents;
}

}  // namespace

TEST_CASE("a file cut anywhere is refused in one sentence") {
  for (const char* architecture : {"qwen3moe", "qwen3"}) {
    damaged_file f(architecture, std::string_view(architecture) == "qwen3" ? 0 : 3);
    REQUIRE(f.outcome(f.whole()).empty());
    const std::size_t step = 3;
    for (std::size_t length = 0; length < f.header(); length += step) {
      const std::string why = f.outcome(f.whole().substr(0, length));
      CAPTURE(length);
      REQUIRE_FALSE(why.empty());
    }
    for (std::size_t length = f.header(); length + 32 <= f.whole().size(); length += 97) {
      const std::string why = f.outcome(f.whole().substr(0, length));
      CAPTURE(length);
      REQUIRE(why.find("truncated") != std::string::npos);
    }
  }
}

TEST_CASE("whatever value any header field takes, the answer is a model or a sentence") {
  damaged_file f;
  std::size_t refused = 0;
  std::size_t tried = 0;
  // Vocabularies are long and dull: their fields are all alike, so most of them are passed over.
  const std::size_t tokens = f.whole().find("tokenizer.ggml.tokens");
  const std::size_t merges = f.whole().find("tokenizer.ggml.merges");
  for (std::size_t at = 0; at + 8 <= f.header(); at += (at > tokens + 200 && at + 200 < merges) ? 61 : 1) {
    const auto now = static_cast<unsigned char>(f.whole()[at]);
    const std::string variants[] = {with(f.whole(), at, static_cast<std::uint8_t>(now ^ 1U)),
                                    with(f.whole(), at, static_cast<std::uint8_t>(now ^ 0x80U)),
                                    with(f.whole(), at, std::uint8_t{0xFF}),
                                    with(f.whole(), at, std::uint32_t{0}),
                                    with(f.whole(), at, std::uint32_t{0x7FFFFFFF}),
                                    with(f.whole(), at, std::uint64_t{0xFFFFFFFFFFFFFFFF}),
                                    with(f.whole(), at, std::uint64_t{1} << 62U),
                                    with(f.whole(), at, std::uint64_t{1} << 33U)};
    for (const std::string& v : variants) {
      CAPTURE(at);
      refused += f.outcome(v).empty() ? 0 : 1;
      ++tried;
    }
  }
  MESSAGE(tried, " damaged headers, ", refused, " refused");
  CHECK(refused > tried / 4);
}

TEST_CASE("many damages at once") {
  for (const char* architecture : {"llama", "deepseek2", "gpt-oss", "glm4moe"}) {
    damaged_file f(architecture, 3);
    REQUIRE(f.outcome(f.whole()).empty());
    std::mt19937_64 random(3);
    for (int round = 0; round < 1'000; ++round) {
      std::string contents = f.whole();
      const auto damages = 1 + random() % 8;
      for (std::uint64_t i = 0; i < damages; ++i) contents[random() % f.header()] = static_cast<char>(random());
      (void)f.outcome(contents);
    }
  }
}

TEST_CASE("keys of the newer architectures that make no sense are refused by name") {
  const auto refused = [](const char* architecture, const char* key, std::uint32_t value, std::string_view words) {
    damaged_file f(architecture, 3);
    const std::size_t at = f.whole().find(key) + std::strlen(key) + 4;
    const std::string why = f.outcome(with(f.whole(), at, value));
    CAPTURE(why);
    CHECK(why.find(words) != std::string::npos);
  };
  refused("deepseek2", "deepseek2.attention.kv_lora_rank", 0, "kv_lora_rank is 0; expected 1 to 65536");
  refused("deepseek2", "deepseek2.attention.key_length_mla", 2, "leave nothing of a head");
  refused("deepseek2", "deepseek2.attention.kv_lora_rank", 31, "its keys say");
  refused("deepseek2", "deepseek2.expert_gating_func", 9, "expert_gating_func is 9; expected 0 to 3");
  refused("gpt-oss", "gpt-oss.attention.sliding_window", 0, "sliding_window is 0");
  refused("glm4moe", "glm4moe.nextn_predict_layers", 7, "nextn_predict_layers is 7; expected 0 to 0");
}

TEST_CASE("the sentence says what is wrong") {
  damaged_file f;
  const auto says = [&](const std::string& contents, std::string_view words) {
    const std::string why = f.outcome(contents);
    CAPTURE(why);
    CHECK(why.find(words) != std::string::npos);
  };
  const auto value_of = [&](const char* key) { return f.whole().find(key) + std::strlen(key) + 4; };  // behind the type
  const auto type_of = [&](const char* tensor) { return f.whole().find(tensor) + std::strlen(tensor) + 4 + 16; };  // of a matrix
  says("", "no room for the magic number");
  says("GGML" + f.whole().substr(4), "does not begin with the letters GGUF");
  says(with(f.whole(), 4, std::uint32_t{1}), "GGUF version 1");
  says(with(f.whole(), 4, std::uint32_t{3} << 24U), "big-endian");
  says(with(f.whole(), 8, std::uint64_t{1} << 60U), "the header ends inside the description of tensor");
  says(with(f.whole(), 16, std::uint64_t{1} << 60U), "key");
  std::string other = f.whole();
  other.replace(other.find("qwen3moe"), 8, "gpt7-moe");
  says(other, "unknown architecture gpt7-moe; this decoder knows llama, qwen3, qwen3moe");
  std::string unused = f.whole();
  unused.replace(unused.find("blk.0.attn_q_norm"), 17, "blk.0.attn_z_norm");
  says(unused, "the tensor blk.0.attn_q_norm.weight is missing");
  says(with(f.whole(), type_of("blk.0.ffn_gate_exps.weight") + 8, std::uint32_t{99}), "type 99, which this ggml does not know");
  says(with(f.whole(), value_of("qwen3moe.block_count"), std::uint32_t{0}), "block_count is 0; expected 1 to 4096");
  says(with(f.whole(), value_of("qwen3moe.block_count"), std::uint32_t{2}), "the tensor blk.1.attn_q.weight is missing");
  says(with(f.whole(), value_of("qwen3moe.expert_used_count"), std::uint32_t{4}), "expert_used_count is 4; expected 1 to 3");
  says(with(f.whole(), value_of("qwen3moe.expert_count"), std::uint32_t{5}), "8 x 3");
  says(with(f.whole(), value_of("qwen3moe.attention.head_count"), std::uint32_t{3}), "its keys say");
  std::string yarn = f.whole();
  yarn.replace(yarn.find("linear"), 6, "longer");
  says(yarn, "rope.scaling.type is longer; this decoder knows none, linear, longrope and yarn");
}

TEST_CASE("what is no file, or goes away, is said") {
  CHECK(gguf_file::open("/nowhere/at/all.gguf").error().code() == error_code::cannot_open);
  CHECK(gguf_file::open("/tmp").error().code() == error_code::cannot_open);
  CHECK(gguf_file::open("/dev/zero").error().code() == error_code::cannot_open);
  const generated_model made(tiny("qwen3moe", 3));
  const auto file = gguf_file::open(made.path());
  REQUIRE(file);
  std::filesystem::resize_file(made.path(), (*file).find("blk.0.ffn_norm.weight")->file_offset);
  const auto loaded = ggml_model::load(*file, {});
  REQUIRE_FALSE(loaded);
  CHECK(loaded.error().code() == error_code::transfer_failed);
  CHECK(loaded.error().sentence().find("had") != std::string_view::npos);
}
