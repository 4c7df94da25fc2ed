// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstddef>
#include <span>
#include <utility>

#include <moesaic/cuda/pinned_memory.hpp>

#include "support/stream_double.hpp"

using namespace moesaic;
using namespace moesaic_test;
using memory = cuda::pinned_memory<stream_double>;

TEST_CASE("one allocation, given back once, at the same address when moved") {
  stream_double api;
  {
    memory first = std::move(*memory::create(api, {1000}, "for a test"));
    const std::span<std::byte> lent = first.memory();
    CHECK(lent.size() == 1000);
    memory second = std::move(first);
    CHECK(first.memory().empty());
    CHECK(second.memory().data() == lent.data());
    memory third = std::move(*memory::create(api, {500}, "for a test"));
    CHECK(api.pinned_bytes() == 1500);
    third = std::move(second);
    CHECK(api.pinned_bytes() == 1000);
    CHECK(third.memory().data() == lent.data());
  }
  CHECK(api.pinned_bytes() == 0);
  CHECK(api.misuses().empty());
}

TEST_CASE("pinned memory that is refused leaves everything as it was, and the sentence says what it was for") {
  stream_double api({.pinned = {1000}});
  CHECK(memory::create(api, {0}, "for a test").error().code() == error_code::bad_argument);
  const memory some = std::move(*memory::create(api, {600}, "for a test"));
  const auto refused = memory::create(api, {401}, "to hold a model");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == error_code::out_of_memory);
  CHECK(refused.error().sentence().starts_with("asked for 401 bytes of pinned memory to hold a model: "));
  CHECK(api.pinned_bytes() == 600);
  CHECK(memory::create(api, {400}, "for a test"));
}
