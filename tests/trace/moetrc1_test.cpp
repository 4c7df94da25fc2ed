// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <moesaic/trace/moetrc1.hpp>

#include "made_moetrc1.hpp"
#include "support/splitmix.hpp"

using namespace moesaic;
using namespace moesaic::trace;
using moesaic_test::dripping_source;
using moesaic_test::made_moetrc1;
using moesaic_test::small_trace;

namespace {

/// Everything a reader says about a trace, put together again.
struct seen {
  std::string error;  ///< empty: read to the end
  std::vector<std::uint16_t> ids;
  std::vector<gate_mass> weights;
  std::vector<std::uint32_t> sequence_of_token;
  std::uint32_t prompt_tokens = 0;
};

template <byte_source S>
seen read(result<moetrc1_reader<S>> reader) {
  seen all;
  if (!reader) {
    all.error = reader.error().sentence();
    return all;
  }
  for (;;) {
    const auto rows = reader->next();
    if (!rows) {
      all.error = rows.error().sentence();
      return all;
    }
    if (!*rows) return all;
    CHECK((*rows)->first_token == all.sequence_of_token.size());
    all.ids.insert(all.ids.end(), (*rows)->experts.begin(), (*rows)->experts.end());
    all.weights.insert(all.weights.end(), (*rows)->weights.begin(), (*rows)->weights.end());
    all.sequence_of_token.insert(all.sequence_of_token.end(), (*rows)->tokens, (*rows)->sequence);
    all.prompt_tokens += (*rows)->prompt_tokens;
  }
}
seen read(std::span<const std::byte> file) { return read(moetrc1_reader<memory_source>::open(memory_source("t.bin", file))); }
seen read_dripping(std::span<const std::byte> file) { return read(moetrc1_reader<dripping_source>::open(dripping_source("t.bin", file, 7))); }

TEST_CASE("rows come back as they were written, with their sequence, and 255 is not routed") {
  const made_moetrc1 t = small_trace();
  for (const seen& all : {read(t.bytes()), read_dripping(t.bytes())}) {
    CHECK(all.error.empty());
    REQUIRE(all.ids.size() == t.ids.size());
    for (std::size_t i = 0; i < all.ids.size(); ++i) CHECK(all.ids[i] == (t.ids[i] == 255 ? not_routed : t.ids[i]));
    CHECK(all.sequence_of_token == std::vector<std::uint32_t>{0, 0, 0, 1, 1});
    CHECK(all.prompt_tokens == 1);
    CHECK(all.weights.empty());
  }
}

TEST_CASE("255 is an expert where a layer has 256, and 65535 is not routed where ids are wide") {
  made_moetrc1 t{.layers = 1, .experts = 256, .top_k = 2};
  t.add_sequence(1);
  t.ids = {255, 0};
  CHECK(read(t.bytes()).ids == std::vector<std::uint16_t>{255, 0});
  t.flags = 4;
  t.ids = {65'535, 255};
  CHECK(read(t.bytes()).ids == std::vector<std::uint16_t>{not_routed, 255});
}

TEST_CASE("weights come from a second source over the same bytes, in gate mass") {
  made_moetrc1 t = small_trace();
  t.flags = 1;
  for (std::uint32_t i = 0; i < t.ids.size(); ++i) t.weights.push_back(255 - i);
  const std::vector<std::byte> file = t.bytes();
  using reader = moetrc1_reader<dripping_source>;
  const seen all = read(reader::open(dripping_source("t.bin", file, 5), dripping_source("t.bin", file, 9)));
  CHECK(all.error.empty());
  REQUIRE(all.weights.size() == t.ids.size());
  CHECK(all.weights[0] == gate_mass{65'536});
  CHECK(all.weights[5] == gate_mass{(250 * 65'536 + 127) / 255});
  CHECK(read(file).weights.empty());
  CHECK(read(file).error.empty());

  t.flags = 2;
  t.weights.assign(t.ids.size(), 10'000);
  t.weights[1] = 65'535;
  const std::vector<std::byte> wide = t.bytes();
  const seen more = read(reader::open(dripping_source("t.bin", wide, 5), dripping_source("t.bin", wide, 9)));
  CHECK(more.weights[0] == gate_mass{65'536});
  CHECK(more.weights[1] == gate_mass{429'490});
  CHECK(read(reader::open(dripping_source("t.bin", wide, 5), dripping_source("t.bin", std::span(wide).first(100), 9))).error ==
        "t.bin: ends at byte 100, but its header promises 124 bytes; the file is cut");
}

TEST_CASE("long sequences come in pieces that know where they are") {
  made_moetrc1 t{.layers = 10, .experts = 200, .top_k = 7};
  t.add_sequence(3000, 2000);
  t.add_sequence(1);
  moesaic_test::splitmix dice{1};
  for (std::uint32_t i = 0; i < 3001 * 70; ++i) t.ids.push_back(dice.below(200));
  const seen all = read(t.bytes());
  CHECK(all.error.empty());
  CHECK(all.ids == std::vector<std::uint16_t>(t.ids.begin(), t.ids.end()));
  CHECK(all.prompt_tokens == 2000);
  CHECK(all.sequence_of_token.back() == 1);
}

TEST_CASE("every cut of a trace is said to be cut, at its byte, whether the size is known or not") {
  made_moetrc1 t = small_trace();
  t.flags = 2;
  t.weights.assign(t.ids.size(), 1);
  const std::vector<std::byte> file = t.bytes();
  for (std::size_t n = 0; n < file.size(); ++n) {
    for (const seen& all : {read(std::span(file).first(n)), read_dripping(std::span(file).first(n))}) {
      CAPTURE(n);
      CHECK(all.error.starts_with("t.bin: "));
      if (n == 0)
        CHECK(all.error.find("is empty") != std::string::npos);
      else if (n < 8)
        CHECK(all.error.find("is no MOETRC1 trace") != std::string::npos);
      else
        CHECK(all.error.find("ends at byte " + std::to_string(n)) != std::string::npos);
    }
  }
  CHECK(read(file).error.empty());
}

TEST_CASE("a trace that goes on after its end is refused") {
  std::vector<std::byte> file = small_trace().bytes();
  file.push_back(std::byte{});
  CHECK(read(file).error == "t.bin: goes on after byte 84, where its header says it ends");
  CHECK(read_dripping(file).error == "t.bin: goes on after byte 84, where its header says it ends");
}

TEST_CASE("sequences have to follow each other and cover all tokens") {
  const auto with = [](auto change) {
    made_moetrc1 t = small_trace();
    change(t);
    return read(t.bytes()).error;
  };
  CHECK(with([](auto& t) { t.sequences[1].first_token = 2; }) == "t.bin: byte 48: sequence 1 starts at token 2, but the one before ends at 3");
  CHECK(with([](auto& t) { t.sequences[0].tokens = 0; }).find("byte 36: sequence 0 has 0 tokens") != std::string::npos);
  CHECK(with([](auto& t) { t.sequences[1].tokens = 0xFFFF'FFFF; }).find("byte 52: sequence 1 has 4294967295 tokens") != std::string::npos);
  CHECK(with([](auto& t) { t.sequences[1].tokens = 1; }) == "t.bin: byte 24: 5 tokens, but its sequences hold 4");
  CHECK(with([](auto& t) { t.sequences[1].prompt_tokens = 3; }) == "t.bin: byte 56: sequence 1 has 3 prompt tokens among 2");
  CHECK(with([](auto& t) { t.ids[7] = 6; }) == "t.bin: byte 71: expert 6 in a layer of 6; ids go to 5, or 255 for not routed");
}

TEST_CASE("a header that promises more than there is takes no memory for it") {
  made_moetrc1 t{.layers = 16, .experts = 65'535, .top_k = 65'535, .flags = 6};
  t.tokens = 0xFFFF'FFFF;
  std::vector<std::byte> file = t.bytes();
  for (int i = 0; i < 4; ++i) file[static_cast<std::size_t>(20 + i)] = std::byte{0xFF};  // 2^32 - 1 sequences as well
  CHECK(read(file).error.find("ends at byte 32, but its header promises") != std::string::npos);
  CHECK(read_dripping(file).error.find("ends at byte 32, but its header promises") != std::string::npos);
}

TEST_CASE("whatever is written over a trace's start, the answer is rows or a sentence") {
  const std::vector<std::byte> good = small_trace().bytes();
  moesaic_test::splitmix dice{2};
  int refused = 0, accepted = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::vector<std::byte> file = good;
    for (std::uint32_t changes = dice.between(1, 4); changes-- > 0;) {
      const std::uint32_t at = dice.between(8, static_cast<std::uint32_t>(file.size() - 1));
      file[at] = static_cast<std::byte>(dice.chance(500) ? dice.below(8) : dice.below(256));
    }
    const seen a = read(file), b = read_dripping(file);
    CHECK(a.error.empty() == b.error.empty());
    CHECK((a.error.empty() || a.error.starts_with("t.bin: ")));
    for (const std::uint16_t id : a.ids) CHECK((id < 256 || id == not_routed));
    ++(a.error.empty() ? accepted : refused);
  }
  CHECK(refused > 5'000);  // or the changes were harmless
  CHECK(accepted > 100);
}

TEST_CASE("recorded traces are read, and every cut of one is noticed") {
  const std::vector<std::byte> file = moesaic_test::read_bytes(std::string(MOESAIC_TEST_DATA) + "/traces/gptoss20b_6x96.bin");
  REQUIRE(file.size() == 104'960);
  const seen all = read(file);
  CHECK(all.error.empty());
  CHECK(all.ids.size() == 546U * 24 * 4);
  moesaic_test::splitmix dice{3};
  for (int i = 0; i < 300; ++i) {
    const std::size_t n = dice.below(static_cast<std::uint32_t>(file.size()));
    CHECK_FALSE(read_dripping(std::span(file).first(n)).error.empty());
  }
}

}  // namespace
