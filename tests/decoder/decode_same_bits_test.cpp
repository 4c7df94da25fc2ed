// SPDX-License-Identifier: MIT
// No budget, policy, way of reading, number of threads or place of computing changes a bit of the answer.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "program_run.hpp"
#include "support/temporary_folder.hpp"

namespace {

using strings = std::vector<std::string>;

const std::string make_model_program = MOESAIC_PROGRAMS "/moesaic-make-model";

std::string content(const std::string& path) {
  std::stringstream all;
  all << std::ifstream(path, std::ios::binary).rdbuf();
  return all.str();
}

/// A prompt of that many ids of a vocabulary of at least 500.
std::string some_ids(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += (i == 0 ? "" : ",") + std::to_string(3 + i * i * 31 % 487);
  return text;
}

struct answer_bits {
  std::string logits, routing;
  nlohmann::json report;
};

class comparison {
 public:
  comparison(std::string model, int prompt, int tokens) : model_(std::move(model)), prompt_(some_ids(prompt)), tokens_(std::to_string(tokens)) {
    reference_ = run({"--budget", "all", "--threads", "1"});
    REQUIRE(reference_.logits.size() > 0);
  }

  [[nodiscard]] const nlohmann::json& report() const { return reference_.report; }

  /// The same bits as with everything in memory, and never more memory than allowed.
  void same(const strings& options) {
    const answer_bits got = run(options);
    std::string said;
    for (const auto& o : options) said += o + " ";
    CAPTURE(said);
    CHECK((got.logits == reference_.logits));
    CHECK((got.routing == reference_.routing));
    CHECK(got.report.at("ids") == reference_.report.at("ids"));
    if (got.report.contains("peak")) CHECK(got.report.at("peak").at("total_bytes") <= got.report.at("budget").at("bytes"));
    ++runs;
  }

  int runs = 0;

 private:
  answer_bits run(const strings& options) {
    strings words{decoder_program, "--model", model_,        "--prompt-ids", prompt_,       "--tokens",  tokens_,      "--ignore-eos",
                  "--quiet",       "--json",  folder_ / "o", "--logits",     folder_ / "l", "--routing", folder_ / "r"};
    words.insert(words.end(), options.begin(), options.end());
    const auto end = run_program(words);
    std::string said;
    for (const auto& o : options) said += o + " ";
    CHECK_MESSAGE(end.status == 0, said << ": " << end.err);
    if (end.status != 0) return {};
    return {content(folder_ / "l"), content(folder_ / "r"), nlohmann::json::parse(content(folder_ / "o"))};
  }

  temporary_folder folder_;
  std::string model_, prompt_, tokens_;
  answer_bits reference_;
};

const std::vector<strings> policies{
    {"--eviction", "lru"},
    {"--eviction", "fifo", "--scope", "global"},
    {"--eviction", "lfu", "--admission", "optional"},
    {"--eviction", "lrfu(32)", "--admission", "optional", "--scope", "global"},
    {"--eviction", "random(7)"},
    {"--eviction", "least_useful", "--scope", "global"},
    {"--admission", "staging_only", "--prefetch", "most_useful"},
    {"--eviction", "lru", "--prefetch", "most_useful(in_flight=8)", "--prediction", "previous_step"},
    {"--system", "prefetching", "--scope", "global"},
    {"--placement", "host"},
    {"--system", "host_assisted"},
    {"--system", "host_assisted", "--scope", "global", "--eviction", "random"},
};
const std::vector<strings> ways_to_read{
    {}, {"--io", "pread"}, {"--io", "pread", "--direct", "no"}, {"--direct", "no"}, {"--io", "mmap"}, {"--throttle", "2GB/s"}};

std::string budget_of(std::size_t i, const nlohmann::json& report) {
  static const strings shares{"12.5%", "25%", "50%", "all"};
  return i == 0 ? std::to_string(report.at("budget").at("floor").get<std::uint64_t>()) : shares[i - 1];
}

strings joined(std::initializer_list<strings> parts) {
  strings all;
  for (const auto& p : parts) all.insert(all.end(), p.begin(), p.end());
  return all;
}

}  // namespace

TEST_CASE("the same bits on generated models: every policy and budget, one and two threads, ways of reading in turn") {
  const temporary_folder folder;
  const std::vector<strings> recipes{
      {"--architecture", "qwen3moe", "--layers", "4", "--experts", "16", "--top-k", "4", "--type", "Q8_0", "--down-type", "F16", "--seed", "11"},
      {"--architecture", "llama", "--layers", "3", "--experts", "8", "--top-k", "2", "--type", "Q4_0", "--seed", "12"},
      {"--architecture", "qwen3moe", "--layers",     "2",  "--width", "256",  "--experts",   "32",   "--top-k", "8",
       "--inner",        "256",      "--head-width", "64", "--type",  "Q4_K", "--down-type", "Q6_K", "--seed",  "13"},
  };
  std::size_t turn = 0;
  for (const strings& recipe : recipes) {
    const std::string model = folder / "m.gguf";
    const auto made = run_program(joined({{make_model_program, model}, recipe}));
    REQUIRE_MESSAGE(made.status == 0, made.err);
    comparison c(model, 70, 6);
    for (std::size_t budget = 0; budget < 5; ++budget)
      for (const strings& policy : policies) {
        if (++turn % (instrumented ? 5 : 1) != 0) continue;  // an instrumented program is slow; each policy still has its turn
        const strings threads{"--threads", turn / 7 % 2 == 0 ? "1" : "2"};
        c.same(joined({{"--budget", budget_of(budget, c.report())}, policy, threads, ways_to_read[turn / 5 % ways_to_read.size()]}));
      }
    CHECK(c.runs == (instrumented ? 12 : 60));
  }
}

TEST_CASE("the same bits on the shipped model, a prefill of 200 tokens included") {
  comparison c(demo_model, 200, 8);
  for (std::size_t budget = 0; budget < 5; ++budget) {
    const strings share{"--budget", budget_of(budget, c.report())};
    c.same(joined({share, {"--threads", "2"}}));
    c.same(joined({share, {"--eviction", "lrfu(32)", "--admission", "optional", "--scope", "global", "--threads", "1"}}));
    c.same(joined({share, {"--system", "prefetching", "--threads", "2"}}));
    c.same(joined({share, {"--placement", "host", "--threads", "1"}}));
  }
  for (const strings& way : ways_to_read) c.same(joined({{"--budget", "25%"}, way}));
  const auto& report = c.report();
  CHECK(report.at("prompt_ids").size() == 200);
}

TEST_CASE("a budget of everything holds everything: each expert travels once") {
  const temporary_folder folder;
  const std::string model = folder / "m.gguf";
  const auto made = run_program({make_model_program, model, "--layers", "4", "--experts", "16", "--top-k", "4", "--type", "Q8_0", "--down-type", "F16"});
  REQUIRE_MESSAGE(made.status == 0, made.err);
  for (const strings& way : ways_to_read)
    for (const char* scope : {"layer", "global"}) {
      strings words{decoder_program, "--model",  model, "--budget",     "all",     "--scope", scope,       "--prompt-ids",
                    some_ids(150),   "--tokens", "30",  "--ignore-eos", "--quiet", "--json",  folder / "o"};
      words.insert(words.end(), way.begin(), way.end());
      const auto end = run_program(words);
      REQUIRE_MESSAGE(end.status == 0, end.err);
      const auto report = nlohmann::json::parse(content(folder / "o"));
      std::uint64_t misses = 0;
      for (const char* part : {"prefill_counters", "counters"}) {
        CHECK(report.at(part).at("evictions") == 0);
        CHECK(report.at(part).at("bypasses") == 0);
        misses += report.at(part).at("misses").get<std::uint64_t>();
      }
      CHECK(misses > 32);
      CHECK(misses <= 64);
    }
}

TEST_CASE("a dense model is not touched by budgets either") {
  comparison c(draft_model, 100, 6);
  for (const char* threads : {"1", "2"}) c.same({"--budget", "1000", "--threads", threads});
}
