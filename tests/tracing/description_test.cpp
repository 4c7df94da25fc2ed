// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "program.hpp"

using moesaic_test::finished;
using moesaic_test::moesaic_trace;
using moesaic_test::test_trace;

namespace {

/// The number behind `"key": ` in the part of a JSON text that begins with `"from"`.
double number(const std::string& json, const std::string& from, const std::string& key) {
  const std::size_t part = json.find("\"" + from + "\"");
  REQUIRE(part != std::string::npos);
  const std::size_t at = json.find("\"" + key + "\": ", part);
  REQUIRE(at != std::string::npos);
  return std::strtod(json.c_str() + at + key.size() + 4, nullptr);
}

TEST_CASE("info says what a trace is, of several in one answer") {
  const finished said = moesaic_trace("info " + test_trace("gptoss20b_6x96.bin") + " " + test_trace("routed_deflated.npz") + " --json -");
  CHECK(said.status == 0);
  CHECK(said.out.starts_with("{\n \"schema\": \"moesaic.trace/1\",\n \"traces\": ["));
  CHECK(said.out.find("\"format\": \"MOETRC1\"") != std::string::npos);
  CHECK(said.out.find("\"format\": \"vLLM routed experts\"") != std::string::npos);
  CHECK(number(said.out, "format", "layers") == 24);
  CHECK(number(said.out, "format", "experts") == 32);
  CHECK(number(said.out, "format", "top_k") == 4);
  CHECK(number(said.out, "format", "tokens") == 546);
  CHECK(number(said.out, "format", "sequences") == 6);
  CHECK(number(said.out, "format", "accesses") == 546 * 24 * 4);
  const finished text = moesaic_trace("info " + test_trace("gptoss20b_6x96.bin"));
  CHECK(text.out.find("24 layers of 32 experts, top-4, with gate weights\n  546 tokens in 6 sequences, 0 of them prompt") != std::string::npos);
}

TEST_CASE("JSON goes to a file as well, beside the text") {
  const temporary_folder here;
  const finished said = moesaic_trace("stats " + test_trace("routed.npy") + " --json '" + (here / "s.json") + "'");
  CHECK(said.status == 0);
  CHECK(said.out.find("reuse ") != std::string::npos);
  CHECK(number(moesaic_test::content_of(here / "s.json"), "traces", "tokens") == 2);
}

TEST_CASE("the statistics of the shared traces come out") {
  struct row {
    const char* trace;
    std::array<double, 7> figures;   // reuse, least, most, random, at lag 8, distinct, entropy
    double hottest;
    std::array<double, 7> windows;
  };
  const std::vector<row> table{{"gptoss20b_decode.bin.xz", {.440, .20, .60, .125, .348, 27.3, 4.58}, .496, {4, 6.24, 7.94, 9.31, 10.44, 12.89, 16.48}},
                               {"dsv2lite_esft_intent.bin.xz", {.262, .16, .33, .094, .183, 58.6, 5.60}, .530, {6, 10.52, 14.18, 17.47, 19.97, 27.26, 38.44}},
                               {"dsv2lite_esft_law.bin.xz", {.290, .16, .35, .094, .171, 63.5, 5.76}, .447, {6, 10.27, 13.90, 17.16, 20.05, 27.18, 39.21}},
                               {"dsv2lite_esft_summary.bin.xz", {.291, .10, .35, .094, .179, 63.9, 5.67}, .487, {6, 10.26, 13.95, 17.17, 20.07, 27.13, 38.96}},
                               {"qwen3_30b_a3b_k6.bin.xz", {.368, .06, .62, .047, .239, 77.8, 5.44}, .819, {6, 9.79, 13.04, 15.91, 18.15, 24.31, 35.56}},
                               {"olmoe1b7b_decode299.bin.xz", {.435, .33, .52, .125, .304, 60.9, 5.44}, .554, {8, 12.48, 16.16, 19.24, 22.23, 28.74, 39.04}}};
  const std::string shared = std::string(MOESAIC_SHARED) + "/traces/";
  if (!std::filesystem::exists(shared + table[0].trace)) {
    MESSAGE("skipped: the shared traces are not beside the repository");
    return;
  }
  for (const row& r : table) {
    CAPTURE(r.trace);
    const finished said = moesaic_trace("stats " + shared + r.trace + " --json -");
    REQUIRE(said.status == 0);
    const auto within = [&](double found, double printed, double half_a_digit) { CHECK((found >= printed - half_a_digit && found <= printed + half_a_digit)); };
    within(number(said.out, "reuse", "mean"), r.figures[0], .0005001);
    within(number(said.out, "reuse", "min"), r.figures[1], .005001);
    within(number(said.out, "reuse", "max"), r.figures[2], .005001);
    within(number(said.out, "reuse", "random"), r.figures[3], .0005001);
    within(number(said.out, "reuse", "lag_8"), r.figures[4], .0005001);
    within(number(said.out, "traces", "distinct_per_sequence"), r.figures[5], .05001);
    within(number(said.out, "traces", "entropy_bits"), r.figures[6], .005001);
    within(number(said.out, "traces", "hottest_quarter"), r.hottest, .0005001);
    const std::array<const char*, 7> windows{"1", "2", "3", "4", "5", "8", "16"};
    for (std::size_t w = 0; w < windows.size(); ++w) within(number(said.out, "distinct_in_window", windows[w]), r.windows[w], .005001);
  }
}

}  // namespace
