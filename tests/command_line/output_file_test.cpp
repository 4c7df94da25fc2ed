// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <sys/resource.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "command_line/output_file.hpp"
#include "support/temporary_folder.hpp"

namespace {

using moesaic::command_line::output_file;

std::string content(const std::string& path) {
  std::stringstream all;
  all << std::ifstream(path, std::ios::binary).rdbuf();
  return all.str();
}

}  // namespace

TEST_CASE("an output file has its name only when it is whole") {
  const temporary_folder folder;
  const std::string path = folder / "a.json";
  {
    auto file = output_file::open(path, false);
    REQUIRE(file);
    REQUIRE(file->write("half"));
    CHECK_FALSE(std::filesystem::exists(path));
  }
  CHECK(folder.entries() == 0);
  auto file = output_file::open(path, false);
  REQUIRE(file);
  REQUIRE(file->write("whole"));
  REQUIRE(file->finish());
  CHECK(content(path) == "whole");
  CHECK(folder.entries() == 1);
  CHECK_FALSE(output_file::open(folder.path(), false));
}

TEST_CASE("a full disk is reported, at the latest at the end") {
  if (!std::filesystem::exists("/dev/full")) {
    MESSAGE("skipped: this system has no /dev/full");
    return;
  }
  auto file = output_file::open("/dev/full", false);
  REQUIRE(file);
  const auto written = file->write("x");
  const auto finished = file->finish();
  REQUIRE_FALSE(finished);
  CHECK(finished.error().sentence().find("/dev/full") != std::string_view::npos);
  CHECK(finished.error().sentence().find("No space left") != std::string_view::npos);
  (void)written;
}

TEST_CASE("a file over the limit of its size is an error, and what was written beside is removed") {
  const temporary_folder folder;
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_FSIZE, &before) == 0);
  rlimit small = before;
  small.rlim_cur = 4096;
  auto file = output_file::open(folder / "a.json", false);
  REQUIRE(file);
  REQUIRE(setrlimit(RLIMIT_FSIZE, &small) == 0);
  const auto written = file->write(std::string(100'000, 'x'));
  const auto finished = file->finish();
  REQUIRE(setrlimit(RLIMIT_FSIZE, &before) == 0);
  CHECK_FALSE((written && finished));
  CHECK_FALSE(finished);
  CHECK(folder.entries() == 0);
}
