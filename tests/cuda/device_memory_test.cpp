// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

#include <moesaic/cuda/device_memory.hpp>

#include "support/stream_double.hpp"

using namespace moesaic;
using namespace moesaic_test;
using memory = cuda::device_memory<stream_double>;

TEST_CASE("one allocation, given back once, at the same address when moved") {
  stream_double api;
  {
    memory first = std::move(*memory::create(api, {1000}));
    const std::span<std::byte> slab = first.memory();
    CHECK(slab.size() == 1000);
    CHECK(reinterpret_cast<std::uintptr_t>(slab.data()) % memory::alignment.count == 0);
    memory second = std::move(first);
    CHECK(first.memory().empty());
    CHECK(second.memory().data() == slab.data());
    memory third = std::move(*memory::create(api, {500}));
    CHECK(api.device_bytes() == 1500);
    third = std::move(second);
    CHECK(api.device_bytes() == 1000);
    CHECK(third.memory().data() == slab.data());
  }
  CHECK(api.device_bytes() == 0);
  CHECK(api.misuses().empty());
}

TEST_CASE("memory that is refused leaves everything as it was") {
  stream_double api({.device = {1000}});
  CHECK(memory::create(api, {0}).error().code() == error_code::bad_argument);
  const memory some = std::move(*memory::create(api, {600}));
  const auto refused = memory::create(api, {401});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == error_code::out_of_memory);
  CHECK(refused.error().sentence() ==
        "asked for 401 bytes of device memory for experts: there is not enough memory; please give a smaller budget or fewer staging bytes, or free what "
        "others hold (said the double, code 2)");
  CHECK(api.device_bytes() == 600);
  CHECK(memory::create(api, {400}));
}
