// SPDX-License-Identifier: MIT
#include "engine_run.hpp"
#include "generated_model.hpp"

using namespace engine_test;

namespace {

constexpr ggml_type common_types[] = {GGML_TYPE_F32,  GGML_TYPE_F16,    GGML_TYPE_BF16,   GGML_TYPE_Q8_0,  GGML_TYPE_Q4_0, GGML_TYPE_Q4_1,
                                      GGML_TYPE_Q5_0, GGML_TYPE_Q5_1,   GGML_TYPE_Q2_K,   GGML_TYPE_Q3_K,  GGML_TYPE_Q4_K, GGML_TYPE_Q5_K,
                                      GGML_TYPE_Q6_K, GGML_TYPE_IQ4_NL, GGML_TYPE_IQ4_XS, GGML_TYPE_IQ3_S, GGML_TYPE_MXFP4};

recipe wide(ggml_type type) {
  recipe r;
  r.width = 256;
  r.inner = 256;
  r.heads = 4;
  r.head_width = 64;
  r.experts = 7;
  r.top_k = 3;
  r.vocabulary = 128;
  r.type = type;
  return r;
}

model_options with_threads(unsigned threads) {
  model_options o;
  o.threads = threads;
  return o;
}

}  // namespace

TEST_CASE("the bits of the logits do not depend on windows, order of experts, addresses, host seats or threads") {
  for (const ggml_type type : common_types) {
    const std::string name = ggml_type_name(type);
    CAPTURE(name);
    const recipe r = wide(type);
    const generated_model made(r);
    const auto ids = some_ids(37, r.vocabulary);
    engine one(made.path(), with_threads(1));
    const auto expected = one.sequence(ids, 1);
    engine two(made.path(), with_threads(2));
    for (const std::size_t window : {std::size_t{2}, std::size_t{5}, std::size_t{16}, std::size_t{37}}) {
      CAPTURE(window);
      CHECK(same_bits(expected, one.sequence(ids, window)));
      two.how = {.order_seed = window, .shift = window % 2 == 0 ? std::size_t{1} : std::size_t{32}, .host = false};
      CHECK(same_bits(expected, two.sequence(ids, window)));
      two.how = {.order_seed = window + 1, .shift = 0, .host = true};
      CHECK(same_bits(expected, two.sequence(ids, window)));
    }
  }
}

TEST_CASE("a half-precision cache gives other bits, but the same ones in every window") {
  const recipe r = wide(GGML_TYPE_Q8_0);
  const generated_model made(r);
  const auto ids = some_ids(50, r.vocabulary);
  engine full(made.path());
  model_options half = with_threads(2);
  half.cache_type = GGML_TYPE_F16;
  engine small(made.path(), half);
  CHECK(small.model().cache_bytes() * 2 == full.model().cache_bytes());
  const auto expected = small.sequence(ids, 1);
  CHECK(same_bits(expected, small.sequence(ids, 13)));
  CHECK_FALSE(same_bits(expected, full.sequence(ids, 1)));
}

TEST_CASE("what was forgotten leaves no trace") {
  const recipe r = wide(GGML_TYPE_F32);
  const generated_model made(r);
  const auto ids = some_ids(40, r.vocabulary, 1);
  const auto rejected = some_ids(9, r.vocabulary, 2);
  engine e(made.path());
  const auto expected = e.sequence(ids, 1);
  engine again(made.path());
  std::vector<float> rows;
  for (std::size_t at = 0; at < ids.size(); at += 4) {
    const auto now = again.window(std::span(ids).subspan(at, 4), static_cast<std::uint32_t>(at));
    rows.insert(rows.end(), now.begin(), now.end());
    (void)again.window(rejected, static_cast<std::uint32_t>(at + 4));  // a draft that is not taken
    again.model().keep({static_cast<std::uint32_t>(at + 4)});
    CHECK(again.model().filled().count == at + 4);
  }
  CHECK(same_bits(expected, rows));
}

TEST_CASE("the last row alone is the last of all rows, and none is none") {
  const recipe r = wide(GGML_TYPE_Q8_0);
  const generated_model made(r);
  const auto ids = some_ids(11, r.vocabulary);
  engine e(made.path());
  const auto all = e.window(ids, 0, rows_wanted::all);
  const auto last = e.window(ids, 0, rows_wanted::last);
  CHECK(same_bits(std::span(all).last(last.size()), last));
  CHECK(e.window(ids, 0, rows_wanted::none).empty());
  CHECK(e.model().filled().count == 11);
}
