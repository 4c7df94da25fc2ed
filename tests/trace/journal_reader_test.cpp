// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "journal_run.hpp"
#include "support/splitmix.hpp"

using namespace moesaic;
using namespace moesaic::trace;

namespace {
using file = std::vector<std::byte>;

file a_journal(bool finished) {
  file out;
  auto to = journal_run::writer::open(memory_sink(out), journal_run::about());
  REQUIRE(to);
  journal_run::begin(*to);
  std::vector<expert_index> routes;
  for (std::uint32_t i = 0; i < 30; ++i) routes.push_back(static_cast<expert_index>(i % 6));
  const std::vector<float> weights(30, 0.25F);
  demand_collector collector(6);
  for (std::uint64_t step = 0; step < 20; ++step) {
    const auto wanted = collector.collect({.tokens = 10, .experts = routes, .weights = weights});
    to->note(seen::acquire{{{step}, {10 * step}, layer_index{1}, phase::prefill, 10, wanted, routes, weights}, false});
    to->note(seen::clock{{static_cast<std::int64_t>(1'000 * step)}});
    to->note(seen::found{make_expert(1, 2), residency_state::absent, false});
    to->note(step_outcome{.step = {step}});
  }
  REQUIRE((finished ? to->finish({}) : to->close()));
  return out;
}
/// How many records there are, and the sentence behind them; empty: a good end.
std::pair<std::uint64_t, std::string> read(const file& f, bool* interrupted = nullptr) {
  auto from = journal_run::reader::open(memory_source("f.journal", f));
  if (!from) return {0, std::string(from.error().sentence())};
  for (;;) {
    const auto next = from->next();
    if (!next) return {from->count(), std::string(next.error().sentence())};
    if (*next) continue;
    if (interrupted != nullptr) *interrupted = from->interrupted();
    return {from->count(), {}};
  }
}
void put_u32(file& f, std::size_t at, std::uint32_t n) {
  for (unsigned i = 0; i < 4; ++i) f[at + i] = static_cast<std::byte>(n >> (8 * i));
}
}  // namespace

TEST_CASE("a whole journal has its end; one whose run broke off says so") {
  bool interrupted = true;
  CHECK(read(a_journal(true), &interrupted) == std::pair(std::uint64_t{82}, std::string()));
  CHECK_FALSE(interrupted);
  CHECK(read(a_journal(false), &interrupted) == std::pair(std::uint64_t{80}, std::string()));
  CHECK(interrupted);
}

TEST_CASE("cut at any byte: what stood before is read, and no more") {
  const file whole = a_journal(true);
  std::uint64_t before = 0;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const file part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    bool interrupted = false;
    const auto [records, sentence] = read(part, &interrupted);
    if (sentence.empty()) {
      REQUIRE(interrupted);
      REQUIRE(records >= before);
      before = records;
    } else {
      REQUIRE(size < 150);
      REQUIRE(sentence.find("f.journal: ") == 0);
    }
  }
  CHECK(before == 80);
}

TEST_CASE("bytes behind the end, and a first record that is none, are errors with their place") {
  file longer = a_journal(true);
  longer.push_back(std::byte{0});
  CHECK(read(longer).second.find("goes on behind its end") != std::string::npos);
  file other = a_journal(true);
  other[20] = std::byte{0x08};
  const std::uint32_t length = little_u32(&other[12]);
  put_u32(other, 16, journal::checksum(std::span(other).subspan(20, length)));
  CHECK(read(other).second == "f.journal: byte 12: the first record is no header");
}

TEST_CASE("damaged files with right checksums end in a sentence or in records, never in anything else") {
  const file whole = a_journal(true);
  moesaic_test::splitmix random{17};
  std::uint64_t sentences = 0;
  for (int i = 0; i < 5'000; ++i) {
    file damaged = whole;
    // Change bytes inside one block and make its checksum fit again.
    std::size_t block = journal::preamble;
    for (std::uint32_t skip = random.below(22); skip > 0; --skip) {
      const std::size_t next = block + journal::block_head + little_u32(&damaged[block]);
      if (next >= damaged.size()) break;
      block = next;
    }
    const std::uint32_t length = little_u32(&damaged[block]);
    for (std::uint32_t n = random.between(1, 3); n > 0; --n)
      damaged[block + journal::block_head + random.below(length)] = static_cast<std::byte>(random.below(256));
    put_u32(damaged, block + 4, journal::checksum(std::span(damaged).subspan(block + journal::block_head, length)));
    const auto [records, sentence] = read(damaged);
    if (!sentence.empty()) {
      ++sentences;
      REQUIRE(sentence.find("f.journal: ") == 0);
    }
  }
  CHECK(sentences > 1'000);
}
