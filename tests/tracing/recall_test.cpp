// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "program.hpp"

using namespace moesaic_test;

namespace {

TEST_CASE("moesaic-trace recall: a row for each predictor, distance and number of names") {
  const finished ran =
      moesaic_trace("recall '" + test_trace("gptoss20b_6x96.bin") + "' --predictor 'previous_step,blend(horizon=3)' --at 8,4 --ahead 1,3 --json -");
  REQUIRE(ran.status == 0);
  const auto document = nlohmann::json::parse(ran.out);
  CHECK(document["schema"] == "moesaic.recall/1");
  REQUIRE(document["rows"].size() == 8);
  for (const auto& row : document["rows"]) {
    CHECK(row["layers"] == 24);
    CHECK(row["sequences"] == 6);
    CHECK(row["recall"] > row["random"]);
    CHECK(row["recall"] < 1);
  }
  const auto& rows = document["rows"];
  CHECK((rows[0]["predictor"] == "previous_step" && rows[0]["ahead"] == 1 && rows[0]["at"] == 4));
  CHECK(rows[1]["at"] == 8);
  CHECK(rows[1]["recall"] == rows[0]["recall"]);  // names four, however many may be named
  CHECK(rows[4]["predictor"] == "blend(horizon=3)");
  CHECK(rows[4]["recall"] > rows[0]["recall"]);
  CHECK(rows[5]["recall"] > rows[4]["recall"]);
  CHECK(rows[6]["ahead"] == 3);
  CHECK(rows[6]["recall"] > 0.3);
}

TEST_CASE("moesaic-trace recall: the table, and the same numbers in a file") {
  const temporary_folder here;
  const finished ran =
      moesaic_trace("recall '" + test_trace("dsv2lite_law_2x128.bin") + "' --predictor linear --spread --keep-learning --json '" + (here / "r.json") + "'");
  REQUIRE(ran.status == 0);
  CHECK(ran.out.find("26 layers of 64 experts, top-6") != std::string::npos);
  CHECK(ran.out.find("+1 @6") != std::string::npos);
  const auto document = nlohmann::json::parse(content_of(here / "r.json"));
  CHECK(document["rows"][0]["keep_learning"] == true);
  CHECK(document["rows"][0]["at"] == 6);
}

TEST_CASE("moesaic-trace recall: what cannot be measured is one sentence and status 2") {
  const std::string trace = "'" + test_trace("gptoss20b_6x96.bin") + "' ";
  for (const auto& [arguments, word] : {std::pair<std::string, std::string>{"--predictor blend", "at least one trace"},
                                        {trace, "--predictor"},
                                        {trace + "--predictor nobody", "'nobody'"},
                                        {trace + "--predictor 'blend(half_life=0)'", "half_life"},
                                        {trace + "--predictor next_gate", "hidden states"},
                                        {trace + "--predictor blend --at 0", "--at"},
                                        {trace + "--predictor blend --at 4,", "--at"},
                                        {trace + "--predictor blend --ahead 24", "24 layers"},
                                        {trace + "--predictor blend --teach 100", "--teach"},
                                        {trace + "--predictor blend --from-layer x", "--from-layer"},
                                        {trace + "--predictor blend --nonsense", "nonsense"},
                                        {trace + "--predictor blend --json /no/such/folder/r.json", "/no/such/folder"},
                                        {"no_such_file --predictor blend", "no_such_file"}}) {
    const std::string& command = arguments;  // clang captures no binding
    CAPTURE(command);
    const finished ran = moesaic_trace("recall " + arguments);
    CHECK(ran.status == 2);
    CHECK(ran.out.empty());
    CHECK(ran.err.find(word) != std::string::npos);
    CHECK(ran.err.find('\n') == ran.err.size() - 1);
  }
}

TEST_CASE("moesaic-trace recall: its help names every predictor and fits a screen") {
  const finished ran = moesaic_trace("recall --help");
  CHECK(ran.status == 0);
  for (const char* const name : {"none", "popularity", "decayed_frequency", "naive_bayes", "blend", "linear"}) CHECK(ran.out.find(name) != std::string::npos);
  CHECK(std::count(ran.out.begin(), ran.out.end(), '\n') <= 40);
}

}  // namespace
