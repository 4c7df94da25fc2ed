// SPDX-License-Identifier: MIT
#include "file_bench.hpp"

#include <moesaic/transport/file/mapped_file.hpp>

using namespace moesaic;
using namespace moesaic::file;

TEST_CASE("every part is where the file has it") {
  const model_files files;
  std::vector<mapped_file> maps;
  for (const std::string& path : files.paths()) {
    auto opened = mapped_file::open(path);
    REQUIRE(opened);
    CHECK(opened->size() == std::filesystem::file_size(path));
    maps.push_back(std::move(*opened));
  }
  for (const part_in_file& p : files.parts()) {
    maps[p.file].expect(p.file_offset, p.size);
    const auto there = maps[p.file].part(p.file_offset, p.size);
    REQUIRE(there);
    bool same = true;
    for (std::uint64_t i = 0; i < p.size.count; ++i) same = same && (*there)[i] == byte_of_file(p.file, p.file_offset + i);
    CHECK(same);
  }
}

TEST_CASE("what lies outside the file is an error, not a signal") {
  const scratch folder;
  write_file(folder.path("a"), 0, 300'000);
  auto opened = mapped_file::open(folder.path("a"));
  REQUIRE(opened);
  CHECK(opened->part(299'999, bytes{1}));
  CHECK(opened->part(300'000, bytes{0}));
  for (const auto& [offset, size] : {std::pair<std::uint64_t, std::uint64_t>{300'000, 1}, {0, 300'001}, {~0ULL, 2}, {2, ~0ULL}}) {
    const auto refused = opened->part(offset, bytes{size});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code() == error_code::bad_argument);
    opened->expect(offset, bytes{size});
  }
}

TEST_CASE("a file that is cut while it is mapped: an error that says so, and what is left can be used") {
  const scratch folder;
  write_file(folder.path("a"), 0, 300'000);
  auto opened = mapped_file::open(folder.path("a"));
  REQUIRE(opened);
  REQUIRE(opened->part(200'000, bytes{1'000}));
  std::filesystem::resize_file(folder.path("a"), 150'000);
  const auto cut = opened->part(149'999, bytes{2});
  REQUIRE_FALSE(cut);
  CHECK(cut.error().code() == error_code::transfer_failed);
  CHECK(cut.error().sentence().find(folder.path("a") + " has been cut to 150000 bytes") == 0);
  CHECK_FALSE(opened->part(200'000, bytes{1'000}));
  const auto left = opened->part(149'000, bytes{1'000});
  REQUIRE(left);
  CHECK((*left)[999] == byte_of_file(0, 149'999));
  std::filesystem::remove(folder.path("a"));
  CHECK(opened->part(0, bytes{150'000}));  // its name is gone, the file is not
}

TEST_CASE("what cannot be mapped is refused with its name") {
  const scratch folder;
  const auto missing = mapped_file::open(folder.path("missing"));
  REQUIRE_FALSE(missing);
  CHECK(missing.error().sentence() == "cannot open " + folder.path("missing") + ": there is no such file (errno 2)");
  CHECK_FALSE(mapped_file::open(folder.path("")));
  write_file(folder.path("empty"), 0, 0);
  auto empty = mapped_file::open(folder.path("empty"));
  REQUIRE(empty);
  CHECK_FALSE(empty->part(0, bytes{1}));
  mapped_file moved(std::move(*empty));
  CHECK(moved.path() == folder.path("empty"));
}
