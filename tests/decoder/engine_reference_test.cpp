// SPDX-License-Identifier: MIT
#include <cmath>

#include "engine_run.hpp"
#include "generated_model.hpp"
#include "reference_forward.hpp"

using namespace engine_test;

namespace {

struct distance {
  double largest = 0;   // |difference|
  double relative = 0;  // root mean square of differences over that of the reference
};

/// Runs both on the same ids, one token at a time; routing has to be equal wherever the reference's choice is not a tie
/// within rounding.
distance compare(const recipe& what, std::size_t tokens, bool same_routing) {
  const generated_model made(what);
  engine e(made.path());
  reference_forward reference(e.file());
  const auto ids = some_ids(tokens, what.vocabulary, what.seed);
  distance out;
  double differences = 0;
  double squares = 0;
  for (std::size_t p = 0; p < ids.size(); ++p) {
    const auto row = e.window(std::span(ids).subspan(p, 1), static_cast<std::uint32_t>(p));
    const auto expected = reference.next(static_cast<std::size_t>(ids[p]));
    REQUIRE(row.size() == expected.size());
    for (std::size_t i = 0; i < row.size(); ++i) {
      const double d = static_cast<double>(row[i]) - expected[i];
      out.largest = std::max(out.largest, std::fabs(d));
      differences += d * d;
      squares += expected[i] * expected[i];
    }
    if (!same_routing) continue;
    REQUIRE(e.routes.size() == reference.chosen.size());
    for (std::size_t l = 0; l < e.routes.size(); ++l)
      for (std::size_t i = 0; i < reference.top_k(); ++i) REQUIRE(number(e.routes[l][i]) == reference.chosen[l][i]);
  }
  out.relative = std::sqrt(differences / squares);
  return out;
}

}  // namespace

TEST_CASE("float models agree with the definition of their architecture") {
  recipe plain;
  std::vector<std::pair<std::string, recipe>> cases;
  const auto add = [&](const std::string& name, auto&& change) {
    recipe r = plain;
    change(r);
    cases.emplace_back(name, r);
  };
  add("qwen3moe", [](recipe&) {});
  add("mixtral", [](recipe& r) {
    r.architecture = "llama";
    r.seed = 2;
  });
  add("two experts, one used", [](recipe& r) {
    r.experts = 2;
    r.top_k = 1;
    r.seed = 3;
  });
  add("128 experts, eight used, tied", [](recipe& r) {
    r.experts = 128;
    r.top_k = 8;
    r.inner = 16;
    r.tied = true;
    r.seed = 4;
  });
  add("all experts used", [](recipe& r) {
    r.experts = 4;
    r.top_k = 4;
    r.seed = 5;
  });
  add("odd numbers", [](recipe& r) {
    r.experts = 13;
    r.top_k = 3;
    r.width = 40;
    r.inner = 23;
    r.vocabulary = 101;
    r.head_width = 10;
    r.heads = 6;
    r.key_value_heads = 3;
    r.seed = 6;
  });
  add("one key-value head", [](recipe& r) {
    r.heads = 8;
    r.key_value_heads = 1;
    r.head_width = 16;
    r.seed = 7;
  });
  add("as many key-value heads as heads", [](recipe& r) {
    r.heads = 3;
    r.key_value_heads = 3;
    r.seed = 8;
  });
  add("five layers", [](recipe& r) {
    r.layers = 5;
    r.architecture = "llama";
    r.seed = 9;
  });
  add("linear scaling and another base", [](recipe& r) {
    r.rope_scaling = 4;
    r.rope_base = 1e6F;
    r.seed = 10;
  });
  add("rope factors, a tensor per expert", [](recipe& r) {
    r.architecture = "llama";
    r.rope_factors = true;
    r.one_tensor_per_expert = true;
    r.seed = 11;
  });
  add("dense qwen3", [](recipe& r) {
    r.architecture = "qwen3";
    r.experts = 0;
    r.inner = 96;
    r.seed = 12;
  });
  add("dense llama, tied", [](recipe& r) {
    r.architecture = "llama";
    r.experts = 0;
    r.tied = true;
    r.seed = 13;
  });
  for (const auto& one : cases) {
    INFO(one.first);
    const distance d = compare(one.second, 40, true);
    CHECK(d.largest < 1e-3);
    CHECK(d.relative < 1e-5);
  }
}

TEST_CASE("every type that ggml multiplies gives what its stored numbers say") {
  ggml_cpu_init();
  std::size_t types = 0;
  for (int t = 0; t < GGML_TYPE_COUNT; ++t) {
    const auto type = static_cast<ggml_type>(t);
    if (ggml_blck_size(type) <= 0 || type_named(ggml_type_name(type)) != type) continue;
    recipe r;  // dense, so that rounded activations cannot flip a choice
    r.architecture = "llama";
    r.experts = 0;
    r.width = 256;
    r.inner = 256;
    r.heads = 4;
    r.head_width = 64;
    r.layers = 1;
    r.vocabulary = 32;
    r.type = type;
    r.seed = static_cast<std::uint64_t>(t) + 100;
    const std::string type_name = ggml_type_name(type);
    CAPTURE(type_name);
    const distance d = compare(r, 4, false);
    // ggml rounds activations to 8 bits (16 for half-precision types) before it multiplies.
    CHECK(d.relative < (type == GGML_TYPE_F32 ? 1e-5 : type == GGML_TYPE_F16 ? 2e-3 : 6e-2));
    ++types;
  }
  CHECK(types >= 25);
}

TEST_CASE("experts of mixed sizes are sliced where they lie") {
  recipe r;
  r.width = 256;
  r.inner = 256;
  r.heads = 4;
  r.head_width = 64;
  r.experts = 6;
  r.top_k = 6;  // all: no choice to flip
  r.layers = 3;
  r.type = GGML_TYPE_Q4_K;
  r.down_type = GGML_TYPE_Q6_K;
  CHECK(compare(r, 6, false).relative < 6e-2);
  const generated_model made(r);
  engine e(made.path());
  const auto& shape = e.model().shape();
  CHECK(shape.layers() == 3);
  CHECK(shape.size_of(make_expert(1, 0)).count > shape.size_of(make_expert(0, 0)).count);
  CHECK(shape.size_of(make_expert(0, 5)) == shape.size_of(make_expert(2, 0)));
}
