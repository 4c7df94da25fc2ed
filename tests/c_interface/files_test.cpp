// SPDX-License-Identifier: MIT
// Experts out of files, read by the library.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "engine_bench.hpp"
#include "support/temporary_folder.hpp"

namespace {
using namespace moesaic_test;

constexpr std::uint32_t layers = 2, experts = 8;
constexpr std::uint64_t half = 700;  // two parts each, in two places, no multiple of anything

/// A model file: all first parts, then all second ones; the byte at i of a part is its expert's number plus i.
struct model_file {
  temporary_folder folder{};
  std::string path = folder / "model.bin";
  std::vector<moesaic_part> parts{};
  std::vector<moesaic_layer> shape = std::vector<moesaic_layer>(layers, {experts, 2, 0});
  const char* paths[1]{path.c_str()};
  moesaic_files files = sized<moesaic_files>();
  moesaic_options options = sized<moesaic_options>();

  model_file() {
    std::ofstream file(path, std::ios::binary);
    std::uint64_t at = 0;
    for (std::uint32_t part = 0; part < 2; ++part)
      for (std::uint32_t n = 0; n < layers * experts; ++n, at += half) {
        for (std::uint64_t i = 0; i < half; ++i) file.put(static_cast<char>(n + part * 100 + i));
        parts.push_back({n / experts, n % experts, part, 0, at, half});
      }
    files.path_count = 1;
    files.paths = paths;
    files.parts = parts.data();
    files.part_count = parts.size();
    options.layer_count = layers;
    options.layers = shape.data();
    options.budget = 1 << 20;
    options.files = &files;
  }
};

moesaic_status look_at(moesaic_cache* cache, std::uint32_t layer, std::uint64_t step, const std::vector<std::int32_t>& routes) {
  const auto event = event_of(layer, step, routes);
  moesaic_lease lease = 0;
  if (const moesaic_status s = moesaic_acquire(cache, &event, &lease); s != MOESAIC_OK) return s;
  moesaic_status status = MOESAIC_OK, failed = MOESAIC_OK;
  std::size_t seen = 0;
  for (;;) {
    auto seat = sized<moesaic_seat>();
    status = moesaic_next(cache, lease, &seat);
    if (status == MOESAIC_TRANSFER_FAILED) failed = status;
    if (status == MOESAIC_ALL_HANDED_OUT) break;
    if (status != MOESAIC_OK) continue;
    ++seen;
    for (std::uint32_t part = 0; part < 2; ++part) {
      std::uint64_t offset = 0, size = 0;
      REQUIRE(moesaic_part_place(cache, seat.layer, seat.expert, part, &offset, &size) == MOESAIC_OK);
      REQUIRE(size == half);
      const auto* bytes = static_cast<const std::uint8_t*>(seat.address) + offset;
      for (std::uint64_t i = 0; i < half; ++i) REQUIRE(bytes[i] == static_cast<std::uint8_t>(seat.layer * experts + seat.expert + part * 100 + i));
    }
    CHECK(moesaic_release(cache, lease, seat.entry, 0) == MOESAIC_OK);
  }
  CHECK((failed != MOESAIC_OK || seen == routes.size()));
  CHECK(moesaic_end(cache, lease) == MOESAIC_OK);
  return failed;
}

TEST_CASE("every byte of every part arrives, whichever way files are read") {
  model_file model;
  SUBCASE("by itself") {}
  SUBCASE("threads, through the page cache") {
    model.files.backend = MOESAIC_READ_PREAD;
    model.files.direct = MOESAIC_DIRECT_NO;
    model.files.threads = 1;
    model.files.capacity = 1;
  }
  SUBCASE("at the floor") {
    auto need = sized<moesaic_memory>();
    REQUIRE(moesaic_plan(&model.options, &need, nullptr) == MOESAIC_OK);
    model.options.budget = need.floor;
  }
  const made_cache made(&model.options);
  REQUIRE_MESSAGE(made.status == MOESAIC_OK, made.sentence);
  for (std::uint64_t step = 0; step < 30; ++step)
    for (std::uint32_t l = 0; l < layers; ++l) {
      const auto first = static_cast<std::int32_t>(step * 3 % experts);
      CHECK(look_at(made.cache, l, step, {first, (first + 1) % 8}) == MOESAIC_OK);
    }
  std::uint64_t offset = 0, size = 0;
  CHECK(moesaic_part_place(made.cache, 0, 0, 2, &offset, &size) == MOESAIC_BAD_ARGUMENT);
  CHECK(moesaic_part_place(made.cache, 9, 0, 0, &offset, &size) == MOESAIC_BAD_ARGUMENT);
  CHECK(moesaic_part_place(made.cache, 0, 0, 0, nullptr, &size) == MOESAIC_BAD_ARGUMENT);
}

TEST_CASE("a file that is cut while it is in use fails with its name, and works again once it is whole") {
  model_file model;
  const made_cache made(&model.options);
  REQUIRE(made.status == MOESAIC_OK);
  const auto whole = std::filesystem::file_size(model.path);
  std::vector<char> content(whole);
  std::ifstream(model.path, std::ios::binary).read(content.data(), static_cast<std::streamsize>(whole));
  std::filesystem::resize_file(model.path, 0);
  CHECK(look_at(made.cache, 0, 0, {1, 2}) == MOESAIC_TRANSFER_FAILED);
  CHECK_MESSAGE(says(last_sentence(made.cache), "model.bin has been cut to 0 bytes"), last_sentence(made.cache));
  std::ofstream(model.path, std::ios::binary | std::ios::in).write(content.data(), static_cast<std::streamsize>(whole));
  CHECK(look_at(made.cache, 0, 1, {1, 2}) == MOESAIC_OK);
}

TEST_CASE("reads that fail together are told one by one, each with its own expert") {
  model_file model;
  const made_cache made(&model.options);
  REQUIRE(made.status == MOESAIC_OK);
  std::filesystem::resize_file(model.path, 0);
  const std::vector<std::int32_t> routes{1, 2, 5, 6};
  const auto event = event_of(1, 0, routes);
  moesaic_lease lease = 0;
  REQUIRE(moesaic_acquire(made.cache, &event, &lease) == MOESAIC_OK);
  std::vector<std::string> told;
  auto seat = sized<moesaic_seat>();
  while (moesaic_next(made.cache, lease, &seat) == MOESAIC_TRANSFER_FAILED) told.push_back(last_sentence(made.cache));
  CHECK(moesaic_end(made.cache, lease) == MOESAIC_OK);
  REQUIRE(told.size() == routes.size());
  for (const std::int32_t e : routes) {
    const std::string who = "expert " + std::to_string(e) + " of MoE layer 1 could not be read";
    CHECK_MESSAGE(std::count_if(told.begin(), told.end(), [&](const std::string& s) { return says(s, who); }) == 1, who);
  }
}

TEST_CASE("files that cannot be what the parts say are refused in a sentence") {
  model_file model;
  const auto refused = [&](moesaic_status status, const char* words) {
    const made_cache made(&model.options);
    CHECK(made.cache == nullptr);
    CHECK(made.status == status);
    CHECK_MESSAGE(says(made.sentence, words), made.sentence);
  };
  SUBCASE("missing") {
    std::filesystem::remove(model.path);
    refused(MOESAIC_CANNOT_OPEN, "model.bin");
  }
  SUBCASE("too short") {
    std::filesystem::resize_file(model.path, 5000);
    refused(MOESAIC_BAD_FILE, "the file is cut");
  }
  SUBCASE("a part of nobody") {
    model.parts[3].expert = experts;
    refused(MOESAIC_BAD_ARGUMENT, "which the model does not have");
  }
  SUBCASE("a part of no file") {
    model.parts[3].file = 1;
    refused(MOESAIC_BAD_ARGUMENT, "only 1 files are given");
  }
  SUBCASE("a part that lies beyond everything") {
    model.parts[3].offset = ~std::uint64_t{};
    refused(MOESAIC_BAD_FILE, "should lie at offset");
  }
  SUBCASE("a part of endless length") {
    model.parts[3].bytes = ~std::uint64_t{};
    refused(MOESAIC_BAD_ARGUMENT, "more than 1099511627776");
  }
  SUBCASE("a part twice") {
    model.parts[3].part = 1;
    refused(MOESAIC_BAD_ARGUMENT, "is there twice, or one before it is missing");
  }
  SUBCASE("a path that is null") {
    model.paths[0] = nullptr;
    refused(MOESAIC_BAD_ARGUMENT, "path 0");
  }
  SUBCASE("no parts") {
    model.files.part_count = 0;
    refused(MOESAIC_BAD_ARGUMENT, "names no part");
  }
  SUBCASE("a way of reading that does not exist") {
    model.files.backend = 3;
    refused(MOESAIC_BAD_ARGUMENT, "backend is 3");
  }
  SUBCASE("no memory to read into") {
    model.options.flags = MOESAIC_NO_MEMORY;
    refused(MOESAIC_BAD_ARGUMENT, "leave out MOESAIC_NO_MEMORY");
  }
  SUBCASE("sizes that the parts do not have") {
    for (moesaic_layer& l : model.shape) l.expert_bytes = 1 << 20;
    refused(MOESAIC_BAD_ARGUMENT, "is charged");
  }
}

}  // namespace
