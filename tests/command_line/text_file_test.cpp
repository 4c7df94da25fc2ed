// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <fstream>
#include <string>
#include <string_view>

#include "command_line/text_file.hpp"
#include "support/temporary_folder.hpp"

namespace {

std::string refusal(const std::string& path) {
  const auto text = moesaic::command_line::read_text_file(path);
  REQUIRE_FALSE(text);
  CHECK(text.error().code() == moesaic::error_code::cannot_open);
  CHECK(text.error().sentence().find(path) != std::string_view::npos);
  return std::string(text.error().sentence());
}

}  // namespace

TEST_CASE("a file is read to its last byte, whatever is in it") {
  const temporary_folder folder;
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{65'536}, std::size_t{200'001}}) {
    std::string all(size, '\0');
    for (std::size_t i = 0; i < size; ++i) all[i] = static_cast<char>(i * 7);
    std::ofstream(folder / "text", std::ios::binary) << all;
    const auto text = moesaic::command_line::read_text_file(folder / "text");
    REQUIRE(text);
    CHECK((*text == all));
  }
}

TEST_CASE("what is no file is refused by its name") {
  const temporary_folder folder;
  CHECK(refusal(folder / "").find("it is a directory") != std::string::npos);
  CHECK(refusal(folder / "missing").find("No such file") != std::string::npos);
}
