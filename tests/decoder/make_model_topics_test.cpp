// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cmath>
#include <span>
#include <string>
#include <vector>

#include "engine/gguf_file.hpp"
#include "make_model/recipe.hpp"
#include "support/temporary_folder.hpp"

namespace {

using namespace moesaic::decoder;

constexpr std::int64_t width = 512;
constexpr std::int64_t tokens = 12;

std::vector<float> embeddings(const recipe& r) {
  const temporary_folder folder;
  const std::string path = folder / "m.gguf";
  REQUIRE(make_model(r, path));
  const auto file = gguf_file::open(path);
  REQUIRE(file);
  const gguf_tensor* const t = file->find("token_embd.weight");
  REQUIRE(t != nullptr);
  std::vector<float> values(static_cast<std::size_t>(width * tokens));
  REQUIRE(file->read(t->file_offset, std::as_writable_bytes(std::span(values))));
  return values;
}

double product(const std::vector<float>& of, std::int64_t a, std::int64_t b) {
  double sum = 0;
  for (std::int64_t i = 0; i < width; ++i) sum += double{of[static_cast<std::size_t>(a * width + i)]} * double{of[static_cast<std::size_t>(b * width + i)]};
  return sum / width;
}

TEST_CASE("tokens of a topic have similar embeddings, others do not, and the gain is their size") {
  recipe r;
  r.width = width;
  r.vocabulary = tokens;
  r.topics = 3;
  r.embedding_gain = 2;
  const std::vector<float> values = embeddings(r);
  for (std::int64_t a = 0; a < tokens; ++a)
    for (std::int64_t b = 0; b <= a; ++b) {
      CAPTURE(a);
      CAPTURE(b);
      const double alike = product(values, a, b) / std::sqrt(product(values, a, a) * product(values, b, b));
      if (a == b)
        CHECK(product(values, a, a) == doctest::Approx(4).epsilon(0.2));
      else if (a / 4 == b / 4)
        CHECK(alike > 0.9);
      else
        CHECK(std::abs(alike) < 0.25);
    }
}

TEST_CASE("more topics than tokens are refused") {
  recipe r;
  r.vocabulary = tokens;
  r.topics = 13;
  const auto made = make_model(r, "never_written.gguf");
  REQUIRE_FALSE(made);
  CHECK(std::string(made.error().sentence()).find("topics") != std::string::npos);
}

}  // namespace
