// SPDX-License-Identifier: MIT
#include <array>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <moesaic/transport/file/expert_layout.hpp>

using namespace moesaic;
using namespace moesaic::file;

namespace {
model_shape one_layer(std::uint32_t experts) { return *model_shape::uniform(1, experts, 1, bytes{1}); }
part_in_file part(std::uint32_t e, std::uint32_t number, std::uint64_t offset, std::uint64_t size, std::uint32_t in = 0) {
  return {make_expert(0, e), number, in, offset, bytes{size}};
}
std::string refusal(const result<expert_layout>& r) {
  REQUIRE_FALSE(r);
  return std::string(r.error().sentence());
}
}  // namespace

TEST_CASE("a part is read from the block it begins in to the block it ends in") {
  const auto layout = expert_layout::create(one_layer(1), std::array{part(0, 0, 4096 * 3 + 100, 5000)}, bytes{4096});
  REQUIRE(layout);
  const auto reads = layout->reads(make_expert(0, 0));
  REQUIRE(reads.size() == 1);
  CHECK(reads[0].file_offset == 4096 * 3);
  CHECK(reads[0].length == 8192);
  CHECK(reads[0].needed == 5100);
  CHECK(reads[0].offset_in_slot == 0);
  CHECK(layout->parts(make_expert(0, 0))[0].offset_in_slot == 100);
  CHECK(layout->footprint(make_expert(0, 0)) == bytes{8192});
  CHECK(layout->alignment() == bytes{4096});
}

TEST_CASE("neighbours become one read, others stay apart") {
  // Given out of order on purpose. 0 and 1 share a block, 2 begins where the block of 1 ends, 3 is far, 4 is in another file.
  const std::array parts{part(0, 3, 90'000, 10), part(0, 1, 600, 400), part(0, 0, 100, 500), part(0, 2, 1024, 512), part(0, 4, 1536, 512, 1)};
  const auto layout = expert_layout::create(one_layer(1), parts, bytes{512});
  REQUIRE(layout);
  const auto reads = layout->reads(make_expert(0, 0));
  REQUIRE(reads.size() == 3);
  CHECK(reads[0].length == 1536);
  CHECK(reads[0].needed == 1536);
  CHECK(reads[1].file_offset == 90'000 / 512 * 512);
  CHECK(reads[1].offset_in_slot == 1536);
  CHECK(reads[2].file == 1);
  CHECK(reads[2].offset_in_slot == 2048);
  const auto placed = layout->parts(make_expert(0, 0));
  REQUIRE(placed.size() == 5);
  const std::array<std::uint64_t, 5> expected{100, 600, 1024, 1536 + 90'000 % 512, 2048};
  for (std::size_t p = 0; p < 5; ++p) CHECK(placed[p].offset_in_slot == expected[p]);
  CHECK(layout->footprint(make_expert(0, 0)) == bytes{2560});
}

TEST_CASE("parts may lie in one another") {
  const auto layout = expert_layout::create(one_layer(1), std::array{part(0, 0, 100, 5'000), part(0, 1, 1'000, 10)}, bytes{512});
  REQUIRE(layout);
  const auto reads = layout->reads(make_expert(0, 0));
  REQUIRE(reads.size() == 1);
  CHECK(reads[0].length == 5'120);
  CHECK(reads[0].needed == 5'100);
  CHECK(layout->parts(make_expert(0, 0))[1].offset_in_slot == 1'000);
}

TEST_CASE("what is 32-byte aligned in the file is so in the room, for every alignment") {
  for (const std::uint64_t alignment : {1ULL, 64ULL, 512ULL, 4096ULL, 1ULL << 21U}) {
    std::vector<part_in_file> parts;
    std::uint64_t at = 32;
    for (std::uint32_t e = 0; e < 5; ++e)
      for (std::uint32_t p = 0; p < 3; ++p) {
        parts.push_back(part(e, p, at, 96 * (e + 1) + 32 * p));
        at += 96 * (e + 1) + 32 * p + 992 * (p % 2);
      }
    const auto layout = expert_layout::create(one_layer(5), parts, bytes{alignment});
    REQUIRE(layout);
    CHECK(layout->alignment().count >= expert_layout::least_alignment);
    for (std::uint32_t e = 0; e < 5; ++e) {
      const expert_id id = make_expert(0, e);
      CHECK(layout->footprint(id).count % layout->alignment().count == 0);
      CHECK(layout->footprints()[layout->space().flat(id)] == layout->footprint(id));
      std::uint64_t end = 0;
      for (const aligned_read& r : layout->reads(id)) {
        CHECK(r.file_offset % layout->alignment().count == 0);
        CHECK(r.offset_in_slot == end);
        end += r.length;
      }
      CHECK(end == layout->footprint(id).count);
      for (const placed_part& p : layout->parts(id)) {
        CHECK(p.offset_in_slot % 32 == 0);
        CHECK((p.offset_in_slot - p.file_offset) % layout->alignment().count == 0);
        CHECK(p.offset_in_slot + p.size.count <= layout->footprint(id).count);
      }
    }
  }
}

TEST_CASE("only experts of the model are contained") {
  const auto layout = expert_layout::create(one_layer(3), std::array{part(0, 0, 0, 1), part(1, 0, 1, 1), part(2, 0, 2, 1)}, bytes{1});
  REQUIRE(layout);
  CHECK(layout->contains(make_expert(0, 2)));
  CHECK_FALSE(layout->contains(make_expert(0, 3)));  // the layer's power of two has room for it, the model has not
  CHECK_FALSE(layout->contains(make_expert(1, 0)));
  CHECK_FALSE(layout->contains({layer_index{0}, expert_index{0}, representation_index{1}}));
  CHECK(layout->all_parts().size() == 3);
}

TEST_CASE("what cannot be laid out is refused with the part's name") {
  CHECK(refusal(expert_layout::create(one_layer(1), std::array{part(0, 0, 0, 1)}, bytes{3})).find("power of two") != std::string::npos);
  CHECK(refusal(expert_layout::create(one_layer(1), std::array{part(0, 0, 0, 1)}, bytes{0})).find("power of two") != std::string::npos);
  CHECK(refusal(expert_layout::create(one_layer(2), std::array{part(0, 0, 0, 1)}, bytes{1})) == "expert 1 of MoE layer 0 has no parts in any file");
  CHECK(refusal(expert_layout::create(one_layer(1), std::array{part(0, 0, 0, 1), part(5, 0, 0, 1)}, bytes{1})).find("expert 5") != std::string::npos);
  CHECK(refusal(expert_layout::create(one_layer(1), std::array{part(0, 0, 0, 1), part(0, 0, 9, 1)}, bytes{1})).find("is there twice") != std::string::npos);
  CHECK(refusal(expert_layout::create(one_layer(1), std::array{part(0, 0, 0, 1), part(0, 2, 9, 1)}, bytes{1})).find("part 2") != std::string::npos);
  CHECK(refusal(expert_layout::create(one_layer(1), std::array{part(0, 0, 0, 0)}, bytes{1})).find("has no bytes") != std::string::npos);
  CHECK(refusal(expert_layout::create(one_layer(1), std::array{part(0, 0, ~0ULL - 4, 8)}, bytes{1})).find("beyond") != std::string::npos);
}

TEST_CASE("parts begin at the same place of every room where their bytes are a multiple of the alignment, and only there") {
  const auto alike = [](std::uint64_t each, std::uint64_t begin, std::uint64_t alignment) {
    const model_shape shape = *model_shape::uniform(1, 4, 1, {2 * each});
    std::vector<part_in_file> parts;
    for (std::uint32_t e = 0; e < 4; ++e)
      for (std::uint32_t p = 0; p < 2; ++p) parts.push_back({make_expert(0, e), p, 0, begin + p * 1'000'000 + e * each, {each}});
    const auto layout = expert_layout::create(shape, parts, {alignment});
    REQUIRE(layout);
    return same_in_every_room(*layout, shape);
  };
  CHECK(alike(8'192, 32, 4'096));
  CHECK(alike(8'192, 0, 512));
  CHECK(alike(1'152, 96, 1));
  CHECK_FALSE(alike(1'152, 0, 512));
  CHECK_FALSE(alike(1'160, 0, 1));
}
