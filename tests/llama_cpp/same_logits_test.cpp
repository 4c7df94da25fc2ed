// SPDX-License-Identifier: MIT
// llama.cpp with its experts inside a budget computes the same bits as llama.cpp alone, which is run beside it.
#include <doctest/doctest.h>

#include <stdlib.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <string>

#include "decoder/oracle_files.hpp"
#include "simulate/program.hpp"

using namespace moesaic_test;

namespace {

struct outcome {
  nlohmann::json said;
  std::string logits;
};

class example {
 public:
  explicit example(std::string model) : model_(std::move(model)) {
    ::setenv("OMP_WAIT_POLICY", "passive", 1);  // threads that spin take minutes beside other tests
    std::ofstream ids(folder_ / "ids");
    for (std::uint32_t i = 0, dice = 7; i < 40; ++i) ids << ((dice = dice * 1'664'525U + 1'013'904'223U) >> 16U) % 250 << ' ';
  }
  [[nodiscard]] finished with(const std::string& budget, int prompt) const {
    return run("llama_cpp_in_a_budget",
               "'" + model_ + "' " + budget + " '" + (folder_ / "ids") + "' " + std::to_string(prompt) + " '" + (folder_ / "logits") + "'");
  }
  [[nodiscard]] outcome passed(const std::string& budget, int prompt) const {
    const finished done = with(budget, prompt);
    CAPTURE(done.err);
    REQUIRE(done.status == 0);
    return {json_of(done), content_of(folder_ / "logits")};
  }

 private:
  std::string model_;
  temporary_folder folder_;
};

void check_same_bits(const std::string& model, const std::string& large, const std::string& small) {
  CAPTURE(model);
  const example of(model);
  for (const int prompt : {1, 6}) {
    const outcome alone = of.passed("all", prompt);
    CHECK(alone.said["misses"] == 0);
    REQUIRE(alone.logits.size() > 1'000);
    for (const std::string& budget : {large, prompt == 1 ? small : large}) {
      CAPTURE(budget);
      const outcome inside = of.passed(budget, prompt);
      CHECK(inside.said["tensors_left"] == 0);  // llama.cpp saw homes only
      CHECK(inside.said["misses"] > 0);
      CHECK(inside.said["hits"] > 0);
      CHECK((inside.logits == alone.logits));
    }
  }
}

}  // namespace

TEST_CASE("the shipped model: the same logits under every budget") { check_same_bits(MOESAIC_MODELS "/moesaic-demo-moe-q8_0.gguf", "60%", "15%"); }

TEST_CASE("other architectures and types: the same logits under every budget") {
  for (const char* const name : {"deepseek2-lite.gguf", "mixtral.gguf", "olmoe.gguf", "phimoe.gguf", "qwen2moe.gguf", "qwen3moe-256-Q4_K_M.gguf"}) {
    const std::string model = engine_test::unpacked("oracles", name);
    if (model.empty()) {
      MESSAGE("skipped: no ", name, " in the folder shared/oracles beside the repository, or no xz to unpack it");
      continue;
    }
    check_same_bits(model, "85%", "60%");
  }
}

TEST_CASE("biases of experts read the choice, too: refused, not computed with another's") {
  const temporary_folder folder;
  const finished made =
      run("moesaic-make-model", "'" + (folder / "m.gguf") + "' --architecture gpt-oss --width 64 --heads 4 --kv-heads 2 --head-width 32 --vocabulary 260");
  REQUIRE_MESSAGE(made.status == 0, made.err);
  const example biased(folder / "m.gguf");
  CHECK(biased.with("all", 1).status == 0);
  const finished done = biased.with("50%", 1);
  CHECK(done.status == 1);
  CHECK(done.one_sentence());
  CHECK_MESSAGE(done.says("reads which experts were chosen"), done.err);
}

TEST_CASE("what cannot be done is a sentence and a status") {
  const example shipped(MOESAIC_MODELS "/moesaic-demo-moe-q8_0.gguf");
  const finished small = shipped.with("1%", 30);
  CHECK(small.status == 1);
  CHECK(small.one_sentence());
  CHECK(small.says("Give a larger budget"));
  const finished nothing = shipped.with("lots", 1);
  CHECK(nothing.status == 2);
  CHECK(nothing.one_sentence());
  const finished dense = example(MOESAIC_MODELS "/moesaic-demo-draft-q8_0.gguf").with("50%", 1);
  CHECK(dense.status == 2);
  CHECK(dense.says("holds no experts"));
  CHECK(run("llama_cpp_in_a_budget", "").status == 2);
}

TEST_CASE("token ids with something else among them are refused") {
  const temporary_folder folder;
  std::ofstream(folder / "ids") << "1 2 3 four 5";
  const finished done = run("llama_cpp_in_a_budget", "'" MOESAIC_MODELS "/moesaic-demo-moe-q8_0.gguf' all '" + (folder / "ids") + "' 1");
  CHECK(done.status == 2);
  CHECK(done.says("and nothing else"));
}

TEST_CASE("a key of another type than llama.cpp's is a sentence, too") {
  const temporary_folder folder;
  std::ofstream(folder / "ids") << "1 2 3";
  const auto little = [](std::uint64_t number, std::size_t bytes) {
    std::string text;
    for (std::size_t i = 0; i < bytes; ++i) text += static_cast<char>(number >> (8 * i));
    return text;
  };
  const auto named = [&](const std::string& name) { return little(name.size(), 8) + name; };
  constexpr std::uint64_t u32 = 4, text = 8, f32 = 6;
  for (const bool number_for_a_name : {true, false}) {
    std::string file = "GGUF" + little(3, 4) + little(1, 8) + little(2, 8);
    file += named("general.architecture") + (number_for_a_name ? little(u32, 4) + little(7, 4) : little(text, 4) + named("olmoe"));
    file += named("olmoe.expert_used_count") + (number_for_a_name ? little(u32, 4) + little(2, 4) : little(f32, 4) + little(0x4000'0000, 4));
    file += named("blk.0.ffn_up_exps.weight") + little(3, 4) + little(32, 8) + little(1, 8) + little(4, 8) + little(0, 4) + little(0, 8);
    file.resize((file.size() + 31) / 32 * 32 + 512);
    std::ofstream(folder / "model", std::ios::binary) << file;
    const finished done = run("llama_cpp_in_a_budget", "'" + (folder / "model") + "' 50% '" + (folder / "ids") + "' 1");
    CHECK(done.status == 2);
    CHECK_MESSAGE(done.says("holds no experts"), done.err);
  }
}
