// SPDX-License-Identifier: MIT
#include <string_view>

#include "engine_run.hpp"
#include "generated_model.hpp"

using namespace engine_test;

namespace {

bool says(const error& why, std::string_view word) { return why.sentence().find(word) != std::string_view::npos; }

}  // namespace

TEST_CASE("windows that cannot be computed are refused in one sentence, and the model goes on") {
  recipe r;
  const generated_model made(r);
  model_options options;
  options.context = 8;
  options.longest_window = 4;
  engine e(made.path(), options);
  const auto ids = some_ids(9, r.vocabulary);
  ggml_model& m = e.model();
  const auto begin = [&](std::span<const token_id> tokens, std::uint32_t first) { return m.begin({tokens, {first}, phase::decode, rows_wanted::last}); };

  CHECK(begin({}, 0).error().code() == error_code::bad_argument);
  CHECK(begin(std::span(ids).first(5), 0).error().code() == error_code::bad_argument);
  CHECK(begin(std::span(ids).first(1), 1).error().code() == error_code::bad_argument);
  for (const token_id id : {-1, 512, 1 << 30}) {
    const auto refused = begin({&id, 1}, 0);
    CHECK(refused.error().code() == error_code::bad_argument);
    CHECK(says(refused.error(), std::to_string(id)));
  }
  const auto first = e.window(std::span(ids).first(4), 0);
  const auto second = e.window(std::span(ids).subspan(4, 4), 4);
  const auto full = begin(std::span(ids).first(1), 8);
  CHECK(full.error().code() == error_code::context_full);
  CHECK(says(full.error(), "context is full"));
  m.keep({6});
  CHECK(begin(std::span(ids).first(3), 6).error().code() == error_code::context_full);
  m.keep({4});
  CHECK(same_bits(second, e.window(std::span(ids).subspan(4, 4), 4)));
  CHECK(same_bits(first, e.sequence(std::span(ids).first(4), 2)));
}

TEST_CASE("calls out of order are refused") {
  recipe r;
  const generated_model made(r);
  engine e(made.path());
  ggml_model& m = e.model();
  const auto ids = some_ids(2, r.vocabulary);
  const auto layer = [](unsigned l) { return static_cast<layer_index>(l); };
  CHECK(m.route(layer(0)).error().code() == error_code::wrong_order);
  CHECK(m.finish().error().code() == error_code::wrong_order);
  REQUIRE(m.begin({ids, {0}, phase::prefill, rows_wanted::last}));
  CHECK(m.route(layer(1)).error().code() == error_code::wrong_order);
  CHECK(m.finish().error().code() == error_code::wrong_order);
  auto routed = m.route(layer(0));
  REQUIRE(routed);
  const expert_index wanted = (*routed).routes.front();
  CHECK(m.combine(layer(0)).error().code() == error_code::wrong_order);
  CHECK(m.run({.expert = {layer(1), wanted, {}}, .at = residence::host}).error().code() == error_code::wrong_order);
  CHECK(m.run({.expert = {layer(0), static_cast<expert_index>(8), {}}, .at = residence::host}).error().code() == error_code::bad_argument);
  CHECK(m.run({.expert = {layer(0), wanted, static_cast<representation_index>(1)}, .at = residence::host}).error().code() == error_code::bad_argument);
  CHECK(m.run({.expert = {layer(0), wanted, {}}, .at = residence::slot}).error().code() == error_code::bad_argument);
  REQUIRE(m.run({.expert = {layer(0), wanted, {}}, .at = residence::host}));
  CHECK(m.run({.expert = {layer(0), wanted, {}}, .at = residence::host}).error().code() == error_code::wrong_order);
  m.map_files({});
  for (unsigned other = 0; other < 8; ++other)
    if (std::ranges::count((*routed).routes, static_cast<expert_index>(other)) == 0)
      CHECK(m.run({.expert = {layer(0), static_cast<expert_index>(other), {}}, .at = residence::host}).error().code() == error_code::wrong_order);
    else if (static_cast<expert_index>(other) != wanted)
      CHECK(says(m.run({.expert = {layer(0), static_cast<expert_index>(other), {}}, .at = residence::host}).error(), "not mapped"));
  m.keep({0});
  CHECK(m.finish().error().code() == error_code::wrong_order);
  CHECK(m.filled().count == 0);
}

TEST_CASE("options that make no sense are refused") {
  const generated_model made(recipe{});
  const auto file = gguf_file::open(made.path());
  REQUIRE(file);
  const auto refused = [&](auto&& change) {
    model_options o;
    change(o);
    const auto loaded = ggml_model::load(*file, o);
    REQUIRE_FALSE(loaded);
    CHECK(loaded.error().code() == error_code::bad_argument);
  };
  refused([](model_options& o) { o.threads = 0; });
  refused([](model_options& o) { o.threads = 100'000; });
  refused([](model_options& o) { o.longest_window = 0; });
  refused([](model_options& o) { o.longest_window = 1U << 30U; });
  refused([](model_options& o) { o.cache_type = GGML_TYPE_Q8_0; });
}

TEST_CASE("a context that no machine has is refused; one longer than needed costs nothing") {
  const generated_model made(recipe{});
  const auto file = gguf_file::open(made.path());
  REQUIRE(file);
  model_options o;
  o.context = 1U << 20U;
  const auto long_one = ggml_model::load(*file, o);
  REQUIRE(long_one);
  CHECK((*long_one).context() == 1U << 20U);
  CHECK((*long_one).cache_bytes() == std::uint64_t{1 << 20} * 2 * 2 * 64 * 4);
}

TEST_CASE("recipes that are no model are refused") {
  const auto refused = [](auto&& change) {
    recipe r;
    change(r);
    const auto done = make_model(r, "/nowhere/at/all.gguf");
    REQUIRE_FALSE(done);
    return done.error();
  };
  CHECK(refused([](recipe&) {}).code() == error_code::cannot_open);
  CHECK(says(refused([](recipe& r) { r.architecture = "gpt7"; }), "llama, qwen3, qwen3moe"));
  CHECK(refused([](recipe& r) { r.top_k = 9; }).code() == error_code::bad_argument);
  CHECK(refused([](recipe& r) { r.experts = 0; }).code() == error_code::bad_argument);
  CHECK(refused([](recipe& r) { r.key_value_heads = 3; }).code() == error_code::bad_argument);
  CHECK(says(refused([](recipe& r) { r.type = GGML_TYPE_Q4_K; }), "do not fit the blocks"));
  CHECK(type_named("q4_k") == GGML_TYPE_Q4_K);
  CHECK(type_named("I32") == GGML_TYPE_COUNT);
  CHECK(type_named("no such type") == GGML_TYPE_COUNT);
}
