// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <zlib.h>

#include <cstddef>
#include <cstdio>
#include <span>
#include <string>
#include <vector>

#include <moesaic/trace/hub/open_trace.hpp>

#include "trace/made_moetrc1.hpp"

using namespace moesaic;
using namespace moesaic::trace;

namespace {

struct file_of {
  explicit file_of(std::string name, std::span<const std::byte> content) : path(std::move(name)) { moesaic_test::write_bytes(path, content); }
  ~file_of() { std::remove(path.c_str()); }
  std::string path;
};

std::size_t ids_in(const result<any_trace>& opened) {
  REQUIRE(opened);
  auto& trace = const_cast<any_trace&>(*opened);
  std::size_t ids = 0;
  for (;;) {
    const auto rows = trace.next();
    REQUIRE(rows);
    if (!*rows) return ids;
    ids += (*rows)->experts.size();
    CHECK(((*rows)->weights.empty() || (*rows)->weights.size() == (*rows)->experts.size()));
  }
}

TEST_CASE("a trace is opened by its content, plain or packed, whatever its name") {
  const std::vector<std::byte> plain = moesaic_test::small_trace().bytes();
  const file_of raw("open_trace_test.jsonl", plain);
  const auto opened = open_trace(raw.path);
  CHECK(ids_in(opened) == 20);
  CHECK(opened->facts().format == "MOETRC1");
  CHECK(opened->facts().shape == dimensions{2, 6, 2});
  CHECK(opened->facts().tokens == 5);
  CHECK_FALSE(opened->facts().weights);
  const file_of packed("open_trace_test.bin", {});
  gzFile out = gzopen(packed.path.c_str(), "wb");
  REQUIRE(out != nullptr);
  CHECK(gzwrite(out, plain.data(), static_cast<unsigned>(plain.size())) == static_cast<int>(plain.size()));
  CHECK(gzclose(out) == Z_OK);
  CHECK(ids_in(open_trace(packed.path)) == 20);
}

TEST_CASE("weights come where they are asked for") {
  moesaic_test::made_moetrc1 made = moesaic_test::small_trace();
  made.flags = 1;
  made.weights.assign(made.ids.size(), 128);
  const file_of raw("open_trace_test_weights.bin", made.bytes());
  auto without = open_trace(raw.path), with = open_trace(raw.path, {.weights = true});
  REQUIRE(without);
  REQUIRE(with);
  CHECK(without->facts().weights);
  CHECK((*without->next())->weights.empty());
  CHECK((*with->next())->weights.size() == 12);
}

TEST_CASE("what is no trace is one sentence") {
  CHECK(open_trace("open_trace_test_no_such_file").error().sentence().starts_with("open_trace_test_no_such_file: cannot be opened"));
  const file_of empty("open_trace_test_empty", {});
  CHECK(open_trace(empty.path).error().sentence().starts_with("open_trace_test_empty: is empty, expected a routing trace"));
  const file_of other("open_trace_test_other", std::as_bytes(std::span("a letter to a friend")));
  CHECK(open_trace(other.path).error().sentence().starts_with("open_trace_test_other: byte 0: starts like no routing trace"));
}

}  // namespace
