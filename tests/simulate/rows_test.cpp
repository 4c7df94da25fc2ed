// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "program.hpp"

using namespace moesaic_test;
using nlohmann::json;

namespace {
const std::string gptoss = test_trace("gptoss20b_6x96.bin");

json rows(const std::string& arguments) {
  const finished done = run("moesaic-simulate", arguments + " --quiet --json -");
  CAPTURE(arguments);
  CAPTURE(done.err);
  REQUIRE(done.status == 0);
  const json all = json_of(done);
  REQUIRE(all.is_object());
  CHECK(all["schema"] == "moesaic.simulate/1");
  return all["rows"];
}
}  // namespace

TEST_CASE("a row has every field, and its numbers fit together") {
  for (const json& r : rows("'" + gptoss + "' --hardware rtx_5090_epyc_9655 --system on_demand,prefetching,host_assisted --capacity 25%,50%")) {
    for (const char* key : {"trace", "hardware", "system", "capacity", "tokens", "seconds", "tokens_per_s", "stall_s", "link_busy", "hit_ratio",
                            "bytes_demanded", "bytes_prefetched", "prefetch_wasted", "drafted", "accepted", "bound_s", "floor_s"})
      CHECK_MESSAGE(r.contains(key), key);
    CAPTURE(r["system"]);
    CHECK(r["tokens"] == 546);
    CHECK(r["tokens_per_s"].get<double>() == doctest::Approx(546 / r["seconds"].get<double>()));
    // What is computed in place needs no link, so a system that does may be faster than fetching at its best.
    if (r["counters"]["host"] == 0) CHECK(r["bound_s"].get<double>() <= r["seconds"].get<double>());
    CHECK(r["floor_s"].get<double>() <= r["seconds"].get<double>());
    CHECK(r["stall_s"].get<double>() + r["compute_s"].get<double>() == doctest::Approx(r["seconds"].get<double>()));
    CHECK(r["link_busy"].get<double>() <= 1);
    const json& c = r["counters"];
    CHECK(c["accesses"] == 52'416);
    CHECK(c["accesses"] == c["hits"].get<int>() + c["misses"].get<int>() + c["prefetch_late"].get<int>());
    CHECK(r["hit_ratio"].get<double>() == doctest::Approx(c["hits"].get<double>() / c["accesses"].get<double>()));
    if (r["system"] == "on_demand") CHECK(r["bytes_demanded"] == c["misses"].get<std::uint64_t>() * 10'620'000);
    if (r["system"] == "host_assisted") CHECK(c["host"].get<int>() > 0);
  }
}

TEST_CASE("what a policy hits on paper in time is what it hits in replay without time, and the bound is optional Belady's") {
  // tests/data/golden_replay.csv: counted by a program in another language.
  std::istringstream golden(content_of(MOESAIC_TEST_DATA "/golden_replay.csv"));
  std::uint32_t policies = 0, bounds = 0;
  for (std::string line; std::getline(golden, line);) {
    std::vector<std::string> f;
    std::istringstream fields(line);
    for (std::string one; std::getline(fields, one, ',');) f.push_back(one);
    if (f.size() < 9 || f[0] != "gptoss20b_6x96" || f[3] != "1") continue;
    CAPTURE(line);
    const std::string on = "'" + gptoss + "' --hardware phone_oneplus_15r --expert-bytes 1000 --capacity " + f[2] + " --scope " + f[1];
    const std::uint64_t accesses = std::stoull(f[6]), hits = std::stoull(f[7]);
    if (f[4] == "belady" && f[5] == "optional") {
      CHECK(rows(on)[0]["bytes_missed_at_best"] == (accesses - hits) * 1'000);
      ++bounds;
    } else if (f[4] != "belady") {
      const json r = rows(on + " --eviction '" + f[4] + "' --admission " + f[5])[0];
      CHECK(r["counters"]["accesses"] == accesses);
      CHECK(r["counters"]["hits"] == hits);
      ++policies;
    }
  }
  CHECK(policies >= 8);
  CHECK(bounds >= 2);
}

TEST_CASE("a run with drafts commits the same text, accepts as often as it is told, and has a bound of its own events") {
  const json r = rows("'" + gptoss + "' --hardware phone_oneplus_15r --capacity 25% --draft-length 3 --acceptance 0.8 --fidelity 0.9")[0];
  CHECK(r["drafted"].get<int>() > 0);
  CHECK(r["tokens"] == 546);
  const double share = r["accepted"].get<double>() / r["drafted"].get<double>();
  CHECK(share == doctest::Approx((0.8 + 0.64 + 0.512) / 3).epsilon(0.06));
  CHECK(r["bound_s"].get<double>() <= r["seconds"].get<double>());
  CHECK(r["bytes_missed_at_best"].get<double>() < r["bytes_demanded"].get<double>());
}

TEST_CASE("gates that are asked early bring experts as well as they are said to, and only to systems that listen") {
  const std::string on = "'" + gptoss + "' --hardware phone_oneplus_15r --capacity 25% --tokens 120 --system ";
  const json usual = rows(on + "mixtral_offloading")[0], sure = rows(on + "mixtral_offloading --gate-recall 1")[0];
  const json blind = rows(on + "mixtral_offloading --gate-recall 0")[0], deaf = rows(on + "on_demand --gate-recall 1")[0];
  CHECK(usual["gate_recall"] == 0.76);
  CHECK(deaf["gate_recall"].is_null());
  CHECK(deaf["bytes_prefetched"] == 0);
  CHECK(blind["counters"]["prefetches"].get<int>() > 0);
  CHECK(usual["counters"]["prefetch_used"].get<int>() > 2 * blind["counters"]["prefetch_used"].get<int>());  // some mistakes are of use later
  CHECK(sure["bytes_demanded"] < usual["bytes_demanded"]);
  CHECK(usual["bytes_demanded"] < blind["bytes_demanded"]);
}

TEST_CASE("a capacity in bytes is room for residents, with the staging on top; a budget is both") {
  const std::string on = "'" + gptoss + "' --hardware phone_oneplus_15r --expert-bytes 1000";
  const json share = rows(on + " --capacity 25%")[0], amount = rows(on + " --capacity 192kB")[0], budget = rows(on + " --budget 194kB")[0];
  for (const json& r : {share, amount, budget}) {
    CHECK(r["budget"]["bytes"] == 194'000);
    CHECK(r["budget"]["slots"] == 192'000);
    CHECK(r["hit_ratio"] == share["hit_ratio"]);
  }
  CHECK(rows(on + " --capacity 192kB --scope global")[0]["budget"]["slots"] == 192'000);
}

TEST_CASE("a system that drafts does so unless it is told a length, and a length that its governor chooses is null") {
  const std::string on = "'" + gptoss + "' --hardware phone_oneplus_15r --capacity 25% --tokens 80 --system moe_speq";
  const json chosen = rows(on)[0];
  CHECK(chosen["draft_length"].is_null());
  CHECK(chosen["drafted"].get<int>() > 0);
  CHECK(chosen["acceptance"] == 0.8);
  CHECK(chosen["counters"]["prefetch_used"].get<int>() > 0);
  const json fixed = rows(on + " --draft-length 3")[0];
  CHECK(fixed["draft_length"] == 3);
  CHECK(fixed["drafted"].get<int>() > 0);
  const json none = rows(on + " --draft-length 0")[0];
  CHECK(none["draft_length"] == 0);
  CHECK(none["drafted"] == 0);
}

TEST_CASE("auto takes the fastest length: none where drafts are worthless, more where they are right") {
  const std::string on = "'" + gptoss + "' --hardware phone_oneplus_15r --capacity 50% --draft-length auto";
  CHECK(rows(on + " --acceptance 0")[0]["draft_length"] == 0);
  CHECK(rows(on + " --acceptance 1")[0]["draft_length"].get<int>() >= 4);
}

TEST_CASE("sizes come from the option, or from the profile, and the row says which") {
  const std::string on = "'" + gptoss + "' --hardware rtx_pro_6000 --capacity 25%";
  const json assumed = rows(on), given = rows(on + " --expert-bytes 12MiB");
  CHECK(assumed[0]["expert_bytes"] == 9'437'184);
  CHECK(assumed[0]["expert_bytes_from"] == "hardware");
  CHECK(given[0]["expert_bytes"] == 12 << 20);
  CHECK(given[0]["expert_bytes_from"] == "option");
  CHECK(given[0]["counters"]["misses"] == assumed[0]["counters"]["misses"]);
}

TEST_CASE("two runs say the same, byte for byte") {
  const std::string what = "'" + gptoss + "' --hardware rtx_5090_nvme --system prefetching --capacity 25% --draft-length 2 --tokens 200 --quiet --json -";
  CHECK(run("moesaic-simulate", what).out == run("moesaic-simulate", what).out);
}

TEST_CASE("--json writes a file whole, and the table goes to standard output") {
  const temporary_folder here;
  const finished done = run("moesaic-simulate", "'" + gptoss + "' --hardware rtx_pro_6000 --capacity 25% --tokens 50 --json '" + (here / "rows.json") + "'");
  CHECK(done.status == 0);
  CHECK(done.out.find("on_demand") != std::string::npos);
  CHECK(json::parse(content_of(here / "rows.json"))["rows"][0]["tokens"] == 50);
  CHECK(here.entries() == 1);
}

TEST_CASE("--timeline draws a run: tracks with names, nothing at once on one, and the bytes of the counters on the link") {
  const temporary_folder here;
  for (const std::string system : {"on_demand", "prefetching"}) {
    CAPTURE(system);
    const json row =
        rows("'" + gptoss + "' --hardware two_core_server --system " + system + " --capacity 25% --tokens 20 --timeline '" + (here / "t.json") + "'")[0];
    std::map<int, std::string> tracks;
    std::map<int, std::vector<std::pair<double, double>>> slices;
    std::map<std::string, std::uint64_t> moved;
    double in_use = 0;
    const json drawn = json::parse(content_of(here / "t.json"));
    for (const json& e : drawn["traceEvents"]) {
      if (e["name"] == "thread_name") tracks[e["tid"]] = e["args"]["name"];
      if (e["ph"] != "M") CHECK(tracks.count(e["tid"]) == 1);
      if (e["ph"] != "X") continue;
      slices[e["tid"]].emplace_back(e["ts"], e["ts"].get<double>() + e["dur"].get<double>());
      if (tracks[e["tid"]] != "link: disk") continue;
      const std::string name = e["name"];
      moved[name.substr(0, name.find(' '))] += e["args"]["bytes"].get<std::uint64_t>();
      in_use += e["dur"].get<double>() / 1e6;
    }
    CHECK(tracks.size() == 2 + 1 + 24);  // steps and decisions, the link, the layers
    for (auto& [track, inner] : slices) {
      std::sort(inner.begin(), inner.end());
      for (std::size_t i = 1; i < inner.size(); ++i) CHECK(inner[i].first >= inner[i - 1].second - 0.0015);  // microseconds, written to the nanosecond
    }
    CHECK(moved["demand"] == row["bytes_demanded"]);
    const auto ahead = row["bytes_prefetched"].get<std::uint64_t>();
    CHECK(moved["prefetch"] >= ahead);
    CHECK(moved["prefetch"] <= ahead + 8 * row["expert_bytes"].get<std::uint64_t>());  // what was open when the row was counted arrives behind it
    // A prefetch that arrives while the engine computes is seen at the next event; a demand is waited for.
    CHECK(in_use >= row["links"][0]["busy_s"].get<double>() * 0.999);
    if (system == "on_demand") CHECK(in_use == doctest::Approx(row["links"][0]["busy_s"].get<double>()).epsilon(0.01));
    CHECK(in_use <= row["seconds"].get<double>());
  }
}

TEST_CASE("--report writes a page that names every system and needs nothing else") {
  const temporary_folder here;
  rows("'" + gptoss + "' --hardware rtx_pro_6000 --system on_demand,prefetching --capacity 25%,50% --tokens 60 --report '" + (here / "r.html") + "'");
  const std::string page = content_of(here / "r.html");
  CHECK(page.find("<svg") != std::string::npos);
  CHECK(page.find("on_demand") != std::string::npos);
  CHECK(page.find("prefetching") != std::string::npos);
  CHECK(page.find("gptoss20b_6x96.bin on rtx_pro_6000") != std::string::npos);
  CHECK(page.find("src=\"http") == std::string::npos);
}

TEST_CASE("help fits a screen, lists and the version are printed") {
  const std::string help = run("moesaic-simulate", "--help").out;
  CHECK(std::count(help.begin(), help.end(), '\n') <= 40);
  CHECK(run("moesaic-simulate", "--version").out.starts_with("moesaic-simulate 0."));
  CHECK(run("moesaic-simulate", "--hardware list").out.find("rtx_pro_6000") != std::string::npos);
  CHECK(run("moesaic-simulate", "--system list").out.find("host_assisted") != std::string::npos);
  CHECK(run("moesaic-simulate", "--eviction list").out.find("lrfu(") != std::string::npos);
}
