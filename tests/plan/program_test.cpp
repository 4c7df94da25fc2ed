// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "simulate/program.hpp"

using namespace moesaic_test;
using nlohmann::json;

namespace {
const std::string model = MOESAIC_MODELS "/moesaic-demo-moe-q8_0.gguf";

json plan(const std::string& arguments) {
  const finished done = run("moesaic-plan", "--model '" + model + "' " + arguments + " --quiet --json -");
  CAPTURE(done.err);
  REQUIRE(done.status == 0);
  return json_of(done);
}
}  // namespace

TEST_CASE("a plan says what the model needs, as moesaic-decode will say it") {
  const json p = plan("--memory 64MiB");
  for (const char* key : {"expert_bytes_total", "floor", "recommended", "fits", "predicted"}) CHECK_MESSAGE(p.contains(key), key);
  CHECK(p["expert_bytes_total"] == 26'738'688);
  CHECK(p["model"]["experts"] == 64);
  CHECK(p["model"]["top_k"] == 6);
  CHECK(p["fits"] == true);
  CHECK(p["hardware_assumed"] == true);
  if (!built("moesaic-decode")) return;
  const json decoded = json_of(run("moesaic-decode", "--model '" + model + "' --budget 25% --prompt-ids 5,17 --tokens 2 --quiet --json -"));
  CHECK(decoded["budget"]["floor"] == p["floor"]);
  CHECK(decoded["budget"]["recommended"] == p["recommended"]);
  CHECK(decoded["model"]["expert_bytes_total"] == p["expert_bytes_total"]);
}

TEST_CASE("more memory is never predicted slower, and what does not fit says so") {
  const json p = plan("--memory 12MiB --hardware rtx_pro_6000 --tokens 256");
  CHECK(p["hardware"] == "rtx_pro_6000");
  REQUIRE(p["predicted"].size() >= 5);
  bool beyond = false;
  for (std::size_t i = 0; i < p["predicted"].size(); ++i) {
    const json& at = p["predicted"][i];
    CHECK(at["tokens_per_s"].get<double>() > 0);
    if (i > 0) {
      CHECK(at["budget"].get<std::uint64_t>() > p["predicted"][i - 1]["budget"].get<std::uint64_t>());
      CHECK(at["tokens_per_s"].get<double>() >= p["predicted"][i - 1]["tokens_per_s"].get<double>() * 0.999);
    }
    CHECK(at["fits"] == (at["budget"].get<std::uint64_t>() <= p["budget"].get<std::uint64_t>()));
    beyond = beyond || !at["fits"];
  }
  CHECK(beyond);
  CHECK(p["predicted"].back()["hit_ratio"] > 0.9);
  CHECK(plan("--memory 1MiB --tokens 16")["fits"] == false);
  CHECK(plan("--memory 1MiB --tokens 16")["budget"] == 0);
}

TEST_CASE("a trace of the model takes the place of made-up routing; of another model it is refused") {
  const finished wrong = run("moesaic-plan", "--model '" + model + "' --memory 1GiB --trace '" + test_trace("gptoss20b_6x96.bin") + "'");
  CHECK(wrong.status == 2);
  CHECK(wrong.err.find("routes to 4 of 32 experts in 24 layers; the model to 6 of 64 in 8") != std::string::npos);
}

TEST_CASE("wrong requests end with status 2 and one sentence") {
  const temporary_folder here;
  std::ofstream(here / "x.gguf") << "GGUF and nothing else";
  const std::vector<std::pair<std::string, std::string>> wrong{
      {"", "no model given"},
      {"--model '" + model + "'", "no memory given"},
      {"--model '" + model + "' --memory 0", "--memory '0': holds nothing"},
      {"--model '" + model + "' --memory much", "--memory cannot be 'much'"},
      {"--model /no/such.gguf --memory 1GiB", "/no/such.gguf"},
      {"--model '" + (here / "x.gguf") + "' --memory 1GiB", "x.gguf: "},
      {"--model '" MOESAIC_MODELS "/moesaic-demo-draft-q8_0.gguf' --memory 1GiB", "has no routed experts"},
      {"--model '" + model + "' --memory 1GiB --hardware abacus", "'abacus' is no hardware profile"},
      {"--model '" + model + "' --memory 1GiB --system magic", "'magic' is no system"},
      {"--model '" + model + "' --memory 1GiB --tokens 0", "--tokens has to be"},
      {"--model '" + model + "' --memory 1GiB --json /no/such/folder/p.json", "/no/such/folder/p.json"},
  };
  for (const auto& [arguments, words] : wrong) {
    const std::string& command = arguments;  // clang captures no binding
    CAPTURE(command);
    const finished done = run("moesaic-plan", arguments);
    CAPTURE(done.err);
    CHECK(done.status == 2);
    CHECK(done.out.empty());
    CHECK(done.err.starts_with("moesaic-plan: "));
    CHECK(done.err.find(words) != std::string::npos);
    CHECK(std::count(done.err.begin(), done.err.end(), '\n') == 1);
  }
}
