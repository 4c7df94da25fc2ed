// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <span>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "program.hpp"
#include "support/splitmix.hpp"
#include "trace/made_moetrc1.hpp"

using namespace moesaic_test;

namespace {

const std::string gptoss = test_trace("gptoss20b_6x96.bin");
const std::string fine = " --capacity 25% --eviction lru";

/// One sentence on standard error, nothing on standard output.
void complains(const finished& done, int status, const std::string& words) {
  CAPTURE(done.err);
  CAPTURE(words);
  CHECK(done.status == status);
  CHECK(done.out.empty());
  CHECK(done.err.starts_with("moesaic-replay: "));
  CHECK(std::count(done.err.begin(), done.err.end(), '\n') == 1);
  CHECK(done.err.find(words) != std::string::npos);
}

TEST_CASE("wrong options and values: status 2 and a sentence that names them") {
  const std::pair<const char*, const char*> wrong[] = {
      {"", "no trace given"},
      {"T", "no capacity given"},
      {"T --capacity 25%", "no eviction policy given"},
      {"T --capacity 25% --eviction nonsense", "'nonsense' is no eviction policy; known are lru fifo lfu lrfu random "},
      {"T --capacity 25% --eviction lru,", "names no policy"},
      {"T --capacity 25% --eviction 'lru(3)'", "lru"},
      {"T --capacity 25% --eviction 'belady(3)'", "takes no arguments"},
      {"T --capacity 25% --eviction 'lrfu(0)'", "half_life has to be a whole number from 1 to 65536"},
      {"T --capacity 25% --eviction 'lrfu(32'", "closing bracket"},
      {"T --capacity 25% --eviction least_useful", "least_useful"},
      {"T --capacity 25% --eviction lru --admission always", "'always' is no admission policy; known are forced optional staging_only"},
      {"T --capacity 25% --eviction lru,random --admission forced,optional", "random has no key"},
      {"T --capacity 0% --eviction lru", "capacity '0%' holds nothing"},
      {"T --capacity 0 --eviction lru", "capacity '0' has no unit"},
      {"T --capacity 100.1% --eviction lru", "capacity '100.1%' is more than all experts"},
      {"T --capacity -5% --eviction lru", "-5%"},
      {"T --capacity 25%,,50% --eviction lru", "capacity '' is no number"},
      {"T --capacity 4000MiB --eviction lru", "give --expert-bytes"},
      {"T --capacity 25% --unit bytes --eviction lru", "give --expert-bytes"},
      {"T --capacity 25% --unit slots --eviction lru", "--unit 'slots': expected experts or bytes"},
      {"T --capacity 25% --eviction lru --expert-bytes 0", "--expert-bytes '0'"},
      {"T --capacity 25% --eviction lru --expert-bytes 1e6", "--expert-bytes '1e6'"},
      {"T --capacity 25% --eviction lru --expert-bytes 99999999999999999999", "--expert-bytes"},
      {"T --capacity 25% --eviction lru --window 0", "--window '0'"},
      {"T --capacity 25% --eviction lru --window 1,x", "--window 'x'"},
      {"T --capacity 25% --eviction lru --window 65536", "--window '65536'"},
      {"T --capacity 25% --eviction lru --scope pool", "--scope 'pool': expected layer or global"},
      {"T --capacity 25% --eviction lru --recency age", "--recency 'age': expected event or rank"},
      {"T --capacity 25% --eviction lru --reset yes", "--reset 'yes': expected no or sequence"},
      {"T --capacity 0.1% --scope global --eviction lru", "pool 0 would hold none of its 768 experts"},
      {"T --capacity 0.0001% --unit bytes --expert-bytes 100 --eviction lru", "pool 0 would hold none of its 3200 bytes"},
      {"T --capacity 25% --eviction lru --forecast m=0", "--forecast 'm=0': m has to be a whole number of tokens from 1 to 64"},
      {"T --capacity 25% --eviction lru --forecast survival=.5", "say how many tokens are known ahead with m=4"},
      {"T --capacity 25% --eviction lru --forecast m=4,survival=1.1", "survival has to be a probability from 0 to 1"},
      {"T --capacity 25% --eviction lru --forecast m=4,survival=nan", "survival has to be a probability from 0 to 1"},
      {"T --capacity 25% --eviction lru --forecast m=4,luck=1", "expected m=4,survival=0.7,seed=0"},
      {"T --capacity 25% --eviction lru --accesses all", "--accesses 'all': expected event or one-by-one"},
      {"T --capacity 25% --eviction lru --accesses one-by-one --window 4", "knows neither windows nor"},
      {"T --capacity 25% --eviction lru --jobs 0", "--jobs '0': expected a whole number from 1 to 1024"},
      {"T --capacity 25% --eviction arc --admission optional", "arc has no key"},
      {"T --capacity 25% --eviction sieve --admission by_union", "sieve has no key"},
      {"T --capacity 25% --eviction lru --policies /no/such.so", "/no/such.so"},
      {"T --capacity 25% --eviction lru --resume /no/such/folder/rows", "--resume /no/such/folder/rows: No such file or directory"},
      {"T --capacity 25% --eviction lru --resume T", "line 1 is no finished row of moesaic-replay"},
      {"T --capacity 25% --eviction lru --report -", "--report '-': standard output has the table or the JSON; name a file"},
      {"T --capacity 25% --eviction lru --json same --report same", "--json goes there"},
      {"T --capacity 25% --eviction lru --report r.html --link fast", "--link cannot be 'fast'; give a rate like 500MB/s"},
      {"T --capacity 25% --eviction lru --report r.html --compute 5", "--compute '5': expected a time per token such as 300us"},
      {"T --capacity 25% --eviction lru --report r.html --compute -5ms", "--compute '-5ms': expected a time per token such as 300us"},
      {"T --capacity 25% --eviction lru --compute 5ms", "--link and --compute say where the sliders of a report start; name its file with --report"},
      {"T --capacity 25% --eviction lru --report /no/such/folder/page.html", "/no/such/folder/page.html"},
      {"T --capacity 25% --eviction lru --speed 3", "--speed"},
      {"T --capacity 25% --eviction", "--eviction"},
      {"T --capacity 25% --eviction lru --json /no/such/folder/rows.json", "/no/such/folder/rows.json"},
      {"T --capacity 25% --eviction lru --json /", "is a directory"},
      {"/no/such/trace --capacity 25% --eviction lru", "/no/such/trace: cannot be opened: No such file or directory"},
      {"/tmp --capacity 25% --eviction lru", "Is a directory"},
      {"/dev/null --capacity 25% --eviction lru", "/dev/null: is empty"},
  };
  for (const auto& [arguments, words] : wrong) {
    std::string with_trace = arguments;
    for (std::size_t at = 0; (at = with_trace.find('T', at)) != std::string::npos && (at == 0 || with_trace[at - 1] == ' '); at += gptoss.size())
      with_trace.replace(at, 1, "'" + gptoss + "'");
    CAPTURE(with_trace);
    complains(replay(with_trace), 2, words);
  }
}

TEST_CASE("traces that are cut, too long, damaged or of another kind: status 2, the file and the byte") {
  const temporary_folder here;
  const std::vector<std::byte> good = read_bytes(gptoss), packed = read_bytes(test_trace("olmoe1b7b_decode299.bin.xz"));
  const auto with = [&](std::vector<std::byte> content) {
    write_bytes(here / "t.bin", content);
    return replay("'" + (here / "t.bin") + "'" + fine);
  };
  const auto first = [](const std::vector<std::byte>& all, std::size_t n) {
    return std::vector<std::byte>(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(n));
  };
  complains(with({}), 2, "t.bin: is empty");
  complains(with(first(good, 5)), 2, "starts like no routing trace");
  complains(with(first(good, 20)), 2, "ends at byte 20, inside the 32 bytes of its header");
  complains(with(first(good, 100)), 2, "ends at byte 100, but its header promises 104960 bytes");
  complains(with(first(good, good.size() - 1)), 2, "ends at byte 104959");
  std::vector<std::byte> longer = good;
  longer.push_back({});
  complains(with(longer), 2, "goes on after byte 104960");
  complains(with(std::vector<std::byte>(1000, std::byte{'#'})), 2, "starts like no routing trace");
  complains(with(first(packed, packed.size() / 2)), 2, "the file is cut (xz)");
  std::vector<std::byte> broken = packed;
  broken[broken.size() / 2] ^= std::byte{1};
  complains(with(broken), 2, "(xz)");
  std::vector<std::byte> wide = good;
  wide[32 + 6 * 16 + 3] = std::byte{40};  // the first token names expert 40 of 32
  complains(with(wide), 2, "byte 131: expert 40 in a layer of 32");

  made_moetrc1 idle{.layers = 2, .experts = 6, .top_k = 1};
  idle.add_sequence(2);
  idle.ids.assign(4, 255);
  complains(with(idle.bytes()), 2, "holds no routed token");
  idle.sequences.clear();
  idle.ids.clear();
  idle.tokens = 0;
  complains(with(idle.bytes()), 2, "holds no routed token");
}

TEST_CASE("a header that promises the world ends at once") {
  const temporary_folder here;
  made_moetrc1 t{.layers = 16, .experts = 65'535, .top_k = 65'535, .flags = 4};
  t.tokens = 0xFFFF'FFFF;
  t.sequences.push_back({0, 0xFFFF'FFFF, 0, 0});
  write_bytes(here / "t.bin", t.bytes());
  complains(replay("'" + (here / "t.bin") + "'" + fine), 2, "but its header promises");
}

TEST_CASE("random damage to a trace gives rows or a sentence") {
  const temporary_folder here;
  const std::vector<std::byte> good = small_trace().bytes();
  splitmix dice{8};
  for (int i = 0; i < 60; ++i) {
    std::vector<std::byte> content = good;
    for (std::uint32_t n = dice.between(1, 3); n-- > 0;)
      content[dice.below(static_cast<std::uint32_t>(content.size()))] = static_cast<std::byte>(dice.below(256));
    write_bytes(here / "t.bin", content);
    const finished done = replay("'" + (here / "t.bin") + "' --capacity 40% --eviction lru,belady");
    CAPTURE(done.err);
    CHECK((done.status == 0 || done.status == 2));
    if (done.status == 2) complains(done, 2, "t.bin: ");
  }
}

TEST_CASE("JSON takes its name only when it is complete") {
  const temporary_folder here;
  const std::string file = here / "rows.json";
  CHECK(replay("'" + gptoss + "'" + fine + " --json '" + file + "'").status == 0);
  const std::string before = content_of(file);
  CHECK(rows_of(before).size() == 1);
  CHECK(here.entries() == 1);
  // A run that fails leaves the old file, and nothing beside it.
  const std::vector<std::byte> whole = read_bytes(gptoss);
  write_bytes(here / "cut.bin", std::span(whole).first(1000));
  complains(replay("'" + (here / "cut.bin") + "'" + fine + " --json '" + file + "'"), 2, "cut.bin");
  CHECK(content_of(file) == before);
  CHECK(here.entries() == 2);
}

TEST_CASE("a full disk is said, with status 1") {
  if (!std::filesystem::exists("/dev/full")) return;
  const finished to_file = replay("'" + gptoss + "'" + fine + " --json /dev/full");
  CHECK(to_file.status == 1);
  CHECK(to_file.err.find("could not write /dev/full: No space left on device") != std::string::npos);
  CHECK(std::filesystem::is_character_file("/dev/full"));
  complains(replay("'" + gptoss + "'" + fine + " --json -", "/dev/full"), 1, "standard output: No space left on device");
  complains(replay("'" + gptoss + "'" + fine, "/dev/full"), 1, "standard output: No space left on device");
}

TEST_CASE("help fits a screen, the version is said") {
  const finished help = replay("--help");
  CHECK(help.status == 0);
  CHECK(help.err.empty());
  CHECK(std::count(help.out.begin(), help.out.end(), '\n') <= 24);
  std::istringstream lines(help.out);
  for (std::string line; std::getline(lines, line);) CHECK_MESSAGE(line.size() <= 100, line);
  for (const char* option : {"--capacity", "--unit", "--expert-bytes", "--scope", "--eviction", "--admission", "--window", "--recency", "--forecast", "--reset",
                             "--accesses", "--per-layer", "--jobs", "--resume", "--policies", "--json", "--report", "--help", "--version"})
    CHECK_MESSAGE(help.out.find(option) != std::string::npos, option);
  const finished version = replay("--version");
  CHECK(version.status == 0);
  CHECK(version.out.starts_with("moesaic-replay 0."));
}

}  // namespace
