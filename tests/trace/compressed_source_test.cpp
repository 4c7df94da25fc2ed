// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <lzma.h>
#include <zlib.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <moesaic/trace/compressed_source.hpp>
#include <moesaic/trace/moetrc1.hpp>

#include "made_moetrc1.hpp"
#include "support/splitmix.hpp"

using namespace moesaic;
using namespace moesaic::trace;
using moesaic_test::dripping_source;

namespace {

using content = std::vector<std::byte>;

content xz(const content& plain, std::uint32_t preset = 0) {
  content packed(lzma_stream_buffer_bound(plain.size()));
  std::size_t size = 0;
  const auto* from = reinterpret_cast<const std::uint8_t*>(plain.data());
  REQUIRE(lzma_easy_buffer_encode(preset, LZMA_CHECK_CRC64, nullptr, from, plain.size(), reinterpret_cast<std::uint8_t*>(packed.data()), &size,
                                  packed.size()) == LZMA_OK);
  packed.resize(size);
  return packed;
}

content gz(const content& plain) {
  z_stream stream{};
  REQUIRE(deflateInit2(&stream, 6, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  content packed(deflateBound(&stream, static_cast<uLong>(plain.size())));
  content input = plain;
  stream.next_in = reinterpret_cast<Bytef*>(input.data());
  stream.avail_in = static_cast<uInt>(input.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  packed.resize(packed.size() - stream.avail_out);
  deflateEnd(&stream);
  return packed;
}

/// What a packed source gives, in pieces of odd sizes; a sentence if it fails.
std::pair<content, std::string> unpacked(const content& packed, std::size_t drip = 1'000, std::size_t piece = 333) {
  auto source = compressed_source<dripping_source>::open(dripping_source("t.xz", packed, drip));
  if (!source) return {{}, std::string(source.error().sentence())};
  content all;
  content out(piece);
  for (;;) {
    const result<std::size_t> got = source->read(out);
    if (!got) return {all, std::string(got.error().sentence())};
    if (*got == 0) return {all, {}};
    all.insert(all.end(), out.begin(), out.begin() + static_cast<std::ptrdiff_t>(*got));
  }
}

content text() {
  moesaic_test::splitmix dice{1};
  content plain;
  for (int i = 0; i < 50'000; ++i) plain.push_back(static_cast<std::byte>(dice.below(9)));
  return plain;
}

content both(content a, const content& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

TEST_CASE("plain, xz and gzip content come out alike, recognised by their first bytes") {
  const content plain = text();
  for (const content& packed : {plain, xz(plain), gz(plain)})
    for (const auto& [drip, piece] : {std::pair<std::size_t, std::size_t>{1, 333}, {3, 5}, {100'000, 100'000}}) {
      const auto [all, error] = unpacked(packed, drip, piece);
      CHECK(error.empty());
      CHECK(all == plain);
    }
  CHECK(xz(plain).size() < plain.size() / 2);  // or nothing was packed
}

TEST_CASE("short and empty contents are what they are") {
  for (const content& plain : {content{}, content{std::byte{0x1F}}, content{std::byte{0xFD}, std::byte{'7'}, std::byte{'z'}}}) {
    CHECK(unpacked(plain).first == plain);
    CHECK(unpacked(plain).second.empty());
    CHECK(unpacked(xz(plain)).first == plain);
    CHECK(unpacked(gz(plain)).first == plain);
  }
}

TEST_CASE("several packed streams in a row are one content") {
  const content plain = text();
  CHECK(unpacked(both(xz(plain), xz(plain))).first == both(plain, plain));
  CHECK(unpacked(both(gz(plain), gz(plain))).first == both(plain, plain));
}

TEST_CASE("only plain content has a size beforehand") {
  const content plain = text();
  CHECK(compressed_source<memory_source>::open(memory_source("t", plain))->size() == plain.size());
  const content packed = xz(plain);
  CHECK_FALSE(compressed_source<memory_source>::open(memory_source("t", packed))->size());
}

TEST_CASE("packed content that is cut or damaged is named with its offset") {
  const content plain = text();
  for (const content& packed : {xz(plain), gz(plain)}) {
    moesaic_test::splitmix dice{4};
    for (int i = 0; i < 200; ++i) {
      const std::size_t n = dice.between(20, static_cast<std::uint32_t>(packed.size() - 1));
      const auto [all, error] = unpacked({packed.begin(), packed.begin() + static_cast<std::ptrdiff_t>(n)});
      CHECK(error.starts_with("t.xz: byte " + std::to_string(n)));
      CHECK(error.find("the file is cut") != std::string::npos);
    }
    int noticed = 0;
    for (int i = 0; i < 200; ++i) {
      content broken = packed;
      broken[dice.between(20, static_cast<std::uint32_t>(packed.size() - 1))] ^= std::byte{0x40};
      const auto [all, error] = unpacked(broken);
      if (!error.empty()) ++noticed;
      CHECK((!error.empty() || all == plain));
    }
    CHECK(noticed > 190);  // both formats carry a checksum
    CHECK(unpacked(both(packed, content(40, std::byte{'x'}))).second.find("damaged") != std::string::npos);
  }
}

TEST_CASE("a packed trace reads like the plain one, through files as well") {
  using source = compressed_source<file_source>;
  const auto rows_of = [](const std::string& path) {
    auto file = file_source::open(path);
    REQUIRE(file);
    auto opened = source::open(*std::move(file));
    REQUIRE(opened);
    auto reader = moetrc1_reader<source>::open(*std::move(opened));
    REQUIRE(reader);
    std::vector<std::uint16_t> ids;
    for (;;) {
      const auto rows = reader->next();
      REQUIRE(rows);
      if (!*rows) return ids;
      ids.insert(ids.end(), (*rows)->experts.begin(), (*rows)->experts.end());
    }
  };
  const std::vector<std::uint16_t> ids = rows_of(std::string(MOESAIC_TEST_DATA) + "/traces/olmoe1b7b_decode299.bin.xz");
  CHECK(ids.size() == 299U * 16 * 8);
  CHECK(rows_of(std::string(MOESAIC_TEST_DATA) + "/traces/dsv2lite_law_2x128.bin").size() == 256U * 26 * 6);
}

}  // namespace
