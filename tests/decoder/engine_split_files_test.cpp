// SPDX-License-Identifier: MIT
#include <filesystem>

#include "engine_run.hpp"
#include "generated_model.hpp"
#include "support/temporary_folder.hpp"

using namespace engine_test;

namespace {

namespace fs = std::filesystem;

/// The same model in one file and in three.
struct in_three {
  in_three() {
    recipe r;
    r.seed = 4;
    REQUIRE(make_model(r, folder / "whole.gguf"));
    r.files = 3;
    REQUIRE(make_model(r, folder / "m.gguf"));
  }
  [[nodiscard]] std::string file(int number) const { return folder / ("m-0000" + std::to_string(number) + "-of-00003.gguf"); }
  /// What opening says, and which kind of error it is.
  [[nodiscard]] std::string refused(const std::string& path) const {
    const auto opened = gguf_file::open(path);
    REQUIRE_FALSE(opened);
    return std::string(opened.error().sentence());
  }
  temporary_folder folder;
};

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("a model split over files gives the bits of the same model in one") {
  const in_three m;
  engine whole(m.folder / "whole.gguf");
  engine split(m.file(1));
  CHECK(split.model().files() == std::vector<std::string>{m.file(1), m.file(2), m.file(3)});
  std::vector<bool> used(3);
  for (std::uint32_t l = 0; l < split.model().moe_layers(); ++l)
    for (const file_range& part : split.model().parts(make_expert(l, 0))) used[part.file] = true;
  CHECK(std::ranges::count(used, true) >= 2);
  const auto ids = some_ids(9, 512);
  const auto expected = whole.sequence(ids, 3);
  CHECK(same_bits(split.sequence(ids, 3), expected));
  split.model().keep({0});
  split.how.host = true;
  CHECK(same_bits(split.sequence(ids, 3), expected));
  CHECK(split.file().find("blk.1.ffn_down_exps.weight")->file > 0);
  CHECK(split.file().tensors().size() == whole.file().tensors().size());
}

TEST_CASE("a part that is missing or another's is named in one sentence") {
  {
    const in_three m;
    const std::string why = m.refused(m.file(2));
    CHECK(has(why, "is file 2 of a model split into 3"));
    CHECK(has(why, "-00001-of-00003.gguf"));
  }
  {
    const in_three m;
    fs::remove(m.file(3));
    const std::string why = m.refused(m.file(1));
    CHECK(why.starts_with(m.file(3)));
    CHECK(has(why, "is missing"));
    CHECK(gguf_file::open(m.file(1)).error().code() == error_code::cannot_open);
  }
  {
    const in_three m;
    fs::rename(m.file(2), m.folder / "x");
    fs::rename(m.file(3), m.file(2));
    fs::rename(m.folder / "x", m.file(3));
    const std::string why = m.refused(m.file(1));
    CHECK(why.starts_with(m.file(2)));
    CHECK(has(why, "split.no is 2 where 1 was expected"));
  }
  {
    const in_three m;
    fs::rename(m.file(1), m.folder / "first.gguf");
    CHECK(has(m.refused(m.folder / "first.gguf"), "its name has to end in -00001-of-00003.gguf"));
  }
  {
    const in_three m;
    recipe other;
    other.layers = 4;  // its second file holds other tensors
    other.files = 3;
    REQUIRE(make_model(other, m.folder / "n.gguf"));
    fs::copy_file(m.folder / "n-00002-of-00003.gguf", m.file(2), fs::copy_options::overwrite_existing);
    const std::string why = m.refused(m.file(1));
    CHECK(has(why, "files were mixed up"));
  }
  {
    const in_three m;
    fs::resize_file(m.file(2), fs::file_size(m.file(2)) / 2);
    const std::string why = m.refused(m.file(1));
    CHECK(why.starts_with(m.file(2)));
    CHECK(has(why, "truncated or damaged"));
  }
  {
    const in_three m;
    fs::copy_file(m.folder / "whole.gguf", m.file(2), fs::copy_options::overwrite_existing);
    CHECK(has(m.refused(m.file(1)), "the key split.no is missing"));
  }
}
