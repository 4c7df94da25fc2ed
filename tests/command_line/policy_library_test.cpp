// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <fstream>
#include <string>
#include <vector>

#include "command_line/policy_choice.hpp"
#include "command_line/policy_library.hpp"
#include "support/temporary_folder.hpp"

namespace {

using namespace moesaic;
using namespace moesaic::command_line;

const std::string ageing_lfu = MOESAIC_PROGRAMS "/libageing_lfu.so";

std::string refusal(const std::string& path) {
  const auto opened = policy_libraries::open(std::vector{path});
  REQUIRE_FALSE(opened);
  return std::string(opened.error().sentence());
}

TEST_CASE("a policy out of a library has a name like any other") {
  const auto libraries = policy_libraries::open(std::vector{ageing_lfu});
  REQUIRE(libraries);
  REQUIRE(libraries->offered().size() == 1);
  CHECK(libraries->find("ageing_lfu") != nullptr);
  CHECK(libraries->find("lru") == nullptr);

  named_parts parts;
  parts.eviction = "ageing_lfu";
  const auto names = choose_policies("on_demand", parts);
  REQUIRE(names);
  CHECK(make_policies(*names, *libraries));
  const auto alone = make_policies(*names);
  REQUIRE_FALSE(alone);
  CHECK(alone.error().code() == error_code::unknown_name);
  CHECK(list_policies("eviction", *libraries).find("halved every 64 tokens") != std::string::npos);
}

TEST_CASE("what a library does not know is an error that lists its names too") {
  const auto libraries = policy_libraries::open(std::vector{ageing_lfu});
  REQUIRE(libraries);
  const auto unknown = make_eviction("belief", *libraries);
  REQUIRE_FALSE(unknown);
  CHECK(std::string(unknown.error().sentence()).find(" lru ") != std::string::npos);
  CHECK(std::string(unknown.error().sentence()).find(" ageing_lfu") != std::string::npos);
  CHECK_FALSE(make_eviction("ageing_lfu(3)", *libraries));  // it has no knobs
  CHECK(make_eviction("lrfu(3)", *libraries));
}

TEST_CASE("files that are no such library") {
  const temporary_folder folder;
  CHECK(refusal(folder / "none.so").find("no such file") != std::string::npos);
  std::ofstream(folder / "text.so") << "not a library\n";
  CHECK(refusal(folder / "text.so").find("cannot be loaded") != std::string::npos);
  CHECK(refusal(folder / "text.so").find("text.so") != std::string::npos);
  const auto twice = policy_libraries::open(std::vector{ageing_lfu, ageing_lfu});
  REQUIRE_FALSE(twice);
  CHECK(std::string(twice.error().sentence()).find("another library has taken") != std::string::npos);
}

}  // namespace
