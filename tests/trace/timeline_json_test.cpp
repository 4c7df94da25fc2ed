// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include <moesaic/trace/timeline_json.hpp>

using namespace moesaic;
using trace::timeline_json;

namespace {
std::string text_of(const std::vector<std::byte>& bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }
struct pipe_sink {
  std::vector<std::byte>* to;
  result<void> write(std::span<const std::byte> bytes) {
    to->insert(to->end(), bytes.begin(), bytes.end());
    return {};
  }
};
}  // namespace

TEST_CASE("the text, to the letter") {
  std::vector<std::byte> file;
  timeline_json json{trace::memory_sink(file)};
  json.track(3, "a \"name\"");
  json.slice(3, {1'500}, {4'000}, "slice", "{\"n\":1}");
  json.mark(3, {-1}, "mark\n");
  REQUIRE(json.finish());
  CHECK(text_of(file) ==
        "{\"displayTimeUnit\":\"ms\",\"traceEvents\":[\n"
        "{\"ph\":\"M\",\"pid\":1,\"tid\":3,\"ts\":0.000,\"name\":\"thread_name\",\"args\":{\"name\":\"a \\\"name\\\"\"}},\n"
        "{\"ph\":\"M\",\"pid\":1,\"tid\":3,\"ts\":0.000,\"name\":\"thread_sort_index\",\"args\":{\"sort_index\":3}},\n"
        "{\"ph\":\"X\",\"pid\":1,\"tid\":3,\"ts\":1.500,\"name\":\"slice\",\"dur\":2.500,\"args\":{\"n\":1}},\n"
        "{\"ph\":\"i\",\"pid\":1,\"tid\":3,\"ts\":0.000,\"name\":\"mark?\",\"s\":\"t\"}\n"
        "]}\n");
}

TEST_CASE("the file is whole after each flush; a pipe gets its end at the end") {
  std::vector<std::byte> file, pipe;
  timeline_json json{trace::memory_sink(file)};
  timeline_json through{pipe_sink{&pipe}};
  for (int i = 0; i < 3; ++i) {
    json.mark(1, {i}, "m");
    json.flush();
    json.flush();
    CHECK(text_of(file).ends_with("\n]}\n"));
    CHECK(text_of(file).find("]}") == text_of(file).rfind("]}"));
    through.mark(1, {i}, "m");
    through.flush();
    CHECK_FALSE(text_of(pipe).ends_with("\n]}\n"));
  }
  REQUIRE(json.finish());
  REQUIRE(through.finish());
  CHECK(text_of(file) == text_of(pipe));
  std::vector<std::byte> nothing;
  timeline_json empty{trace::memory_sink(nothing)};
  REQUIRE(empty.finish());
  CHECK(text_of(nothing) == "{\"displayTimeUnit\":\"ms\",\"traceEvents\":[\n]}\n");
}

TEST_CASE("a write that fails is told at the end") {
  auto full = trace::file_sink::open("/dev/full");
  if (!full) return;  // not a system that has one
  timeline_json json{std::move(*full)};
  json.mark(1, {}, "m");
  json.flush();
  json.mark(1, {}, "m");
  const auto finished = json.finish();
  REQUIRE_FALSE(finished);
  CHECK(finished.error().sentence().find("could not write /dev/full") == 0);
}
