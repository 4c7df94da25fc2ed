// SPDX-License-Identifier: MIT
// make_routing LAYERS EXPERTS TOP_K TOKENS SEED FILE [AGAIN TOPICAL TOPIC_SIZE]: made-up routing (sim/synthetic_routing.hpp) as a MOETRC1
// trace, for models whose routing nobody has published.
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include <moesaic/sim/synthetic_routing.hpp>
#include <moesaic/trace/moetrc1_writer.hpp>

namespace {

using namespace moesaic;

result<void> make(const trace::dimensions& shape, std::uint32_t tokens, const sim::locality& like, const std::string& path) {
  const result<sim::routing_tape> tape = sim::synthetic_routing(shape, tokens, like);
  if (!tape) return tape.error();
  auto file = trace::file_sink::open(path);
  if (!file) return file.error();
  const std::array<trace::moetrc1_sequence, 1> whole{{{0, tokens, 0, 0}}};
  auto writer = trace::moetrc1_writer<trace::file_sink>::begin(*std::move(file), shape, whole, trace::moetrc1_weights::none);
  if (!writer) return writer.error();
  std::vector<std::uint16_t> row;
  for (std::uint32_t t = 0; t < tokens; ++t) {
    row.clear();
    for (std::uint32_t l = 0; l < shape.layers; ++l)
      for (const expert_index e : tape->routes(t, static_cast<layer_index>(l))) row.push_back(static_cast<std::uint16_t>(number(e)));
    if (const result<void> added = writer->add_ids({.first_token = t, .tokens = 1, .experts = row, .weights = {}, .recorded = {}}); !added)
      return added.error();
  }
  return writer->finish();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 7 && argc != 10) {
    std::fprintf(stderr, "make_routing: name LAYERS EXPERTS TOP_K TOKENS SEED and a FILE, and behind them AGAIN TOPICAL TOPIC_SIZE or nothing\n");
    return 2;
  }
  std::array<std::uint32_t, 5> given{};
  for (std::size_t i = 0; i < given.size(); ++i) {
    char* end = nullptr;
    const unsigned long value = std::strtoul(argv[i + 1], &end, 10);
    if (end == argv[i + 1] || *end != '\0' || value == 0 || value > 10'000'000) {
      std::fprintf(stderr, "make_routing: '%s' is no number from 1 to 10000000\n", argv[i + 1]);
      return 2;
    }
    given[i] = static_cast<std::uint32_t>(value);
  }
  sim::locality like{.seed = given[4]};
  double* const shares[] = {&like.again, &like.topical, &like.topic_size};
  for (int i = 7; i < argc; ++i) {
    char* end = nullptr;
    *shares[i - 7] = std::strtod(argv[i], &end);
    if (end == argv[i] || *end != '\0' || !(*shares[i - 7] >= 0 && *shares[i - 7] <= 1)) {
      std::fprintf(stderr, "make_routing: '%s' is no share from 0 to 1\n", argv[i]);
      return 2;
    }
  }
  const result<void> made = make({given[0], given[1], given[2]}, given[3], like, argv[6]);
  if (made) return 0;
  std::fprintf(stderr, "make_routing: %s\n", std::string(made.error().sentence()).c_str());
  return 2;
}
