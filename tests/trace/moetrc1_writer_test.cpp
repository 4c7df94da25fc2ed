// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <moesaic/trace/moetrc1.hpp>
#include <moesaic/trace/moetrc1_writer.hpp>

#include "made_moetrc1.hpp"
#include "seen_rows.hpp"

using namespace moesaic;
using namespace moesaic::trace;

namespace {

using reader = moetrc1_reader<memory_source>;

reader opened(std::span<const std::byte> file) { return *reader::open(memory_source("t", file), memory_source("t", file)); }

/// Reads a trace and writes it again, as it was.
std::vector<std::byte> copied(std::span<const std::byte> file) {
  moetrc1_sequences sequences;
  const auto each = [&](auto&& take) {
    reader r = opened(file);
    for (auto rows = r.next(); rows && *rows; rows = r.next()) REQUIRE(take(**rows));
  };
  each([&](const routing_rows& rows) { return sequences.add(rows); });
  std::vector<std::byte> out;
  const moetrc1_header header = opened(file).header();
  auto writer = moetrc1_writer<memory_sink>::begin(memory_sink(out), header.shape, sequences.list(), static_cast<moetrc1_weights>(header.weight_bytes()));
  REQUIRE(writer);
  each([&](const routing_rows& rows) { return writer->add_ids(rows); });
  if (header.weight_bytes() > 0) each([&](const routing_rows& rows) { return writer->add_weights(rows); });
  CHECK(writer->finish());
  return out;
}

TEST_CASE("what was read is written byte for byte: ids and weights of both widths, prompts, rows not routed") {
  for (const std::uint32_t flags : {0U, 1U, 2U}) {
    moesaic_test::made_moetrc1 made = moesaic_test::small_trace();
    made.flags = flags;
    if (flags != 0)
      for (std::uint32_t i = 0; i < made.ids.size(); ++i) made.weights.push_back(flags == 1 ? i * 13 % 256 : i * 3'301 % 65'536);
    CHECK(copied(made.bytes()) == made.bytes());
  }
  moesaic_test::made_moetrc1 wide{.layers = 1, .experts = 256, .top_k = 2, .flags = 6};
  wide.add_sequence(2, 2);
  wide.ids = {255, 0, 65'535, 65'535};
  wide.weights = {1, 9'999, 10'000, 65'535};
  CHECK(copied(wide.bytes()) == wide.bytes());
  for (const char* name : {"gptoss20b_6x96.bin", "dsv2lite_law_2x128.bin"}) {
    std::vector<std::byte> file = moesaic_test::read_bytes(std::string(MOESAIC_TEST_DATA) + "/traces/" + name);
    const std::vector<std::byte> again = copied(file);
    REQUIRE(again.size() == file.size());
    std::size_t different = 0;
    const std::size_t ids_at = 32 + 16 * opened(file).sequences().size();
    for (std::size_t i = 0; i < file.size(); ++i)
      different += again[i] != file[i] && !(i < ids_at && (i - 32) % 16 >= 12) ? 1 : 0;  // but for the numbers in another description
    CHECK(different == 0);
  }
}

TEST_CASE("only the prompt in front of a sequence has a place") {
  moetrc1_sequences sequences;
  CHECK(sequences.add({.sequence = 4, .first_token = 0, .prompt_tokens = 2, .tokens = 2, .experts = {}, .weights = {}, .batch = 1, .recorded = {}}));
  CHECK(sequences.add({.sequence = 4, .first_token = 2, .prompt_tokens = 1, .tokens = 3, .experts = {}, .weights = {}, .batch = 0, .recorded = {}}));
  CHECK(sequences.add({.sequence = 4, .first_token = 5, .prompt_tokens = 2, .tokens = 2, .experts = {}, .weights = {}, .batch = 2, .recorded = {}}));
  CHECK(sequences.add({.sequence = 6, .first_token = 7, .prompt_tokens = 0, .tokens = 1, .experts = {}, .weights = {}, .batch = 0, .recorded = {}}));
  REQUIRE(sequences.list().size() == 2);
  CHECK(sequences.list()[0].tokens == 7);
  CHECK(sequences.list()[0].prompt_tokens == 3);
  CHECK(sequences.list()[1].first_token == 7);
  CHECK(sequences.list()[1].meta_index == 6);
  CHECK(sequences.add({.sequence = 6, .first_token = 8, .prompt_tokens = 0, .tokens = 0xFFFF'FFF8, .experts = {}, .weights = {}, .batch = 0, .recorded = {}})
            .error()
            .sentence() == "more than 4294967295 tokens, which MOETRC1 cannot count; cut the trace");
}

TEST_CASE("weights that do not fit and traces that change are errors") {
  std::vector<std::byte> out;
  const moetrc1_sequence one{0, 1, 0, 0};
  auto writer = moetrc1_writer<memory_sink>::begin(memory_sink(out), {1, 4, 1}, {&one, 1}, moetrc1_weights::eight_bits);
  REQUIRE(writer);
  const std::vector<std::uint16_t> id{3};
  const std::vector<gate_mass> heavy{{70'000}};
  const routing_rows rows{0, 0, 0, 1, id, heavy, 0, {}};
  CHECK(writer->add_weights(rows).error().sentence() ==
        "a gate weight of token 0 is above 255 / 255, more than MOETRC1 can hold in 8 bits; leave weights out or take 16 bits");
  CHECK(writer->finish().error().sentence() == "the trace has changed while it was read: 1 tokens were counted, 0 with ids and 0 with weights came");
}

}  // namespace
