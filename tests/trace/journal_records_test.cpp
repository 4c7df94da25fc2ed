// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <vector>

#include "journal_run.hpp"
#include "support/splitmix.hpp"

using namespace moesaic;
using namespace moesaic::trace;

namespace {
struct held {
  std::vector<std::byte> bytes;
  std::size_t at = 0;
  bool ended = false;
  void put(std::byte b) { bytes.push_back(b); }
  std::uint8_t byte() noexcept {
    if (at == bytes.size()) ended = true;
    return ended ? std::uint8_t{} : std::to_integer<std::uint8_t>(bytes[at++]);
  }
  [[nodiscard]] bool good() const noexcept { return !ended; }
};
}  // namespace

TEST_CASE("whatever bytes can be read as records are written as the same bytes, or mean the same when they are written again") {
  const model_shape shape = journal_run::shape();
  moesaic_test::splitmix random{3};
  std::uint64_t records = 0;
  for (int i = 0; i < 20'000; ++i) {
    held raw;
    const std::uint32_t size = random.between(1, 40);
    for (std::uint32_t b = 0; b < size; ++b) raw.put(static_cast<std::byte>(random.chance(300) ? random.below(256) : random.below(6)));
    constexpr unsigned tags[] = {0x01, 0x02, 0x03, 0x06, 0x09, 0x0B, 0x0D, 0x40, 0x41, 0x43, 0x44, 0x45, 0x80,
                                 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x8A, 0x8B, 0x8C, 0x8D, 0x8E};
    raw.bytes[0] = static_cast<std::byte>(tags[random.below(std::size(tags))]);
    if (raw.bytes[0] == std::byte{0x02}) raw.bytes.insert(raw.bytes.begin(), {std::byte{1}, std::byte{5}, std::byte{6}, std::byte{1}, std::byte{2}});

    journal::decoder first(shape);
    journal::field_reader<held> from(raw);
    const journal::record one = first.next(from);
    if (!from.fine()) continue;
    ++records;
    journal::encoder<held> again(held{});
    journal_run::begin_with(again);
    again.out().bytes.clear();
    std::visit([&](const auto& what) { again.put(what); }, one);
    // Padded numbers become shorter once; from then on it is a fixed point.
    const std::vector<std::byte> once = again.out().bytes;
    journal::decoder second(shape);
    journal::field_reader<held> back(held{once});
    const journal::record two = second.next(back);
    REQUIRE(back.fine());
    REQUIRE(one.index() == two.index());
    journal::encoder<held> third(held{});
    journal_run::begin_with(third);
    third.out().bytes.clear();
    std::visit([&](const auto& what) { third.put(what); }, two);
    REQUIRE(third.out().bytes == once);
  }
  CHECK(records > 3'000);
}
