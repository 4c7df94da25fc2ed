// SPDX-License-Identifier: MIT
#include <cmath>

#include "engine_run.hpp"
#include "oracle_files.hpp"
#include "reference_arithmetic.hpp"

using namespace engine_test;

namespace {

const std::string moe = std::string(MOESAIC_MODELS) + "/moesaic-demo-moe-q8_0.gguf";
const std::string draft = std::string(MOESAIC_MODELS) + "/moesaic-demo-draft-q8_0.gguf";

model_options two_threads() {
  model_options options;
  options.threads = 2;
  return options;
}

struct agreement {
  std::size_t prompts = 0;
  std::size_t compared = 0;  // ids
  std::size_t parted = 0;    // prompts
  float widest_parting = 0;  // the reference's margin there
};

/// Ids have to be equal until the reference's two best logits came closer than 0.05.
agreement compare_answers(const std::string& json) {
  engine e(moe, two_threads());
  agreement out;
  for (std::size_t at = json.find("\"prompt_ids\""); at != std::string::npos; at = json.find("\"prompt_ids\"", at + 1), ++out.prompts) {
    const std::string_view rest = std::string_view(json).substr(at);
    const auto prompt = numbers_behind<token_id>(rest, "prompt_ids");
    const auto expected = numbers_behind<token_id>(rest, "greedy_ids");
    const auto margins = numbers_behind<float>(rest, "margins");
    REQUIRE(!prompt.empty());
    REQUIRE(expected.size() == margins.size());
    e.model().keep({0});
    std::vector<float> row;
    for (std::size_t p = 0; p < prompt.size(); p += 64)
      row = e.window(std::span(prompt).subspan(p, std::min<std::size_t>(64, prompt.size() - p)), static_cast<std::uint32_t>(p), rows_wanted::last);
    for (std::size_t i = 0; i < expected.size() && margins[i] >= 0.05F; ++i, ++out.compared) {
      if (best(row) != expected[i]) {
        ++out.parted;
        out.widest_parting = std::max(out.widest_parting, margins[i]);
        break;
      }
      row = e.window({&expected[i], 1}, static_cast<std::uint32_t>(prompt.size() + i));
    }
  }
  return out;
}

/// Mean of -log p over ids 1.. of a window, run in pieces of 64.
double nats(engine& e, std::span<const token_id> ids) {
  e.model().keep({0});
  double sum = 0;
  const std::size_t vocabulary = e.model().vocabulary();
  for (std::size_t p = 0; p + 1 < ids.size(); p += 64) {
    const auto rows = e.window(ids.subspan(p, std::min<std::size_t>(64, ids.size() - p)), static_cast<std::uint32_t>(p));
    for (std::size_t r = 0; r < rows.size() / vocabulary && p + r + 1 < ids.size(); ++r) {
      const auto row = std::span(rows).subspan(r * vocabulary, vocabulary);
      const double largest = static_cast<double>(*std::ranges::max_element(row));
      double all = 0;
      for (const float x : row) all += std::exp(static_cast<double>(x) - largest);
      sum -= static_cast<double>(row[static_cast<std::size_t>(ids[p + r + 1])]) - largest - std::log(all);
    }
  }
  return sum / static_cast<double>(ids.size() - 1);
}

}  // namespace

TEST_CASE("the shipped model gives the reference's greedy ids") {
  const agreement a = compare_answers(text_of(std::string(MOESAIC_TEST_DATA) + "/answers.json"));
  CHECK(a.prompts >= 4);
  CHECK(a.compared > 100);
  CHECK(a.parted <= (rounds_as_the_reference() ? 0U : 1U));
  CHECK(a.widest_parting < 0.15F);
}

TEST_CASE("all prompts that were ever asked, where they are at hand") {
  const std::string json = text_of(std::string(MOESAIC_SHARED) + "/models/answers.json");
  if (json.empty()) {
    MESSAGE("left out: no ../shared/models/answers.json here");
    return;
  }
  const agreement a = compare_answers(json);
  MESSAGE(a.compared, " ids equal in ", a.prompts, " prompts, ", a.parted, " parted, at a margin of ", a.widest_parting, " at most");
  CHECK(a.prompts == 28);
  CHECK(a.compared > 700);
  CHECK(a.parted <= (rounds_as_the_reference() ? 0U : 2U));
  CHECK(a.widest_parting < 0.15F);
}

TEST_CASE("nats per token on held-out text are the reference's") {
  const std::string raw = text_of(std::string(MOESAIC_TEST_DATA) + "/validation_24x512.u16");
  REQUIRE(raw.size() == std::size_t{24} * 512 * 2);
  std::vector<token_id> ids;
  for (std::size_t i = 0; i < raw.size(); i += 2) ids.push_back(static_cast<unsigned char>(raw[i]) | static_cast<unsigned char>(raw[i + 1]) << 8);
  for (const auto& [model, expected] : {std::pair{moe, 2.158756}, {draft, 2.582425}}) {
    const std::string path = model;  // doctest's messages cannot hold a structured binding with clang 14
    engine e(path, two_threads());
    double sum = 0;
    for (std::size_t w = 0; w < 24; ++w) sum += nats(e, std::span(ids).subspan(w * 512, 512));
    MESSAGE(path, ": ", sum / 24, " nats per token");
    CHECK(std::fabs(sum / 24 / expected - 1) < 0.005);
  }
}
