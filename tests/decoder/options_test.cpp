// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "command_line/policy_choice.hpp"
#include "command_line/program.hpp"
#include "program/options.hpp"
#include "program/routed_run.hpp"

namespace {

using namespace moesaic;
using namespace moesaic::decoder;
using namespace moesaic::command_line;

auto parse(std::vector<const char*> words) {
  words.insert(words.begin(), "moesaic-decode");
  return parse_command_line(static_cast<int>(words.size()), words.data());
}
/// With what every run needs.
auto parse_more(const std::vector<const char*>& words) {
  std::vector<const char*> all{"--model", "m.gguf", "--budget", "25%", "--prompt", "x"};
  all.insert(all.end(), words.begin(), words.end());
  return parse(all);
}
std::string refusal(const std::vector<const char*>& words) {
  const auto r = parse_more(words);
  REQUIRE_FALSE(r);
  return std::string(r.error().sentence());
}
bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("help fits a screen and names every option") {
  const auto r = parse({"--help"});
  REQUIRE(r);
  const std::string& text = std::get<std::string>(*r);
  std::size_t lines = 0;
  std::size_t width = 0;
  for (std::size_t at = 0; at < text.size(); ++lines) {
    const std::size_t end = text.find('\n', at);
    width = std::max(width, end - at);
    at = end + 1;
  }
  CHECK(lines <= 24);
  CHECK(width <= 105);
  for (const char* option :
       {"--model",       "--system", "--eviction", "--admission", "--scope",       "--prefetch",   "--placement", "--draft",     "--draft-length",
        "--governor",    "--slo",    "--budget",   "--prompt",    "--prompt-file", "--prompt-ids", "--tokens",    "--force-ids", "--ignore-eos",
        "--temperature", "--top-p",  "--seed",     "--context",   "--kv",          "--threads",    "--io",        "--direct",    "--throttle",
        "--json",        "--logits", "--routing",  "--journal",   "--timeline",    "--quiet"})
    CHECK_MESSAGE(has(text, option), option);
}

TEST_CASE("version and lists need no model") {
  CHECK(std::get<std::string>(*parse({"--version"})) == "moesaic-decode " + version_text() + "\n");
  CHECK(has(std::get<std::string>(*parse({"--system", "list"})), "on_demand"));
  CHECK(has(std::get<std::string>(*parse({"--eviction", "list"})), "lrfu(half_life=32)"));
  CHECK(has(std::get<std::string>(*parse({"--placement", "list"})), "host"));
}

TEST_CASE("a complete command line") {
  const auto r = parse({"--model",   "m.gguf",     "--system",   "on_demand",   "--eviction", "lrfu(32)",     "--admission",
                        "optional",  "--scope",    "global",     "--prefetch",  "none",       "--placement",  "host",
                        "--draft",   "none",       "--governor", "fixed(0)",    "--budget",   "12.5%",        "--prompt-ids",
                        "1,2",       "--tokens",   "0",          "--force-ids", "f",          "--ignore-eos", "--temperature",
                        "0.8",       "--top-p",    "0.9",        "--seed",      "7",          "--context",    "99",
                        "--kv",      "f16",        "--threads",  "2",           "--io",       "pread",        "--direct",
                        "no",        "--throttle", "500MB/s",    "--json",      "-",          "--logits",     "l",
                        "--routing", "r",          "--quiet"});
  REQUIRE(r);
  const auto& o = std::get<options>(*r);
  CHECK(o.model == "m.gguf");
  CHECK(*o.parts.eviction == "lrfu(32)");
  CHECK(*o.parts.scope == "global");
  CHECK(*o.tokens == 0);
  CHECK(o.ignore_eos);
  CHECK(o.temperature == 0.8);
  CHECK(o.half_cache);
  CHECK(o.io == io_kind::pread);
  CHECK(*o.direct == false);
  CHECK(o.throttle->count == 5e8);
  CHECK(o.quiet);
}

TEST_CASE("a prompt may look like an option, or be empty") {
  const auto dash = parse({"--model", "m", "--budget", "all", "--prompt", "--what? -x"});
  REQUIRE(dash);
  CHECK(*std::get<options>(*dash).prompt == "--what? -x");
  const auto empty = parse({"--model", "m", "--budget", "all", "--prompt", ""});
  REQUIRE(empty);
  CHECK(std::get<options>(*empty).prompt->empty());
}

TEST_CASE("wrong options are named, with what to do") {
  CHECK(has(refusal({"--frobnicate"}), "--frobnicate"));
  CHECK(has(refusal({"--tokens", "-5"}), "--tokens"));
  CHECK(has(refusal({"--tokens", "many"}), "--tokens"));
  CHECK(has(refusal({"--tokens"}), "--tokens"));
  CHECK(has(refusal({"--scope", "expert"}), "layer or global"));
  CHECK(has(refusal({"--io", "telepathy"}), "auto, uring, pread, mmap"));
  CHECK(has(refusal({"--kv", "f64"}), "f32, f16"));
  CHECK(has(refusal({"--direct", "maybe"}), "yes, no"));
  CHECK(has(refusal({"--io", "mmap", "--direct", "yes"}), "--direct"));
  CHECK(has(refusal({"--throttle", "slowly"}), "500MB/s"));
  CHECK(has(refusal({"--threads", "0"}), "1 to 256"));
  CHECK(has(refusal({"--temperature", "-1"}), "--temperature"));
  CHECK(has(refusal({"--temperature", "nan"}), "--temperature"));
  CHECK(has(refusal({"--top-p", "0"}), "--top-p"));
  CHECK(has(refusal({"--prompt-ids", "1"}), "more than one prompt"));
  CHECK(has(refusal({"--budget", "50%"}), "--budget"));
  CHECK(has(std::string(parse({"--budget", "all", "--prompt", "x"}).error().sentence()), "--model"));
  CHECK(has(std::string(parse({"--model", "m", "--prompt", "x"}).error().sentence()), "--budget"));
  CHECK(has(std::string(parse({"--model", "m", "--budget", "all"}).error().sentence()), "--prompt"));
}

TEST_CASE("drafts: who, how many, who decides, how long") {
  const auto given = [](const std::vector<const char*>& words) {
    const auto r = parse_more(words);
    REQUIRE_MESSAGE(r, (r ? std::string() : std::string(r.error().sentence())));
    return std::get<options>(*r).speculation;
  };
  CHECK(given({}).draft.none());
  CHECK(given({"--draft", "none", "--draft-length", "0", "--governor", "fixed(0)"}).draft.none());
  CHECK(given({}).governor_spec("fixed(0)") == "fixed(0)");
  CHECK(given({"--draft", "ngram"}).governor_spec("fixed(0)") == "fixed(4)");
  CHECK(given({"--draft", "ngram"}).governor_spec("fixed(8,stop_below=75)") == "fixed(8,stop_below=75)");
  CHECK(given({"--draft", "ngram", "--draft-length", "7"}).governor_spec("fixed(0)") == "fixed(7)");
  CHECK(given({"--draft", "ngram", "--draft-length", "0"}).governor_spec("fixed(1)") == "fixed(0)");
  CHECK(given({"--draft", "ngram", "--draft-length", "7"}).governor_spec("amortization_roofline") == "amortization_roofline");
  CHECK(given({"--draft", "ngram", "--governor", "fixed(2)", "--draft-length", "7"}).governor_spec("amortization_roofline") == "fixed(2)");
  CHECK(given({"--slo", "12.5"}).time_limit == nanoseconds{12'500'000});
  CHECK(std::get<draft_request::self>(given({"--draft", "self:q4_0"}).draft.what).type == GGML_TYPE_Q4_0);
  CHECK(std::get<draft_request::model_file>(given({"--draft", "a/b.gguf"}).draft.what).path == "a/b.gguf");
  CHECK(std::get<ngram::options>(given({"--draft", "ngram(5,shortest=2)"}).draft.what).longest == 5);
  CHECK_FALSE(std::get<draft_request::script>(given({"--draft", "scripted:wrong:f"}).draft.what).right);
  CHECK(has(std::get<std::string>(*parse({"--draft", "list"})), "self:q4_0"));
  CHECK(has(std::get<std::string>(*parse({"--governor", "list"})), "fixed(length=0"));

  CHECK(has(refusal({"--draft", ""}), "--draft"));
  CHECK(has(refusal({"--draft", "self"}), "self:q4_0"));
  CHECK(has(refusal({"--draft", "self:q3"}), "self:q4_0"));
  CHECK(has(refusal({"--draft", "scripted:left:f"}), "scripted:right:FILE"));
  CHECK(has(refusal({"--draft", "ngram(0)"}), "--draft"));
  CHECK(has(refusal({"--draft", "ngram(2,shortest=3)"}), "--draft"));
  CHECK(has(refusal({"--draft-length", "64"}), "--draft-length"));
  CHECK(has(refusal({"--draft-length", "-1"}), "--draft-length"));
  CHECK(has(refusal({"--draft-length", "some"}), "--draft-length"));
  CHECK(has(refusal({"--governor", "belief"}), "fixed"));
  for (const char* wrong : {"0", "-1", "nan", "inf", "soon", "50ms"}) CHECK(has(refusal({"--slo", wrong}), "--slo"));
}

TEST_CASE("a time limit that nobody would heed is refused, with those who would") {
  const auto chosen = [](const std::vector<const char*>& words) {
    std::vector<const char*> all{"--slo", "50"};
    all.insert(all.end(), words.begin(), words.end());
    const auto r = parse_more(all);
    REQUIRE(r);
    return named_policies(std::get<options>(*r));
  };
  for (const char* governor : {"amortization_roofline", "goodput(4)", "working_set"}) CHECK(chosen({"--draft", "ngram", "--governor", governor}));
  CHECK(chosen({"--draft", "ngram", "--system", "moe_speq"}));  // its own governor does
  for (const std::vector<const char*>& words : {std::vector<const char*>{},
                                                {"--governor", "goodput"},
                                                {"--draft", "ngram"},
                                                {"--draft", "ngram", "--governor", "test_and_set"},
                                                {"--draft", "ngram", "--system", "sp_moe"}}) {
    const auto names = chosen(words);
    REQUIRE_FALSE(names);
    CHECK(names.error().code() == error_code::bad_argument);
    for (const char* part : {"--slo", "amortization_roofline", "goodput", "working_set"}) CHECK(has(std::string(names.error().sentence()), part));
  }
}
