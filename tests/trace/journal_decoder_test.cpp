// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <string_view>
#include <vector>

#include "journal_run.hpp"

using namespace moesaic;
using namespace moesaic::trace;

namespace {
/// Bytes from memory, as the blocks give them.
struct given {
  std::vector<unsigned> bytes;
  std::size_t at = 0;
  bool ended = false;
  std::uint8_t byte() noexcept {
    if (at == bytes.size()) ended = true;
    return ended ? std::uint8_t{} : static_cast<std::uint8_t>(bytes[at++]);
  }
  [[nodiscard]] bool good() const noexcept { return !ended; }
};
using fields = journal::field_reader<given>;

fields of(std::vector<unsigned> bytes) { return fields(given{std::move(bytes)}); }
std::string_view objection(const fields& f) { return f.wrong() == nullptr ? std::string_view() : f.wrong(); }

std::vector<unsigned> header_bytes() {
  struct taken {
    std::vector<unsigned> bytes;
    void put(std::byte b) { bytes.push_back(std::to_integer<unsigned>(b)); }
  };
  journal::encoder<taken> e(taken{});
  journal_run::begin_with(e);
  return {e.out().bytes.begin() + 1, e.out().bytes.end()};  // behind the tag
}
}  // namespace

TEST_CASE("fields: numbers of any size, signed ones, and what does not fit") {
  fields f = of({0, 127, 0x80, 1, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1, 1, 2, 3, 5});
  CHECK(f.number() == 0);
  CHECK(f.number() == 127);
  CHECK(f.number() == 128);
  CHECK(f.number() == ~std::uint64_t{});
  CHECK(f.signed_number() == -1);
  CHECK(f.signed_number() == 1);
  CHECK(f.signed_number() == -2);
  CHECK(f.at_most(4, "more than four") == 0);
  CHECK(objection(f) == "more than four");
  CHECK_FALSE(f.fine());

  fields longer = of({255, 255, 255, 255, 255, 255, 255, 255, 255, 2});
  (void)longer.number();
  CHECK(objection(longer) == "a number of more than 64 bits");
  fields extremes = of({255, 255, 255, 255, 255, 255, 255, 255, 255, 1});
  CHECK(extremes.signed_number() == std::numeric_limits<std::int64_t>::min());
  fields cut = of({0x80});
  (void)cut.number();
  CHECK_FALSE(cut.fine());
}

TEST_CASE("a header comes back; an impossible one is refused in words") {
  fields f = of(header_bytes());
  const auto h = journal::read_header(f);
  REQUIRE(h);
  CHECK(f.fine());
  CHECK(h->shape->total() == journal_run::shape().total());
  // flags, "a model", 2 facts with 4 texts, then 2 layers: 4 experts, top-2, one run each of size, footprint and group.
  const std::size_t layers = 1 + 8 + 1 + 9 + 9 + 6 + 6;
  REQUIRE(header_bytes()[layers] == 2);
  const auto refused = [&](std::size_t at, unsigned now) {
    std::vector<unsigned> bytes = header_bytes();
    bytes[at] = now;
    fields changed = of(bytes);
    const auto read = journal::read_header(changed);
    return read ? std::string(objection(changed)) : std::string(read.error().sentence());
  };
  CHECK(refused(0, 8) == "unknown flags in its header");
  CHECK(refused(layers + 1, 0) == "a layer without experts");
  CHECK(refused(layers + 2, 5).find("routes each token to 5 of 4 experts") != std::string::npos);
  CHECK(refused(layers + 3, 5) == "a run of more experts than the layer has");
  CHECK(refused(layers + 3, 0) == "an empty run");
  CHECK(refused(layers + 4, 0) == "an expert of no bytes");
  CHECK(refused(header_bytes().size() - 1, 0) == "a link that takes no transfer");
}

TEST_CASE("records that cannot be are refused in words") {
  const model_shape shape = journal_run::shape();
  const auto refused = [&](std::vector<unsigned> bytes) {
    journal::decoder d(shape);
    fields f = of(std::move(bytes));
    (void)d.next(f);
    return std::string(objection(f));
  };
  CHECK(refused({0x33}) == "an unknown record");
  CHECK(refused({0x02, 0, 0, 1, 0}) == "an event before the first step");
  CHECK(refused({0x01, 0, 0, 9, 1}) == "an unknown phase");
  const auto event = [&](std::vector<unsigned> rest) {
    std::vector<unsigned> bytes{0x01, 0, 0, 1, 1, 0x02};
    bytes.insert(bytes.end(), rest.begin(), rest.end());
    return refused(bytes);
  };
  CHECK(event({0, 0, 2, 1, 3}).empty());
  CHECK(event({2, 0, 1, 0}) == "a layer the model does not have");
  CHECK(event({0, 8, 1, 0}) == "unknown flags of an event");
  CHECK(event({0, 0, 1, 4}) == "an expert the layer does not have");
  CHECK(event({0, 0, 1, 0xFF, 0xFF, 3}) == "an event that wants no experts");  // not routed
  CHECK(event({0, 2, 0, 0}) == "an event that wants no experts");
  CHECK(event({0, 2, 0, 2, 3, 1, 0, 1, 1, 0}) == "wanted experts that do not ascend");
  CHECK(event({0, 2, 0, 5}) == "an event of more experts than the layer has");
  CHECK(refused({0x03, 2}) == "a third lease");
  CHECK(refused({0x81, 0, 4, 0}) == "an expert the model does not have");
  CHECK(refused({0x81, 0, 3, 3}) == "an unknown state of an expert");
  CHECK(refused({0x8A, 0, 0, 7}) == "an unknown fate");
  CHECK(refused({0x43, 1, 1, 4, 0, 0}) == "an unknown end of a transfer");
}

TEST_CASE("a clock that the file drives past its end does not surprise anybody") {
  const model_shape shape = journal_run::shape();
  journal::decoder d(shape);
  fields f = of({0x40, 254, 255, 255, 255, 255, 255, 255, 255, 255, 1, 0x40, 254, 255, 255, 255, 255, 255, 255, 255, 255, 1});
  (void)d.next(f);
  (void)d.next(f);  // wraps; a sanitizer would object to an overflow
  CHECK(f.fine());
}
