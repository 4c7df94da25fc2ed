// SPDX-License-Identifier: MIT
// Drafts change how many steps a text takes, never the text; what was rejected leaves no trace; and what a draft cannot be is said.
#include <doctest/doctest.h>

#include <cstdint>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "drafters/make_drafter.hpp"
#include "engine_run.hpp"
#include "generated_model.hpp"
#include "program_run.hpp"
#include "support/temporary_folder.hpp"

namespace {

using strings = std::vector<std::string>;

std::string content(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}
strings joined(strings a, const strings& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}
nlohmann::json report_of(const strings& options) {
  const program_end end = run_program(joined({decoder_program, "--quiet", "--json", "-"}, options));
  REQUIRE_MESSAGE(end.status == 0, end.err);
  return nlohmann::json::parse(end.out);
}
std::string text_of(const nlohmann::json& ids) {
  std::string text;
  for (const auto& id : ids) text += std::to_string(id.get<int>()) + " ";
  return text;
}
void refused(const strings& options, std::string_view part) {
  const program_end end = run_program(joined({decoder_program, "--model", demo_model, "--budget", "25%", "--prompt", "x"}, options));
  CAPTURE(end.err);
  CHECK(end.status == 2);
  CHECK(end.one_sentence());
  CHECK(end.says(part));
  CHECK(end.out.empty());
}

/// Every byte of the key-value cache, layer after layer.
std::vector<std::byte> cache_of(const moesaic::decoder::ggml_model& model) {
  std::vector<std::byte> all;
  for (const auto& layer : model.net().layers) {
    const auto memory = layer.mixer->cache_memory();
    all.insert(all.end(), memory.begin(), memory.end());
  }
  return all;
}

}  // namespace

TEST_CASE("greedy ids, logits and routes are those without a draft: every drafter, lengths, budgets and systems in turn") {
  const temporary_folder folder;
  const strings prompts{"In the beginning God created", "def main(argv):", "Call me Ishmael. Some years ago"};
  const strings systems{"on_demand", "prefetching", "host_assisted", "moe_speq", "sp_moe", "moe_spac"};
  std::size_t turn = 0;
  for (const std::string& prompt : prompts) {
    const strings run{"--model",   demo_model, "--prompt", prompt,       "--tokens",  "48",        "--ignore-eos",
                      "--threads", "2",        "--logits", folder / "l", "--routing", folder / "r"};
    const auto truth = report_of(joined(run, {"--budget", "all"}));
    const std::string logits = content(folder / "l"), routes = content(folder / "r"), ids = text_of(truth.at("ids"));
    std::ofstream(folder / "ids") << ids;
    CHECK(truth.at("speculation").at("windows") == 0);
    CHECK(truth.at("draft_bytes") == 0);
    const strings budgets{std::to_string(truth.at("budget").at("floor").get<std::uint64_t>()), "25%", "all"};
    for (const std::string& draft :
         {std::string("ngram"), std::string("self:q4_0"), draft_model, "scripted:right:" + (folder / "ids"), "scripted:wrong:" + (folder / "ids"), demo_model})
      for (const int length : {1, 2, 3, 4, 5, 6, 7, 8}) {
        if (++turn % (instrumented ? 7 : 2) != 0) continue;
        const std::string &system = systems[turn / 5 % systems.size()], &budget = budgets[turn / 2 % budgets.size()];
        CAPTURE(draft);
        CAPTURE(length);
        CAPTURE(system);
        CAPTURE(budget);
        const auto got = report_of(joined(run, {"--budget", budget, "--system", system, "--draft", draft, "--draft-length", std::to_string(length)}));
        CHECK(text_of(got.at("ids")) == ids);
        CHECK((content(folder / "l") == logits));
        CHECK((content(folder / "r") == routes));
        const auto& s = got.at("speculation");
        CHECK(s.at("committed") == 47);
        CHECK(s.at("committed").get<int>() == s.at("accepted").get<int>() + s.at("windows").get<int>());
        CHECK(s.at("accepted") <= s.at("drafted"));
        CHECK(s.at("drafted_windows") <= s.at("windows"));
        CHECK(s.at("drafted_windows") <= s.at("drafted"));
        CHECK(s.at("drafted").get<int>() <= length * s.at("windows").get<int>());
        CHECK(got.at("peak").at("total_bytes") <= got.at("budget").at("bytes"));
        CHECK((got.at("draft_bytes") > 0) == (draft.ends_with("gguf") || draft == "self:q4_0"));
        if (draft.starts_with("scripted:right") || draft == demo_model) CHECK(s.at("accepted") == s.at("verified"));
        if (draft.starts_with("scripted:wrong")) CHECK(s.at("accepted") == 0);
      }
  }
}

TEST_CASE("steps in which nothing was drafted are counted, and told apart") {
  const temporary_folder folder;
  const strings run{"--model", demo_model, "--budget", "25%", "--prompt", "Call me Ishmael.", "--tokens", "20", "--ignore-eos"};
  std::ofstream(folder / "ids") << text_of(report_of(run).at("ids"));
  const program_end end =
      run_program(joined({decoder_program, "--json", folder / "j"}, joined(run, {"--draft", "scripted:right:" + (folder / "ids"), "--governor", "goodput"})));
  REQUIRE_MESSAGE(end.status == 0, end.err);
  const auto s = nlohmann::json::parse(content(folder / "j")).at("speculation");
  const auto drafted = s.at("drafted_windows").get<int>(), all = s.at("windows").get<int>();
  CHECK(drafted > 0);
  CHECK(drafted < all);  // this governor's first step is plain
  CHECK(s.at("committed").get<int>() == s.at("accepted").get<int>() + all);
  CHECK(end.says("in " + std::to_string(drafted) + " of " + std::to_string(all) + " steps"));
}

TEST_CASE("what was drafted and rejected is gone from the cache to the last byte") {
  using namespace engine_test;
  for (const ggml_type type : {GGML_TYPE_F32, GGML_TYPE_F16}) {
    model_options how;
    how.cache_type = type;
    how.context = 128;
    engine plain(demo_model, how), drafted(demo_model, how);
    const std::vector<token_id> prompt = some_ids(20, 4'096);
    (void)plain.sequence(prompt, 20);
    (void)drafted.sequence(prompt, 20);
    auto request = draft_request::parse("self:q4_0");
    REQUIRE(request);
    auto twin = make_drafter(*request, {drafted.model(), demo_model, prompt.size(), type, 0, 1, 0});
    REQUIRE_MESSAGE(twin, (twin ? std::string() : std::string(twin.error().sentence())));
    CHECK(twin->size() == moesaic::bytes{twin->model()->size()});
    std::vector<token_id> heard = prompt;
    heard.push_back(5);
    REQUIRE(twin->committed(heard));
    std::uint32_t at = 20;
    token_id last = 5;
    for (std::uint32_t window = 0; window < 12; ++window) {
      // Four tokens of the twin behind the last one; the target runs `run` of them and keeps `kept`.
      const std::uint32_t run = window % 5, kept = run == 0 ? 0 : window % run;
      std::vector<token_id> rows{last};
      for (int i = 0; i < 4; ++i) {
        const auto next = twin->next();
        REQUIRE(next);
        REQUIRE(*next);
        rows.push_back((*next)->token);
        CHECK(twin->hints().size() == drafted.model().moe_layers());
        for (const hint& h : twin->hints()) CHECK(h.at == draft_length{static_cast<std::uint32_t>(i)});
      }
      CHECK((cache_of(drafted.model()) != cache_of(plain.model())));
      rows.resize(1 + run);
      const auto together = drafted.window(rows, at);
      const std::size_t row = together.size() / rows.size();
      std::vector<token_id> committed;
      for (std::uint32_t i = 0; i <= kept; ++i) {
        const auto alone = plain.window({&rows[i], 1}, at + i);
        CHECK(same_bits(alone, std::span(together).subspan(i * row, row)));
        committed.push_back(i < kept ? rows[i + 1] : best(alone));
      }
      at += kept + 1;
      last = committed.back();
      if (kept < run) drafted.model().keep({at});
      REQUIRE(twin->committed(committed));
      CHECK((cache_of(drafted.model()) == cache_of(plain.model())));
      CHECK(drafted.model().filled() == plain.model().filled());
    }
  }
}

TEST_CASE("a draft that reaches an end token, the end of the context or of what it knows") {
  const temporary_folder folder;
  const strings base{"--model", demo_model, "--budget", "25%", "--prompt", "In the beginning God created"};
  const auto free_run = report_of(joined(base, {"--tokens", "60", "--ignore-eos"}));
  const std::size_t prompt = free_run.at("prompt_ids").size();
  std::ofstream(folder / "ids") << text_of(free_run.at("ids"));
  const std::string right = "scripted:right:" + (folder / "ids");
  // The last window is cut to what the context holds.
  const std::string context = std::to_string(prompt + 30);
  const auto tight = report_of(joined(base, {"--tokens", "31", "--ignore-eos", "--context", context, "--draft", right, "--draft-length", "8"}));
  CHECK(tight.at("ids").size() == 31);
  CHECK(std::equal(tight.at("ids").begin(), tight.at("ids").end(), free_run.at("ids").begin()));
  // One token fewer than the script: nothing is drafted that is not wanted.
  for (const char* tokens : {"1", "2", "9", "60"}) {
    const auto cut = report_of(joined(base, {"--tokens", tokens, "--ignore-eos", "--draft", right, "--draft-length", "63"}));
    CHECK(cut.at("ids").size() == std::stoul(tokens));
    CHECK(cut.at("speculation").at("committed") == std::stoi(tokens) - 1);
  }
  // Forced ids are taken whatever is drafted.
  std::ofstream(folder / "forced") << "7 8 9 10 11 12";
  const auto forced = report_of(joined(base, {"--force-ids", folder / "forced", "--draft", "scripted:right:" + (folder / "forced")}));
  CHECK(forced.at("ids") == nlohmann::json({7, 8, 9, 10, 11, 12}));
  CHECK(forced.at("speculation").at("accepted") == 4);
}

TEST_CASE("sampling with a draft is repeatable, and drafts are accepted") {
  const strings base{"--model", demo_model, "--budget", "25%",    "--prompt", "In the beginning God created", "--tokens", "60", "--ignore-eos", "--temperature",
                     "0.8",     "--top-p",  "0.9",      "--seed", "5"};
  for (const std::string& draft : {std::string("self:q4_0"), draft_model, std::string("ngram")}) {
    const auto once = report_of(joined(base, {"--draft", draft})), again = report_of(joined(base, {"--draft", draft}));
    CHECK(once.at("ids") == again.at("ids"));
    CHECK(once.at("speculation").at("accepted") > 0);
    CHECK(once.at("speculation").at("verified") == once.at("speculation").at("drafted"));
  }
}

TEST_CASE("a draft that does not fit is refused in one sentence") {
  const temporary_folder folder;
  engine_test::generated_model other({.architecture = "qwen3", .experts = 0, .vocabulary = 512});
  refused({"--slo", "50"}, "--draft");
  refused({"--draft", "ngram", "--slo", "50"}, "goodput");
  refused({"--draft", other.path()}, "a vocabulary of 512 tokens");
  refused({"--draft", folder / "missing.gguf"}, "missing.gguf");
  refused({"--draft", folder.path()}, "--draft");
  std::ofstream(folder / "none.gguf") << "this is no model";
  refused({"--draft", folder / "none.gguf"}, "none.gguf");
  refused({"--draft", "ngrm"}, "a draft is none, ngram, self:q4_0, or a GGUF file");
  refused({"--draft", "scripted:right:" + (folder / "missing")}, "missing");
  refused({"--draft", "scripted:right:" + (folder / "")}, "directory");
  std::ofstream(folder / "high") << "7 9999";
  refused({"--draft", "scripted:wrong:" + (folder / "high")}, "9999");
  refused({"--draft", "ngram", "--draft-length", "20", "--context", "16"}, "context of 16");
  refused({"--draft", "ngram", "--governor", "belief"}, "--governor");
  engine_test::generated_model narrow({.width = 48, .head_width = 12, .inner = 48, .vocabulary = 512});
  const program_end odd = run_program({decoder_program, "--model", narrow.path(), "--budget", "all", "--prompt-ids", "5", "--draft", "self:q4_0"});
  CHECK(odd.status == 2);
  CHECK(odd.says("multiple of 32"));
  const program_end dense = run_program({decoder_program, "--model", draft_model, "--budget", "all", "--prompt", "x", "--draft", "ngram"});
  CHECK(dense.status == 2);
  CHECK(dense.says("no routed experts"));
}
