// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "program/evidence.hpp"
#include "program/tapped_model.hpp"
#include "support/temporary_folder.hpp"

namespace {

using namespace moesaic;
using namespace moesaic::decoder;

std::string content(const std::string& path) {
  std::stringstream all;
  all << std::ifstream(path, std::ios::binary).rdbuf();
  return all.str();
}

/// Two layers of three experts; row r of a window has the logits {position, position + 0.5}; routes expert (position + layer) % 3.
struct counting_model {
  model_shape described = *model_shape::uniform(2, 3, 1, {10});
  token_window now{};
  std::vector<expert_index> routes;
  std::vector<float> weights, logits;
  rows_wanted asked = rows_wanted::none;

  const model_shape& shape() const noexcept { return described; }
  result<void> begin(const token_window& w) {
    now = w;
    asked = w.rows;
    return {};
  }
  result<routed_layer> route(layer_index layer) {
    routes.clear();
    for (std::uint32_t i = 0; i < now.tokens.size(); ++i) routes.push_back(static_cast<expert_index>((now.first.count + i + number(layer)) % 3));
    weights.assign(now.tokens.size(), 0.1F);
    return routed_layer{routes, weights};
  }
  result<void> run(const seat&) { return {}; }
  result<void> combine(layer_index) { return {}; }
  result<logits_view> finish() {
    logits.clear();
    const std::uint32_t rows = asked == rows_wanted::none ? 0 : static_cast<std::uint32_t>(now.tokens.size());
    for (std::uint32_t i = asked == rows_wanted::last ? rows - 1 : 0; i < rows; ++i) {
      logits.push_back(static_cast<float>(now.first.count + i));
      logits.push_back(static_cast<float>(now.first.count + i) + 0.5F);
    }
    return logits_view{logits, 2};
  }
  void keep(position) noexcept {}
};
static_assert(moe_model<counting_model>);

result<logits_view> pass(tapped_model<counting_model>& m, std::uint32_t first, std::uint32_t tokens, rows_wanted rows) {
  const std::vector<token_id> ids(tokens, 1);
  REQUIRE(m.begin({ids, {first}, phase::decode, rows}));
  for (std::uint16_t l = 0; l < 2; ++l) {
    REQUIRE(m.route(static_cast<layer_index>(l)));
    REQUIRE(m.combine(static_cast<layer_index>(l)));
  }
  return m.finish();
}

}  // namespace

TEST_CASE("every committed position is written once, in order, whatever the caller asked for") {
  const temporary_folder folder;
  auto notes = evidence::open(folder / "l", folder / "r");
  REQUIRE(notes);
  tapped_model<counting_model> m(counting_model{}, {4, 7}, *notes);
  CHECK(pass(m, 0, 3, rows_wanted::none)->rows() == 0);
  const auto last = pass(m, 3, 2, rows_wanted::last);
  CHECK(last->rows() == 1);
  CHECK(last->row(0)[0] == 4.0F);
  CHECK(pass(m, 5, 3, rows_wanted::all)->rows() == 3);
  m.keep({6});  // positions 6 and 7 were drafted in vain
  CHECK(pass(m, 6, 1, rows_wanted::last)->row(0)[1] == 6.5F);
  REQUIRE(notes->finish());

  const std::string logits = content(folder / "l");
  REQUIRE(logits.size() == 7 * 2 * sizeof(float));
  for (std::size_t p = 0; p < 7; ++p) {
    float row[2];
    std::memcpy(row, logits.data() + p * sizeof row, sizeof row);
    CHECK(row[0] == static_cast<float>(p));
    CHECK(row[1] == static_cast<float>(p) + 0.5F);
  }
  std::string lines;
  for (std::size_t p = 0; p < 7; ++p)
    for (std::size_t l = 0; l < 2; ++l)
      lines += std::to_string(p) + ' ' + std::to_string(l == 0 ? 4 : 7) + ' ' + std::to_string((p + l) % 3) + " 0.100000001\n";
  CHECK(content(folder / "r") == lines);
}

TEST_CASE("a window that broke off leaves what came before it") {
  const temporary_folder folder;
  auto notes = evidence::open(folder / "l", folder / "r");
  REQUIRE(notes);
  tapped_model<counting_model> m(counting_model{}, {0, 1}, *notes);
  REQUIRE(pass(m, 0, 2, rows_wanted::last));
  const std::vector<token_id> one{1};
  REQUIRE(m.begin({one, {2}, phase::decode, rows_wanted::last}));
  REQUIRE(m.route(layer_index{}));  // and here the disk failed
  REQUIRE(notes->finish());
  CHECK(content(folder / "l").size() == 2 * 2 * sizeof(float));
  CHECK(content(folder / "r") == "0 0 0 0.100000001\n0 1 1 0.100000001\n1 0 1 0.100000001\n1 1 2 0.100000001\n");
}

TEST_CASE("without logits the model is asked for no more than the caller wants") {
  const temporary_folder folder;
  auto notes = evidence::open("", folder / "r");
  REQUIRE(notes);
  tapped_model<counting_model> m(counting_model{}, {0, 1}, *notes);
  REQUIRE(pass(m, 0, 4, rows_wanted::none));
  CHECK(m.inner().asked == rows_wanted::none);
  auto nowhere = evidence::open(folder / "missing/l", "");
  REQUIRE_FALSE(nowhere);
  CHECK(nowhere.error().sentence().find("missing/l") != std::string_view::npos);
}
