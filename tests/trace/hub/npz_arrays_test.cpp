// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <zlib.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <moesaic/trace/hub/npz_arrays.hpp>

#include "trace/made_moetrc1.hpp"
#include "trace/made_npy.hpp"
#include "trace/seen_rows.hpp"

using namespace moesaic;
using namespace moesaic::trace;
using moesaic_test::dripping_source;
using moesaic_test::raw;
using moesaic_test::seen_rows;

namespace {

using ids = std::vector<std::uint16_t>;

seen_rows read(std::span<const std::byte> file, std::size_t most = 100'000) {
  using arrays = npz_arrays<dripping_source>;
  return moesaic_test::rows_of_file<routed_arrays_reader<arrays>, arrays>("t.npz", file, most);
}

std::vector<std::byte> recorded(const std::string& name) { return moesaic_test::read_bytes(std::string(MOESAIC_TEST_DATA) + "/traces/" + name); }

void put(std::string& to, std::uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) to += static_cast<char>(value >> (8 * i) & 0xFFU);
}

/// A stored member with the given sizes in its header.
std::string member(const std::string& name, const std::string& content, std::uint32_t flags = 0, std::uint32_t method = 0, bool zip64 = false) {
  std::string out = "PK\x03\x04";
  put(out, 20, 2);
  put(out, flags, 2);
  put(out, method, 2);
  put(out, 0, 4);
  put(out, crc32(0, reinterpret_cast<const Bytef*>(content.data()), static_cast<uInt>(content.size())), 4);
  put(out, zip64 ? 0xFFFF'FFFF : content.size(), 4);
  put(out, zip64 ? 0xFFFF'FFFF : content.size(), 4);
  put(out, name.size(), 2);
  put(out, zip64 ? 24 : 0, 2);
  out += name;
  if (zip64) {
    put(out, 0x7777, 2);  // a field that is none of ours
    put(out, 0, 2);
    put(out, 1, 2);
    put(out, 16, 2);
    put(out, content.size(), 8);
    put(out, content.size(), 8);
  }
  return out + content;
}
/// The end of a directory without entries: what a member is called there is not looked at.
const std::string directory = "PK\x05\x06" + std::string(18, '\0');

TEST_CASE("archives that NumPy wrote are read: stored, deflated, through a pipe; other arrays are passed over") {
  for (const char* name : {"routed_stored.npz", "routed_deflated.npz", "routed_piped.npz"}) {
    const std::vector<std::byte> file = recorded(name);
    CAPTURE(name);
    REQUIRE(file.size() > 100);
    CHECK(npz_arrays<memory_source>::recognises(file));
    for (const std::size_t most : {1U, 100'000U}) {
      const seen_rows seen = read(file, most);
      CHECK(seen.error == "");
      CHECK(seen.facts.shape == dimensions{2, 4, 2});
      CHECK(seen.facts.tokens == 3);
      CHECK(seen.facts.sequences == 2);
      CHECK(seen.ids == ids{0, 1, 2, 3, 1, 2, 3, 0, 3, 1, 0, 2});
      CHECK(seen.sequence == std::vector<std::uint32_t>{0, 0, 1});
    }
    // Every cut is noticed, in the directory too.
    for (std::size_t n = 0; n < file.size(); ++n) CHECK(read(std::span(file).first(n)).error.find("the file is cut") != std::string::npos);
  }
}

TEST_CASE("every changed byte of data is noticed by its checksum") {
  const std::vector<std::byte> good = recorded("routed_stored.npz");
  const std::string text(reinterpret_cast<const char*>(good.data()), good.size());
  int noticed = 0, tried = 0;
  for (std::size_t i = text.find("\x93NUMPY"); i < text.find("PK\x03\x04", 4); ++i, ++tried) {
    std::vector<std::byte> bad = good;
    bad[i] ^= std::byte{0x10};
    noticed += read(bad).error.empty() ? 0 : 1;
  }
  CHECK(tried > 100);
  CHECK(noticed == tried);
}

TEST_CASE("sizes in zip64 are read; members that are no arrays are passed over") {
  const std::string array = moesaic_test::npy("|u1", 1, "(1, 2, 2)", {0, 1, 2, 3});
  CHECK(read(raw(member("a.npy", array, 0, 0, true) + directory)).ids == ids{0, 1, 2, 3});
  CHECK(read(raw(member("readme", "hello") + member("x", "") + member("a.npy", array) + directory)).ids == ids{0, 1, 2, 3});
}

TEST_CASE("what is wrong is said with its byte") {
  const std::string array = moesaic_test::npy("|u1", 1, "(1, 2, 2)", {0, 1, 2, 3});
  const auto error_of = [&](const std::string& text) { return read(raw(text)).error; };
  CHECK(error_of(member("a.npy", array, 1) + directory).find("the member is encrypted") != std::string::npos);
  CHECK(error_of(member("a.npy", array, 0, 12) + directory).find("is packed by method 12; stored (0) and deflated (8) are read") != std::string::npos);
  CHECK(error_of(member("a.npy", array, 8) + directory).find("is stored without its size; save the archive to a file, not to a pipe") != std::string::npos);
  CHECK(error_of(member("a.npy", array) + "QK\x03\x04").find("expected the next member of the archive or its directory") != std::string::npos);
  CHECK(error_of(member("a.npy", array + "more") + directory).find("the member goes on behind the end of its array") != std::string::npos);
  CHECK(error_of(member("a.npy", array.substr(0, array.size() - 1)) + directory).find("1 bytes before its array does; the file is cut") != std::string::npos);
  std::string wrong_sum = member("a.npy", array);
  wrong_sum[14] = static_cast<char>(wrong_sum[14] ^ 1);
  CHECK(error_of(member("a.npy", array) + "PK\x01\x02" + std::string(42, '\0') + "PK\x03\x04")
            .find("expected the next entry of the archive's directory or its end") != std::string::npos);
  CHECK(error_of(wrong_sum + directory).find("the member's checksum is wrong") != std::string::npos);
  CHECK(error_of(member("a", "hello") + directory) == "t.npz: holds no routed token");
  CHECK(error_of(member("a.npy", array) + member("b.npy", moesaic_test::npy("|u1", 1, "(1, 1, 2)", {0, 1})) + directory)
            .find("has 1 layers of top-2, the array before it 2 of top-2; is it of another model?") != std::string::npos);
}

}  // namespace
