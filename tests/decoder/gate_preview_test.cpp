// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include <program/preview_tally.hpp>

#include "engine_run.hpp"

using namespace engine_test;

namespace {

const std::string shipped = std::string(MOESAIC_MODELS) + "/moesaic-demo-moe-q8_0.gguf";

/// Real text: token ids of the evaluation set kept with the tests.
std::vector<token_id> real_ids(std::size_t count) {
  std::ifstream file(std::string(MOESAIC_TEST_DATA) + "/validation_24x512.u16", std::ios::binary);
  const std::vector<char> raw{std::istreambuf_iterator<char>(file), {}};
  REQUIRE(raw.size() >= 2 * count);
  std::vector<token_id> ids;
  for (std::size_t i = 0; i < count; ++i)
    ids.push_back(static_cast<token_id>(static_cast<unsigned char>(raw[2 * i]) | static_cast<unsigned char>(raw[2 * i + 1]) << 8));
  return ids;
}

/// Runs a window like engine::window and asks ahead at each layer.
template <class Look>
std::vector<float> looking(engine& e, std::span<const token_id> tokens, std::uint32_t first, Look&& look) {
  ggml_model& model = e.model();
  REQUIRE(model.begin({tokens, {first}, phase::decode, rows_wanted::all}));
  for (std::uint32_t l = 0; l < model.moe_layers(); ++l) {
    const auto layer = static_cast<layer_index>(l);
    const auto routed = model.route(layer);
    REQUIRE(routed);
    const std::vector<expert_index> routes((*routed).routes.begin(), (*routed).routes.end());
    look(layer, routes, model.look_ahead(layer));
    for (const expert_index wanted : std::set<expert_index>(routes.begin(), routes.end())) {
      const seat in_place{.expert = {layer, wanted, {}}, .at = residence::host};
      REQUIRE(model.run(in_place));
    }
    REQUIRE(model.combine(layer));
  }
  const auto logits = model.finish();
  REQUIRE(logits);
  return {(*logits).values.begin(), (*logits).values.end()};
}

}  // namespace

TEST_CASE("gate preview: hints of the next layers, nearest first, rows ascending, the most probable experts first") {
  engine e(shipped);
  e.model().preview(3);
  const auto ids = real_ids(4);
  std::uint32_t hints_seen = 0;
  (void)looking(e, ids, 0, [&](layer_index layer, const std::vector<expert_index>&, std::span<const hint> hints) {
    const std::uint32_t last = std::min(number(layer) + 3, e.model().moe_layers() - 1);
    REQUIRE(hints.size() == 4 * (last - number(layer)));
    for (std::size_t i = 0; i < hints.size(); ++i) {
      const hint& h = hints[i];
      ++hints_seen;
      CHECK(h.from == provenance::target_gate_ahead);
      CHECK(number(h.layer) == number(layer) + 1 + i / 4);
      CHECK(h.at.count == i % 4);
      CHECK(h.experts.size() == 12);  // twice top-k
      CHECK(std::set<expert_index>(h.experts.begin(), h.experts.end()).size() == 12);
      CHECK(std::is_sorted(h.weights.rbegin(), h.weights.rend()));
      float sum = 0;
      for (const float w : h.weights) sum += w;
      CHECK((sum > 0 && sum <= 1.0001F));
    }
  });
  CHECK(hints_seen == 4 * (5 * 3 + 2 + 1));
}

TEST_CASE("gate preview: without a reach, or in long windows, nothing is said; and no reach goes beyond the model") {
  engine e(shipped);
  const auto ids = real_ids(20);
  const auto count = [&](std::size_t tokens) {
    std::size_t said = 0;
    (void)looking(e, std::span(ids).first(tokens), 0,
                  [&](layer_index, const std::vector<expert_index>&, std::span<const hint> hints) { said += hints.size(); });
    return said;
  };
  CHECK(count(1) == 0);
  e.model().preview(100);
  CHECK(count(1) == 7 + 6 + 5 + 4 + 3 + 2 + 1);
  CHECK(count(8) > 0);
  CHECK(count(9) == 0);
  CHECK(e.model().look_ahead(layer_index{0}).empty());  // no layer runs
}

TEST_CASE("gate preview: the model's answer keeps every bit") {
  const auto ids = real_ids(24);
  engine plain(shipped), asked(shipped);
  asked.model().preview(4);
  for (std::uint32_t at = 0; at < ids.size(); at += 3) {
    const auto window = std::span(ids).subspan(at, 3);
    CHECK(same_bits(plain.window(window, at), looking(asked, window, at, [](auto&&...) {})));
  }
}

TEST_CASE("gate preview: on real text most of the experts that come are named, and fewer the farther ahead") {
  engine e(shipped);
  e.model().preview(4);
  const auto ids = real_ids(400);
  preview_tally tally;
  for (std::uint32_t at = 0; at < ids.size(); ++at)
    (void)looking(e, std::span(ids).subspan(at, 1), at, [&](layer_index layer, const std::vector<expert_index>& routes, std::span<const hint> hints) {
      tally.came(layer, routes, 1);
      tally.told(layer, hints);
    });
  REQUIRE(tally.by_distance().size() == 4);
  double before = 1;
  for (const preview_tally::found& f : tally.by_distance()) {
    const double recall = static_cast<double>(f.named) / static_cast<double>(f.wanted);
    CAPTURE(recall);
    CHECK(recall > .5);  // at random: 6 of 64
    CHECK(recall < before);
    before = recall;
  }
  CHECK(static_cast<double>(tally.by_distance()[0].named) > .7 * static_cast<double>(tally.by_distance()[0].wanted));
}

TEST_CASE("gate preview: the tally counts, for each row, as many first names as experts came") {
  const std::vector<expert_index> named{expert_index{3}, expert_index{1}, expert_index{7}}, other{expert_index{5}, expert_index{4}};
  preview_tally tally;
  const std::vector<hint> hints{{provenance::target_gate_ahead, layer_index{1}, {0}, named, {}, {}},
                                {provenance::target_gate_ahead, layer_index{1}, {1}, other, {}, {}}};
  tally.came(layer_index{0}, named, 1);
  tally.told(layer_index{0}, hints);
  const std::vector<expert_index> routes{expert_index{7}, expert_index{3}, expert_index{4}, expert_index{6}};  // two rows of two
  tally.came(layer_index{1}, routes, 2);
  REQUIRE(tally.by_distance().size() == 1);
  CHECK(tally.by_distance()[0].wanted == 4);
  CHECK(tally.by_distance()[0].named == 2);  // 3 of row 0 (7 was its third name), 4 of row 1
  tally.came(layer_index{1}, routes, 2);     // used up
  CHECK(tally.by_distance()[0].wanted == 4);
}
