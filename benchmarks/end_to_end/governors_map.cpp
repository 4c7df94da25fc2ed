// SPDX-License-Identifier: MIT
// Where does speculation win, and what does each governor make of it? Every cell of a map (how often drafts are right, how much of the
// model fits, how long computing takes beside reading) is simulated without speculation, with fixed lengths, and with every governor:
//
//     governors_map [--tokens N] [--seed N] [--synthetic] [TRACE ...]
//
// Printed, for each cell: the time of plain decoding over that of the best fixed length (and which that is), then for each governor the
// time of the better of the two over its own (1: as good as the best, known beforehand). Drafters claim .8 whatever happens, so that no
// governor is told what it has to find out. A seed decides which drafts fail, and what is made up; one that nothing was tuned on
// says what a result is worth. Simulated time: every run of this program prints the same.
#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include <moesaic/sim/synthetic_routing.hpp>
#include <moesaic/speculation/catalogue.hpp>
#include <moesaic/trace/hub/open_trace.hpp>

#include "../../tests/support/speculation_cells.hpp"

using namespace moesaic;

namespace {

constexpr std::array<std::string_view, 5> governors{"amortization_roofline(8)", "test_and_set(8)", "goodput(8)", "verification_prefix(8)", "working_set(8)"};

struct summary {
  double worst = 10;
  double sum = 0;
  std::uint32_t cells = 0, below = 0;
};

void print_map(std::string_view name, const sim::routing_tape& tape, std::uint32_t tokens, std::uint64_t seed) {
  std::printf("\n%.*s: %u tokens, %u layers of %u experts, top %u\n\n", static_cast<int>(name.size()), name.data(), std::min(tokens, tape.tokens()),
              tape.shape().layers, tape.shape().experts, tape.shape().top_k);
  std::printf(
      "| compute : read | room | drafts | plain / best fixed | roofline | test_and_set | goodput | prefix | working_set "
      "|\n|---|---|---|---|---|---|---|---|---|\n");
  std::array<summary, governors.size()> all{};
  for (const double ratio : moesaic_test::compute_to_read)
    for (const double capacity : moesaic_test::capacities) {
      const moesaic_test::cell_machine cell(tape, capacity, ratio, tokens, 0.03, 0.2, seed + 10);
      for (const moesaic_test::drafter_kind& drafts : moesaic_test::drafter_kinds) {
        const auto fixed = cell.best_fixed(drafts);
        std::printf("| %.1f | %.1f %% | %.*s | %.2f (%u) |", ratio, capacity, static_cast<int>(drafts.name.size()), drafts.name.data(),
                    fixed.plain / fixed.best, fixed.length);
        for (std::size_t g = 0; g < governors.size(); ++g) {
          const double share = fixed.best / cell.pace(*speculation::make(governors[g]), drafts);
          all[g].worst = std::min(all[g].worst, share);
          all[g].sum += share;
          ++all[g].cells;
          all[g].below += share < 0.95;
          std::printf(" %.3f |", share);
        }
        std::printf("\n");
        std::fflush(stdout);
      }
    }
  std::printf("\n| governor | worst cell | mean | cells below .95 |\n|---|---|---|---|\n");
  for (std::size_t g = 0; g < governors.size(); ++g)
    std::printf("| `%.*s` | %.3f | %.3f | %u of %u |\n", static_cast<int>(governors[g].size()), governors[g].data(), all[g].worst, all[g].sum / all[g].cells,
                all[g].below, all[g].cells);
}

}  // namespace

int main(int count, char** words) {
  std::uint32_t tokens = 2'048;
  std::uint64_t seed = 1;
  bool synthetic = count == 1;
  std::vector<std::string> traces;
  for (int i = 1; i < count; ++i) {
    const std::string_view word = words[i];
    if (word == "--synthetic") {
      synthetic = true;
    } else if ((word == "--tokens" || word == "--seed") && i + 1 < count) {
      const std::string_view number = words[++i];
      std::uint32_t value = 0;
      const auto read = std::from_chars(number.data(), number.data() + number.size(), value);
      if (read.ec != std::errc() || read.ptr != number.data() + number.size() || value == 0) {
        std::fprintf(stderr, "governors_map: %s wants a whole number above 0, got '%s'\n", words[i - 1], words[i]);
        return 2;
      }
      if (word == "--tokens")
        tokens = value;
      else
        seed = value;
    } else if (word.starts_with("--")) {
      std::fprintf(stderr, "governors_map: '%s' is no option; known are --tokens N, --seed N and --synthetic\n", words[i]);
      return 2;
    } else {
      traces.emplace_back(word);
    }
  }
  if (synthetic || traces.empty()) print_map("made up", *sim::synthetic_routing({8, 32, 4}, tokens + 64, {.seed = seed}), tokens, seed);
  for (const std::string& path : traces) {
    auto reader = trace::open_trace(path, {.weights = false});
    if (!reader) {
      std::fprintf(stderr, "governors_map: %.*s\n", static_cast<int>(reader.error().sentence().size()), reader.error().sentence().data());
      return 1;
    }
    const auto tape = sim::routing_tape::read(*reader, [](std::uint32_t) {});
    if (!tape) {
      std::fprintf(stderr, "governors_map: %s: %.*s\n", path.c_str(), static_cast<int>(tape.error().sentence().size()), tape.error().sentence().data());
      return 1;
    }
    print_map(path.substr(path.find_last_of('/') + 1), *tape, tokens, seed);
  }
  return 0;
}
