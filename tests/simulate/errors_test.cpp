// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "program.hpp"

using namespace moesaic_test;

namespace {
void complains(const finished& done, std::string_view words) {
  CAPTURE(done.err);
  CHECK(done.status == 2);
  CHECK(done.out.empty());
  CHECK(done.err.starts_with("moesaic-simulate: "));
  CHECK(done.err.find(words) != std::string::npos);
  CHECK(std::count(done.err.begin(), done.err.end(), '\n') == 1);
}
}  // namespace

TEST_CASE("a wrong request ends with status 2 and one sentence that names it") {
  const std::string trace = "'" + test_trace("gptoss20b_6x96.bin") + "'";
  const std::string fine = trace + " --hardware rtx_pro_6000 --capacity 25%";
  const std::vector<std::pair<std::string, std::string>> wrong{
      {"", "no trace given"},
      {trace + " --capacity 25%", "no hardware given"},
      {trace + " --hardware rtx_pro_6000", "no capacity given"},
      {fine + " --budget 25%", "--capacity and --budget both"},
      {trace + " --hardware abacus --capacity 25%", "'abacus' is no hardware profile; known are"},
      {trace + " --hardware /no/such.json --capacity 25%", "/no/such.json: there is no such hardware profile"},
      {trace + " --hardware rtx_pro_6000 --capacity 0%", "--capacity: capacity '0%' holds nothing"},
      {trace + " --hardware rtx_pro_6000 --capacity 25%,", "--capacity: capacity '' is no number"},
      {trace + " --hardware rtx_pro_6000 --budget 1kB", "below the floor of 9437184 bytes"},
      {trace + " --hardware rtx_pro_6000 --budget 200%", "--budget 200% is more than all experts"},
      {fine + " --system magic", "--system: 'magic' is no system; known are on_demand prefetching host_assisted"},
      {fine + " --system on_demand,,", "--system: '' is no system"},
      {fine + " --eviction magic", "--eviction: "},
      {fine + " --eviction 'lrfu(0)'", "--eviction: "},
      {fine + " --scope both", "--scope 'both': expected layer or global"},
      {fine + " --draft-length 64", "--draft-length '64': expected a whole number from 0 to 63, or auto"},
      {fine + " --acceptance 1.5", "--acceptance has to be between 0 and 1"},
      {fine + " --fidelity nan", "--fidelity has to be between 0 and 1"},
      {fine + " --gate-recall 1.1", "--gate-recall has to be between 0 and 1"},
      {fine + " --expert-bytes 0", "--expert-bytes '0'"},
      {fine + " --frames 0", "--frames '0'"},
      {fine + " --tokens 0", "--tokens '0'"},
      {fine + " --speed 3", "--speed"},
      {fine + " --json /no/such/folder/rows.json", "/no/such/folder/rows.json"},
      {"/no/such/trace --hardware rtx_pro_6000 --capacity 25%", "/no/such/trace: cannot be opened"},
      {"/dev/null --hardware rtx_pro_6000 --capacity 25%", "/dev/null: is empty"},
      {fine + " --report -", "--report '-': standard output has the table"},
      {fine + " --report /no/such/folder/r.html", "/no/such/folder/r.html"},
      {fine + " --timeline t.json --system on_demand,prefetching", "--timeline draws one run"},
  };
  for (const auto& [arguments, words] : wrong) {
    const std::string& command = arguments;  // clang captures no binding
    CAPTURE(command);
    complains(run("moesaic-simulate", arguments), words);
  }
}

TEST_CASE("a profile with a negative number is named with its place") {
  const temporary_folder here;
  nlohmann::json profile = nlohmann::json::parse(content_of(std::string(MOESAIC_PROGRAMS) + "/hardware/rtx_pro_6000.json"));
  profile["links"][0]["rate"]["value"] = -64;
  std::ofstream(here / "bad.json") << profile;
  complains(run("moesaic-simulate", "'" + test_trace("gptoss20b_6x96.bin") + "' --capacity 25% --hardware '" + (here / "bad.json") + "'"),
            "bad.json: links[0].rate.value: a negative number (-64) makes no sense here");
  profile["links"][0]["rate"].erase("value");
  std::ofstream(here / "bad.json") << profile;
  complains(run("moesaic-simulate", "'" + test_trace("gptoss20b_6x96.bin") + "' --capacity 25% --hardware '" + (here / "bad.json") + "'"),
            "bad.json: links[0].rate: the key 'value' is missing");
}

TEST_CASE("drafting on a machine nobody has measured it on is refused, and a missing host lane is said") {
  const temporary_folder here;
  nlohmann::json profile = nlohmann::json::parse(content_of(std::string(MOESAIC_PROGRAMS) + "/hardware/rtx_pro_6000.json"));
  profile["draft"] = nullptr;
  std::ofstream(here / "p.json") << profile;
  const std::string on = "'" + test_trace("gptoss20b_6x96.bin") + "' --capacity 25% --tokens 20 --hardware '" + (here / "p.json") + "'";
  complains(run("moesaic-simulate", on + " --draft-length 2"), "p.json: draft: is null");
  complains(run("moesaic-simulate", on + " --draft-length auto"), "p.json: draft: is null");
  complains(run("moesaic-simulate", on + " --system moe_speq"), "p.json: draft: is null");  // it drafts without being asked to
  CHECK(run("moesaic-simulate", on + " --system moe_speq --draft-length 0").status == 0);
  const finished fetched = run("moesaic-simulate", on + " --system host_assisted");
  CHECK(fetched.status == 0);
  CHECK(fetched.err.find("has no host lane, so host_assisted fetches") != std::string::npos);
}
