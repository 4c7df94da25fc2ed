// SPDX-License-Identifier: MIT
#include <unistd.h>

#include <cmath>
#include <map>

#include "engine_run.hpp"
#include "oracle_files.hpp"
#include "reference_arithmetic.hpp"

using namespace engine_test;

namespace {

struct oracle {
  std::string model;
  std::vector<token_id> prompt, generated, argmax;
  std::vector<float> logits;
  std::map<std::pair<int, int>, std::vector<int>> experts;  // [position, block]
  std::map<std::pair<int, int>, std::vector<float>> weights;
};

bool read(const std::string& name, std::size_t k, oracle& into) {
  into.model = unpacked("oracles", name + ".gguf");
  const std::string logits = unpacked("oracles", name + ".logits.f32");
  const std::string routing = unpacked("oracles", name + ".routing.txt");
  const std::string json = text_of(std::string(MOESAIC_SHARED) + "/oracles/" + name + ".json");
  if (into.model.empty() || logits.empty() || routing.empty() || json.empty()) return false;
  into.prompt = numbers_behind<token_id>(json, "prompt_ids");
  into.generated = numbers_behind<token_id>(json, "generated_ids");
  into.argmax = numbers_behind<token_id>(json, "argmax_at_each_position");
  into.logits = floats_of(logits);
  std::istringstream lines(text_of(routing));
  for (std::string line; std::getline(lines, line);) {
    std::istringstream in(line);
    int position = 0;
    int block = 0;
    in >> position >> block;
    auto& e = into.experts[{position, block}];
    auto& w = into.weights[{position, block}];
    e.resize(k);
    w.resize(k);
    for (int& x : e) in >> x;
    for (float& x : w) in >> x;
  }
  return true;
}

/// Name and experts used.
const std::vector<std::pair<std::string, int>> float_models{{"mixtral", 2}, {"qwen3moe", 4}, {"qwen2moe", 4},
                                                            {"olmoe", 4},   {"phimoe", 2},   {"deepseek2-lite", 6}};

/// One token at a time on the reference's ids.
struct comparison {
  std::size_t positions = 0;
  std::size_t routing_equal = 0;     // positions
  std::size_t both_within_half = 0;  // routing equal and largest difference <= 0.5
  std::size_t argmax_equal = 0;
  float largest = 0;
  float largest_weight = 0;
};

comparison compare(engine& e, const oracle& o) {
  comparison out;
  std::vector<token_id> ids = o.prompt;
  ids.insert(ids.end(), o.generated.begin(), o.generated.end());
  const std::size_t vocabulary = e.model().vocabulary();
  REQUIRE(o.logits.size() == ids.size() * vocabulary);
  for (std::size_t p = 0; p < ids.size(); ++p) {
    const auto row = e.window(std::span(ids).subspan(p, 1), static_cast<std::uint32_t>(p));
    bool equal = true;
    for (std::size_t l = 0; l < e.routes.size(); ++l) {
      const auto block = static_cast<int>(e.model().block_of(static_cast<layer_index>(l)));
      const auto& expected = o.experts.at({static_cast<int>(p), block});
      for (std::size_t i = 0; i < expected.size(); ++i) {
        equal = equal && static_cast<int>(number(e.routes[l][i])) == expected[i];
        if (equal) out.largest_weight = std::max(out.largest_weight, std::fabs(e.weights[l][i] - o.weights.at({static_cast<int>(p), block})[i]));
      }
    }
    float difference = 0;
    for (std::size_t i = 0; i < vocabulary; ++i) difference = std::max(difference, std::fabs(row[i] - o.logits[p * vocabulary + i]));
    ++out.positions;
    out.routing_equal += equal ? 1 : 0;
    out.both_within_half += equal && difference <= 0.5F ? 1 : 0;
    out.argmax_equal += best(row) == o.argmax[p] ? 1 : 0;
    out.largest = std::max(out.largest, difference);
  }
  return out;
}

}  // namespace

TEST_CASE("float models give the reference's logits, ids and routing") {
  for (const auto& [model, k] : float_models) {
    const std::string name = model;  // doctest's messages cannot hold a structured binding with clang 14
    oracle o;
    if (!read(name, static_cast<std::size_t>(k), o)) {
      MESSAGE("left out: no ../shared/oracles/", name, ".gguf.xz here, or no xz");
      continue;
    }
    engine e(o.model);
    const comparison c = compare(e, o);
    MESSAGE(name, ": largest difference ", c.largest, ", of a routing weight ", c.largest_weight);
    CHECK(c.positions == 44);
    CHECK(c.routing_equal == 44);
    CHECK(c.argmax_equal == 44);
    CHECK(c.largest <= 1e-3F);
    if (rounds_as_the_reference()) CHECK(c.largest == 0);
    CHECK(c.largest_weight <= 1e-4F);
  }
}

TEST_CASE("half and quantised models stay close to the reference") {
  for (const std::string type : {"F16", "Q8_0", "Q4_0", "Q4_K_M", "Q6_K"}) {
    oracle o;
    if (!read("qwen3moe-256-" + type, 2, o)) {
      MESSAGE("left out: no ../shared/oracles/qwen3moe-256-", type, ".gguf.xz here, or no xz");
      continue;
    }
    engine e(o.model);
    const comparison c = compare(e, o);
    MESSAGE(type, ": routing equal at ", c.routing_equal, ", largest difference ", c.largest, ", argmax equal at ", c.argmax_equal);
    CHECK(c.positions == 44);
    CHECK(c.both_within_half >= 40);
    // F16: the reference adds halves in an order that this ggml does not have.
    if (rounds_as_the_reference() && type != "F16") CHECK(c.largest == 0);
  }
}

TEST_CASE("greedy decoding of a float model from its prompt alone") {
  for (const auto& [model, k] : float_models) {
    const std::string name = model;  // doctest's messages cannot hold a structured binding with clang 14
    oracle o;
    if (!read(name, static_cast<std::size_t>(k), o)) {
      MESSAGE("left out: no ../shared/oracles/", name, ".gguf.xz here, or no xz");
      continue;
    }
    engine e(o.model);
    std::vector<token_id> ids;
    auto row = e.window(o.prompt, 0, rows_wanted::last);
    for (std::size_t i = 0; i < o.generated.size(); ++i) {
      ids.push_back(best(row));
      row = e.window({&ids.back(), 1}, static_cast<std::uint32_t>(o.prompt.size() + i));
    }
    CHECK(ids == o.generated);
  }
}
