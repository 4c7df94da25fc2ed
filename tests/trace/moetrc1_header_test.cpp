// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <moesaic/trace/moetrc1_header.hpp>

#include "made_moetrc1.hpp"

using namespace moesaic;
using namespace moesaic::trace;
using moesaic_test::made_moetrc1;

namespace {

result<moetrc1_header> parsed(const std::vector<std::byte>& file) { return moetrc1_header::parse("t.bin", std::span(file).first<moetrc1_header::size>()); }
std::string complaint(made_moetrc1 wrong) {
  const result<moetrc1_header> header = parsed(wrong.bytes());
  return header ? std::string("accepted") : std::string(header.error().sentence());
}

TEST_CASE("a header gives shape, counts and the offsets that follow from them") {
  made_moetrc1 t{.layers = 26, .experts = 64, .top_k = 6, .flags = 2};
  t.add_sequence(100, 100);
  t.add_sequence(28);
  const result<moetrc1_header> h = parsed(t.bytes());
  REQUIRE(h);
  CHECK(h->shape == dimensions{26, 64, 6});
  CHECK(h->sequences == 2);
  CHECK(h->tokens == 128);
  CHECK(h->ids_at() == 64);
  CHECK(h->weights_at() == 64 + 128 * 26 * 6);
  CHECK(h->file_size() == 64 + 128 * 26 * 6 * 3);
}

TEST_CASE("wide ids take two bytes each, weights none, one or two") {
  made_moetrc1 t{.layers = 2, .experts = 300, .top_k = 3, .flags = 4};
  t.add_sequence(5);
  CHECK(parsed(t.bytes())->file_size() == 32 + 16 + 5 * 6 * 2);
  t.flags = 5;
  CHECK(parsed(t.bytes())->file_size() == 32 + 16 + 5 * 6 * 3);
  t.flags = 6;
  CHECK(parsed(t.bytes())->file_size() == 32 + 16 + 5 * 6 * 4);
}

TEST_CASE("each wrong field is one sentence with its offset") {
  made_moetrc1 good{.layers = 2, .experts = 6, .top_k = 2};
  good.add_sequence(5);
  CHECK(complaint(good) == "accepted");
  const auto with = [&](auto change) {
    made_moetrc1 t = good;
    change(t);
    return complaint(t);
  };
  CHECK(with([](auto& t) { t.layers = 0; }) == "t.bin: byte 8: 0 layers; 1 to 65535 are possible");
  CHECK(with([](auto& t) { t.experts = 70'000; }) == "t.bin: byte 12: 70000 experts in a layer; 1 to 65535 are possible");
  CHECK(with([](auto& t) { t.experts = 0; }).find("byte 12") != std::string::npos);
  CHECK(with([](auto& t) { t.layers = 60'000, t.experts = 200; }).find("byte 8: 60000 layers of 200 experts") != std::string::npos);
  CHECK(with([](auto& t) { t.top_k = 7; }) == "t.bin: byte 16: top-k is 7; expected 1 to 6, the experts of a layer");
  CHECK(with([](auto& t) { t.top_k = 0; }).find("byte 16") != std::string::npos);
  CHECK(with([](auto& t) { t.sequences.resize(6); }) == "t.bin: byte 20: 6 sequences, but only 5 tokens to share");
  CHECK(with([](auto& t) { t.sequences.clear(); }) == "t.bin: byte 20: no sequence, but 5 tokens");
  CHECK(with([](auto& t) { t.flags = 3; }).find("byte 28: flags say that weights") != std::string::npos);
  CHECK(with([](auto& t) { t.flags = 8; }).find("byte 28: flags 8") != std::string::npos);
  CHECK(with([](auto& t) { t.experts = 257; }).find("byte 28: flags say that ids are u8") != std::string::npos);
  CHECK(with([](auto& t) { t.experts = 257, t.flags = 4; }) == "accepted");
}

TEST_CASE("another file is none of ours") {
  std::vector<std::byte> file = moesaic_test::small_trace().bytes();
  file[6] = std::byte{'2'};
  const result<moetrc1_header> h = parsed(file);
  REQUIRE_FALSE(h);
  CHECK(h.error().code() == error_code::bad_file);
  CHECK(h.error().sentence().find("is no MOETRC1 trace") != std::string_view::npos);
  CHECK_FALSE(moetrc1_header::recognises(file));
  CHECK_FALSE(moetrc1_header::recognises({}));
}

}  // namespace
