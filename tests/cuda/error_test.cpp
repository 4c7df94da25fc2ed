// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <string_view>

#include <moesaic/cuda/error.hpp>

#include "support/stream_double.hpp"

using namespace moesaic;
using namespace moesaic_test;

TEST_CASE("each fault has a kind and an advice of its own") {
  const stream_double api;
  const auto said = [&](std::int32_t number) { return cuda::explained(api, {number}, "asked for ", 3, " streams"); };
  CHECK(said(stream_double::no_memory).code() == error_code::out_of_memory);
  CHECK(said(stream_double::none_there).code() == error_code::cannot_open);
  CHECK(said(stream_double::lost).code() == error_code::transfer_failed);
  CHECK(said(stream_double::invalid).code() == error_code::bad_argument);
  CHECK(said(4711).code() == error_code::transfer_failed);
  const auto speaks = [](const error& e, std::string_view of) {
    return e.sentence().starts_with("asked for 3 streams: ") && e.sentence().find(of) != std::string_view::npos;
  };
  CHECK(speaks(said(stream_double::no_memory), "a smaller budget"));
  CHECK(speaks(said(stream_double::none_there), "no CUDA device, or no driver"));
  CHECK(speaks(said(stream_double::lost), "the device is lost"));
  CHECK(speaks(said(stream_double::invalid), "does not take this address"));
  CHECK(said(stream_double::capturing).code() == error_code::wrong_order);
  CHECK(speaks(said(stream_double::capturing), "before or behind the capture"));
  CHECK(cuda::advice_for(cuda::fault::unsupported).find("architecture") != std::string_view::npos);
  CHECK(speaks(said(stream_double::not_ready), "not done yet"));
  CHECK(speaks(said(4711), "refused (said the double, code 4711)"));
}

TEST_CASE("spans that do not fit together are named, with their lengths") {
  const error wrong = cuda::mismatched("distinct_experts", "weights", 32, 31);
  CHECK(wrong.code() == error_code::bad_argument);
  CHECK(wrong.sentence() == "distinct_experts: weights has to have 32 entries and has 31; please give spans of one event's tokens, experts and layer");
  CHECK(cuda::small_workspace("distinct_experts", 4096, 100).sentence() ==
        "distinct_experts needs a workspace of 4096 bytes and got 100; please ask its workspace function for the largest shape and allocate that once");
}
