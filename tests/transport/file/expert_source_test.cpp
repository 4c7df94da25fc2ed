// SPDX-License-Identifier: MIT
#include <fstream>

#include "file_bench.hpp"

using namespace moesaic;
using namespace moesaic::file;

TEST_CASE("the strictest file decides the layout") {
  const model_files files;
  const auto source = files.open();
  for (const expert_file& f : source.files()) CHECK(source.layout().alignment() >= f.alignment());
  CHECK(source.files().size() == 2);
  const auto buffered = files.open(direct_reads::no);
  CHECK_FALSE(buffered.direct());
  CHECK(buffered.layout().alignment() == bytes{expert_layout::least_alignment});
}

TEST_CASE("parts that do not lie in their files are refused at once, with file, expert and offset") {
  const model_files files;
  std::vector<part_in_file> parts(files.parts().begin(), files.parts().end());
  std::filesystem::resize_file(files.paths()[0], parts[4].file_offset + 3);
  auto cut = expert_source::open(files.shape(), files.paths(), parts);
  REQUIRE_FALSE(cut);
  CHECK(cut.error().code() == error_code::bad_file);
  const std::string sentence(cut.error().sentence());
  CHECK(sentence.find(files.paths()[0] + " has " + std::to_string(parts[4].file_offset + 3)) == 0);
  CHECK(sentence.find("part 1 of expert 1 of MoE layer 0") != std::string::npos);
  CHECK(sentence.find("offset " + std::to_string(parts[4].file_offset)) != std::string::npos);

  parts[0].file = 2;
  auto nowhere = expert_source::open(files.shape(), files.paths(), parts);
  REQUIRE_FALSE(nowhere);
  CHECK(nowhere.error().sentence().find("lies in file 2, but only 2 files") != std::string_view::npos);

  parts[0].file = 0;
  parts[0].file_offset = ~std::uint64_t{} - 2;  // offset + size wraps
  const auto wrapped = expert_source::open(files.shape(), files.paths(), parts);
  REQUIRE_FALSE(wrapped);
  CHECK(wrapped.error().sentence().find("but part 0 of expert 0 of MoE layer 0") != std::string_view::npos);
  std::vector<std::string> missing{files.paths()[0], files.folder().path("missing")};
  auto gone = expert_source::open(files.shape(), missing, files.parts());
  REQUIRE_FALSE(gone);
  CHECK(gone.error().code() == error_code::cannot_open);
}

TEST_CASE("for strides: past the page cache where that keeps them, else through it, else not at all") {
  const scratch folder;
  const std::string path = folder.path("experts");
  const auto opened = [&](std::uint64_t each, std::uint64_t begin) {
    std::ofstream(path, std::ios::binary) << std::string(begin + 4 * each, 'x');
    std::vector<part_in_file> parts;
    for (std::uint32_t e = 0; e < 4; ++e) parts.push_back({make_expert(0, e), 0, 0, begin + e * each, {each}});
    return expert_source::open_for_strides(*model_shape::uniform(1, 4, 1, {each}), {&path, 1}, parts);
  };
  const auto aligned = opened(65'536, 32);
  REQUIRE(aligned);
  CHECK(aligned->direct() == expert_source::open(*model_shape::uniform(1, 1, 1, {1}), {&path, 1}, {{{make_expert(0, 0), 0, 0, 0, {1}}}})->direct());
  const auto odd = opened(1'152, 96);
  REQUIRE(odd);
  CHECK_FALSE(odd->direct());
  const auto crooked = opened(1'160, 0);
  REQUIRE_FALSE(crooked);
  CHECK(crooked.error().code() == error_code::bad_file);
  CHECK(crooked.error().sentence().find(path) == 0);
  CHECK_FALSE(expert_source::open_for_strides(*model_shape::uniform(1, 1, 1, {1}), {}, {{{make_expert(0, 0), 0, 0, 0, {1}}}}));
}

TEST_CASE("a failed transfer is explained by what the file is now") {
  const model_files files;
  const auto source = files.open();
  const auto sentence = [&](expert_id e, transfer_status s, int system_error) {
    const error why = source.explain(e, s, system_error);
    CHECK(why.code() == error_code::transfer_failed);
    return std::string(why.sentence());
  };
  CHECK(sentence(make_expert(1, 1), transfer_status::read_error, EIO).find(files.paths()[0]) != std::string::npos);
  CHECK(sentence(make_expert(1, 1), transfer_status::read_error, EIO).find("read error (errno 5)") != std::string::npos);
  CHECK(sentence(make_expert(1, 1), transfer_status::short_read, 0).find("ended early") != std::string::npos);
  std::filesystem::resize_file(files.paths()[0], 10);
  CHECK(sentence(make_expert(1, 1), transfer_status::short_read, 0).find("has been cut to 10 bytes") != std::string::npos);
  CHECK(sentence(make_expert(7, 0), transfer_status::refused, EINVAL).find("no such expert") != std::string::npos);
}
