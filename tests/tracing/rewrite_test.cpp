// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <moesaic/trace/hub/open_trace.hpp>

#include "program.hpp"
#include "trace/seen_rows.hpp"

using moesaic::trace::open_trace;
using moesaic_test::content_of;
using moesaic_test::finished;
using moesaic_test::moesaic_trace;
using moesaic_test::rows_of;
using moesaic_test::seen_rows;
using moesaic_test::test_trace;

namespace {

void write(const std::string& path, const std::string& text) { std::ofstream(path, std::ios::binary) << text; }

const std::string trace = test_trace("gptoss20b_6x96.bin");

TEST_CASE("every format converts to MOETRC1 with equal rows") {
  const temporary_folder here;
  write(here / "route.csv",
        "# route_trace v1\n# model=m arch=a n_layer=2 n_expert=8 n_expert_used=2\n# layer=0 expert_bytes=5\n# layer=1 expert_bytes=5\n"
        "turn,phase,step,layer,slot,expert,weight,residency,expert_bytes\n0,0,0,0,0,5,.75,0,5\n0,0,0,0,1,1,.25,0,5\n0,0,1,0,0,1,.5,0,0\n0,0,1,0,1,7,.5,0,5\n"
        "0,0,1,1,0,0,1,0,5\n0,0,1,1,1,3,0,0,5\n0,1,2,0,0,5,.5,1,0\n0,1,2,0,1,6,.5,0,5\n0,1,2,1,0,3,.5,1,0\n0,1,2,1,1,2,.5,0,5\n");
  write(here / "waste.jsonl", "{\"tok\":1,\"layers\":[[5,1],[2,3]]}\n{\"tok\":2,\"layers\":[[0,1],[4,2]]}\n{\"tok\":1,\"layers\":[[0],[4,2]]}\n");
  write(here / "colibri.txt", "0 0 3 4:0.5 1:0.25\n0 1 3 1:0.5 2:0.25\n1 1 5 0:1.0 4:0.0\n2 0 3 4:0.5 0:0.25\n3 0 5 1:0.5 2:0.25\n");
  write(here / "wide.csv", "-2,1,5,1\n-1,1,0,2\n-1,2,3,4\n0,1,5,0\n0,2,1,2\n-1,1,5,1\n-1,2,1,3\n");
  write(here / "pairs.csv", "1,5\n1,0\n1,2\n1,3\n4,2\n4,6\n1,0\n1,1\n4,2\n4,3\n");
  std::vector<std::string> traces{trace,
                                  test_trace("dsv2lite_law_2x128.bin"),
                                  test_trace("olmoe1b7b_decode299.bin.xz"),
                                  test_trace("routed.npy"),
                                  test_trace("routed_stored.npz"),
                                  test_trace("routed_deflated.npz")};
  for (const char* name : {"route.csv", "waste.jsonl", "colibri.txt", "wide.csv", "pairs.csv"}) traces.push_back(here / name);
  for (const std::string& from : traces) {
    CAPTURE(from);
    const finished said = moesaic_trace("convert '" + from + "' '" + (here / "out.bin") + "'");
    CHECK(said.err == "");
    REQUIRE(said.status == 0);
    const seen_rows before = rows_of(open_trace(from, {.weights = true})), after = rows_of(open_trace(here / "out.bin", {.weights = true}));
    CHECK(before.error == "");
    CHECK(after.error == "");
    CHECK(after.facts.format == "MOETRC1");
    CHECK(after.facts.shape == before.facts.shape);
    CHECK(after.ids == before.ids);
    CHECK(after.sequence == before.sequence);
    CHECK(after.prompt == before.prompt);
    REQUIRE(after.weights.size() == before.weights.size());
    std::size_t apart = 0;  // by more than half of 1/10000, and rounding to 1/65536 on either side
    for (std::size_t i = 0; i < after.weights.size(); ++i)
      apart += after.weights[i] > before.weights[i] + 4 || before.weights[i] > after.weights[i] + 4 ? 1 : 0;
    CHECK(apart == 0);
  }
  for (const char* name : {"gptoss20b_6x96.bin", "dsv2lite_law_2x128.bin"}) {  // the entries of the description beside them too
    REQUIRE(moesaic_trace("convert '" + test_trace(name) + "' '" + (here / "same.bin") + "'").status == 0);
    CHECK(content_of(here / "same.bin") == content_of(test_trace(name)));
  }
  CHECK(moesaic_trace("convert '" + (here / "route.csv") + "' '" + (here / "out.bin") + "'")
            .out.find("MOETRC1 has no place for batches, recorded residency, bytes of experts") != std::string::npos);
}

TEST_CASE("MOETRC1 converts to itself, byte for byte; weights are dropped or narrowed where asked") {
  const temporary_folder here;
  const std::string law = test_trace("dsv2lite_law_2x128.bin");
  REQUIRE(moesaic_trace("convert " + trace + " '" + (here / "a.bin") + "'").status == 0);
  REQUIRE(moesaic_trace("convert " + law + " '" + (here / "b.bin") + "'").status == 0);
  const std::string a = content_of(here / "a.bin"), b = content_of(here / "b.bin");
  REQUIRE(a.size() == content_of(trace).size());
  CHECK(a.substr(32 + 6 * 16) == content_of(trace).substr(32 + 6 * 16));  // before that are numbers of another description
  CHECK(b.substr(32 + 2 * 16) == content_of(law).substr(32 + 2 * 16));
  REQUIRE(moesaic_trace("convert " + trace + " '" + (here / "n.bin") + "' --weights none").status == 0);
  CHECK(content_of(here / "n.bin").size() == 32 + 6 * 16 + 546U * 96);
  REQUIRE(moesaic_trace("convert " + law + " '" + (here / "w.bin") + "' --weights u8").status == 0);
  CHECK(content_of(here / "w.bin").size() == 32 + 2 * 16 + 256U * 156 * 2);
}

TEST_CASE("cut keeps sequences and tokens of each, merge puts traces behind each other") {
  const temporary_folder here;
  REQUIRE(moesaic_trace("cut " + trace + " '" + (here / "a.bin") + "' --sequences 1,4-5 --tokens 10-19").status == 0);
  const seen_rows all = rows_of(open_trace(trace, {.weights = true})), a = rows_of(open_trace(here / "a.bin", {.weights = true}));
  REQUIRE(a.tokens() == 30);
  CHECK(a.sequence[9] == 0);
  CHECK(a.sequence[10] == 1);
  std::vector<std::size_t> first(7);
  for (std::size_t t = 0; t < all.tokens(); ++t) ++first[all.sequence[t] + 1];
  for (std::size_t s = 1; s < 7; ++s) first[s] += first[s - 1];
  std::size_t different = 0;
  for (std::size_t t = 0; t < 30; ++t)
    for (std::size_t i = 0; i < 96; ++i) {
      const std::size_t from = first[t < 10 ? 1 : t < 20 ? 4 : 5] + 10 + t % 10;
      different += a.ids[t * 96 + i] != all.ids[from * 96 + i] || a.weights[t * 96 + i] != all.weights[from * 96 + i] ? 1 : 0;
    }
  CHECK(different == 0);

  for (const char* range : {"0-1", "2-5"}) REQUIRE(moesaic_trace("cut " + trace + " '" + (here / range) + "' --sequences " + range).status == 0);
  REQUIRE(moesaic_trace("merge '" + (here / "0-1") + "' '" + (here / "2-5") + "' '" + (here / "whole.bin") + "'").status == 0);
  CHECK(rows_of(open_trace(here / "whole.bin", {.weights = true})) == all);
  // Prompts stay prompts where they are cut.
  REQUIRE(moesaic_trace("cut " + test_trace("dsv2lite_law_2x128.bin") + " '" + (here / "p.bin") + "' --tokens 100-500").status == 0);
  const seen_rows p = rows_of(open_trace(here / "p.bin"));
  CHECK(p.tokens() == 56);
  CHECK(p.prompt == std::vector<bool>(56, true));
}

TEST_CASE("a cut of the shared trace is the kept one") {
  const std::string whole = std::string(MOESAIC_SHARED) + "/traces/gptoss20b_decode.bin.xz";
  if (!std::filesystem::exists(whole)) {
    MESSAGE("skipped: the shared traces are not beside the repository");
    return;
  }
  const temporary_folder here;
  REQUIRE(moesaic_trace("cut " + whole + " '" + (here / "a.bin") + "' --sequences 3,60,130,200,300,400 --tokens 0-95").status == 0);
  CHECK(content_of(here / "a.bin") == content_of(trace));
}

TEST_CASE("what cannot be done is one sentence, ends with 2, and leaves no file") {
  const temporary_folder here;
  const std::string out = " '" + (here / "out.bin") + "'", law = test_trace("dsv2lite_law_2x128.bin");
  const auto refused = [&](const std::string& arguments, const std::string& with) {
    const finished said = moesaic_trace(arguments);
    CAPTURE(arguments);
    CAPTURE(said.err);
    CHECK(said.status == 2);
    CHECK(said.out == "");
    CHECK(said.err.starts_with("moesaic-trace: "));
    CHECK(said.err.find(with) != std::string::npos);
    CHECK(said.err.find('\n') == said.err.size() - 1);
    CHECK(here.entries() == 0);
  };
  refused("", "no command given");
  refused("look " + trace, "'look' is no command; known are info, stats, convert, cut, merge");
  refused("info", "info wants at least one trace");
  refused("info " + trace + " --loud", "--loud");
  refused("info no-such-file", "no-such-file: cannot be opened");
  refused("stats /dev/null", "/dev/null: is empty, expected a routing trace");
  refused("convert " + trace, "convert wants a trace and a file to write");
  refused("convert " + trace + " " + law + out, "`merge` joins several");
  refused("convert " + trace + " out.bin.xz", "traces are written plain");
  refused("convert " + trace + " /no/such/folder/x", "cannot write /no/such/folder/x");
  refused("convert /dev/zero" + out, "/dev/zero: has to be read more than once");
  refused("convert " + test_trace("routed.npy") + out + " --weights u8", "has no gate weights");
  refused("convert " + test_trace("routed.npy") + out + " --experts 3", "3 experts were said, but expert 3 occurs");
  refused("convert " + trace + out + " --weights u4", "--weights 'u4': expected keep, none, u8 or u16");
  refused("convert " + trace + out + " --top-k 0", "--top-k '0': expected a whole number from 1 to 65535");
  refused("convert " + trace + out + " --tokens 0-4", "belong to cut");
  refused("cut " + trace + out, "say what to keep");
  refused("cut " + trace + out + " --sequences 6", "has 6 sequences, 6 is none of them");
  refused("cut " + trace + out + " --sequences 2-1", "expected numbers and ranges");
  refused("cut " + trace + out + " --tokens 900-901", "nothing is left");
  refused("merge " + trace + " " + law + out, "merge traces of one model");
  refused("info " + trace + " --json /no/such/folder/x", "");
}

TEST_CASE("help fits a screen, the version is said") {
  const finished help = moesaic_trace("--help");
  CHECK(help.status == 0);
  CHECK(std::count(help.out.begin(), help.out.end(), '\n') <= 24);
  CHECK(moesaic_trace("--version").out.starts_with("moesaic-trace "));
}

TEST_CASE("a full disk ends with 1") {
  const finished said = moesaic_trace("convert " + trace + " /dev/full");
  CHECK(said.status == 1);
  CHECK(said.err.find("could not write /dev/full") != std::string::npos);
}

}  // namespace
