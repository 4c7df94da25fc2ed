// SPDX-License-Identifier: MIT
// Every architecture gives the reference's answers, the same bits at every budget.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "oracle_files.hpp"
#include "program_run.hpp"
#include "reference_arithmetic.hpp"
#include "support/temporary_folder.hpp"

namespace {

using nlohmann::json;
using strings = std::vector<std::string>;

std::string joined(const std::vector<int>& ids) {
  std::string text;
  for (const int id : ids) text += (text.empty() ? "" : ",") + std::to_string(id);
  return text;
}

struct answer {
  json report;
  std::string logits, routing;
  [[nodiscard]] std::vector<float> numbers() const {
    std::vector<float> out(logits.size() / sizeof(float));
    std::memcpy(out.data(), logits.data(), out.size() * sizeof(float));
    return out;
  }
};

answer run(const temporary_folder& folder, const std::string& model, const std::vector<int>& prompt, std::size_t tokens, const strings& more) {
  strings words{decoder_program, "--model", model, "--prompt-ids", joined(prompt), "--tokens", std::to_string(tokens)};
  for (const char* w : {"--ignore-eos", "--quiet", "--json"}) words.emplace_back(w);
  words.insert(words.end(), {folder / "o", "--logits", folder / "l", "--routing", folder / "r"});
  words.insert(words.end(), more.begin(), more.end());
  const auto end = run_program(words);
  REQUIRE_MESSAGE(end.status == 0, end.err);
  return {json::parse(engine_test::text_of(folder / "o")), engine_test::text_of(folder / "l"), engine_test::text_of(folder / "r")};
}

/// The answer with everything in memory; the same at less, in other windows, by more threads and computed in place.
answer at_all_budgets(const std::string& model, const std::vector<int>& prompt, std::size_t tokens) {
  const temporary_folder folder;
  const answer all = run(folder, model, prompt, tokens, {"--budget", "all", "--threads", "1"});
  const auto floor = std::to_string(all.report.at("budget").at("floor").get<std::uint64_t>());
  for (const strings& how : {strings{"--budget", floor}, strings{"--budget", "25%"}, strings{"--budget", "50%", "--threads", "2"},
                             strings{"--budget", "25%", "--placement", "host"}}) {
    CAPTURE(how[1]);
    const answer less = run(folder, model, prompt, tokens, how);
    CHECK(less.report.at("ids") == all.report.at("ids"));
    CHECK((less.logits == all.logits));
    CHECK((less.routing == all.routing));
    CHECK(less.report.at("peak").at("total_bytes") <= less.report.at("budget").at("bytes"));
  }
  return all;
}

}  // namespace

TEST_CASE("tiny models of every architecture: the first logits at every position are the reference's") {
  std::ifstream in(MOESAIC_TEST_DATA "/architectures.json");
  const json known = json::parse(in);
  const std::vector<int> ids = known.at("ids");
  const temporary_folder folder;
  std::size_t seen = 0;
  for (const json& one : known.at("models")) {
    const std::string name = one.at("name");
    CAPTURE(name);
    const std::string model = folder / "m.gguf";
    strings words{MOESAIC_PROGRAMS "/moesaic-make-model", model};
    std::istringstream options(one.at("make").get<std::string>());
    for (std::string word; options >> word;) words.push_back(word);
    const auto made = run_program(words);
    REQUIRE_MESSAGE(made.status == 0, made.err);

    const std::vector<float> logits = at_all_budgets(model, ids, 0).numbers();
    REQUIRE(logits.size() % ids.size() == 0);
    const std::size_t vocabulary = logits.size() / ids.size();
    float largest = 0;
    for (std::size_t p = 0; p < ids.size(); ++p) {
      const auto row = logits.begin() + static_cast<std::ptrdiff_t>(p * vocabulary);
      CHECK(std::max_element(row, row + static_cast<std::ptrdiff_t>(vocabulary)) - row == one.at("best")[p].get<int>());
      const std::vector<float> first = one.at("logits")[p];
      for (std::size_t i = 0; i < first.size(); ++i) largest = std::max(largest, std::fabs(row[static_cast<std::ptrdiff_t>(i)] - first[i]));
    }
    CHECK(largest <= 1e-3F);
    // YaRN's growth is one product more or less there, which is a last bit of every turn.
    if (rounds_as_the_reference() && name != "gpt-oss-yarn") CHECK(largest == 0);
    ++seen;
  }
  CHECK(seen == 17);
}

TEST_CASE("known models: the reference's ids and logits, the same at the floor, 25 %, 50 % and all") {
  for (const std::string name : {"mixtral", "qwen3moe", "qwen2moe", "olmoe", "phimoe", "deepseek2-lite", "qwen3moe-256-Q8_0", "qwen3moe-256-Q4_0",
                                 "qwen3moe-256-Q4_K_M", "qwen3moe-256-Q6_K", "qwen3moe-256-F16"}) {
    CAPTURE(name);
    const std::string model = engine_test::unpacked("oracles", name + ".gguf");
    const std::string reference = engine_test::unpacked("oracles", name + ".logits.f32");
    if (model.empty() || reference.empty()) {
      MESSAGE("left out: no ../shared/oracles/", name, ".gguf.xz here, or no xz");
      continue;
    }
    const json known = json::parse(engine_test::text_of(std::string(MOESAIC_SHARED) + "/oracles/" + name + ".json"));
    const bool quantised = name.starts_with("qwen3moe-256");
    std::vector<int> prompt = known.at("prompt_ids");
    const std::vector<int> generated = known.at("generated_ids");
    if (quantised) prompt.insert(prompt.end(), generated.begin(), generated.end());
    const answer got = at_all_budgets(model, prompt, quantised ? 0 : generated.size());
    if (!quantised) CHECK(got.report.at("ids") == known.at("generated_ids"));
    const std::vector<float> logits = got.numbers();
    const std::vector<float> expected = engine_test::floats_of(reference);
    REQUIRE(logits.size() == expected.size());
    const std::size_t vocabulary = logits.size() / 44;
    std::size_t near = 0;
    for (std::size_t p = 0; p < 44; ++p) {
      float largest = 0;
      for (std::size_t i = p * vocabulary; i < (p + 1) * vocabulary; ++i) largest = std::max(largest, std::fabs(logits[i] - expected[i]));
      near += largest <= (quantised ? 0.5F : 1e-3F) ? 1 : 0;
    }
    CHECK(near >= (quantised ? 40 : 44));
  }
}
