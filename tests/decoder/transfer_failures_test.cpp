// SPDX-License-Identifier: MIT
// A read error in the middle of a layer: an error value, nothing lost, and the same text when the call is repeated.
#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include <moesaic/runtime/offload_runtime.hpp>
#include <moesaic/transport/failing.hpp>
#include <moesaic/transport/file/slab.hpp>

#include "command_line/policy_choice.hpp"
#include "program/evidence.hpp"
#include "program/expert_link.hpp"
#include "program/tapped_model.hpp"
#include "program/token_choice.hpp"

namespace {

using namespace moesaic;
using namespace moesaic::decoder;
using namespace moesaic::command_line;

const std::string model_path = MOESAIC_MODELS "/moesaic-demo-moe-q8_0.gguf";
using shaky_runtime = offload_runtime<tapped_model<ggml_model>, transports::failing<expert_link>, chosen_policies, speculation::no_draft, token_choice>;

struct outcome {
  std::vector<token_id> ids;
  std::uint32_t failures = 0;
};

/// 40 tokens at an eighth of the experts; a call that fails is repeated.
outcome decode_through(transports::failing_options how, const std::string& system) {
  auto file = gguf_file::open(model_path);
  REQUIRE(file);
  auto model = ggml_model::load(*file, {});
  REQUIRE(model);
  options o;
  o.system = system;
  auto link = expert_link::open(*model, o);
  REQUIRE(link);
  const file::expert_layout& layout = link->layout();
  const model_shape& shape = model->shape();
  std::vector<ggml_model::part_offsets> offsets(shape.space().size());
  for (std::uint32_t flat = 0; flat < offsets.size(); ++flat)
    for (std::size_t i = 0; shape.contains(shape.space().id(flat)) && i < 3; ++i) offsets[flat][i] = layout.parts(shape.space().id(flat))[i].offset_in_slot;
  model->place_parts(std::move(offsets));
  const bytes budget{shape.total().count / 8};
  const auto memory = file::slab::create(budget);
  REQUIRE(memory);
  auto policies = make_policies(*choose_policies(o.system, o.parts));
  REQUIRE(policies);
  runtime_options settings;
  settings.residency.budget.total = budget;
  settings.residency.footprint.assign(layout.footprints().begin(), layout.footprints().end());
  settings.residency.memory = memory->memory();
  auto nothing = evidence::open("", "");
  REQUIRE(nothing);
  auto run = shaky_runtime::create(tapped_model<ggml_model>(std::move(*model), {0, 1, 2, 3, 4, 5, 6, 7}, *nothing),
                                   transports::failing<expert_link>(std::move(*link), how), std::move(*policies), std::move(settings), {},
                                   token_choice(speculation::greedy{}));
  REQUIRE(run);

  outcome got;
  const auto judge = [&](const error& why) {
    CHECK(why.code() == error_code::transfer_failed);
    CHECK(why.sentence().find("expert") != std::string_view::npos);
    CHECK(run->cache().in_use() <= budget);
    REQUIRE(++got.failures < 10'000);
  };
  const std::vector<token_id> prompt{908, 2309, 276, 266, 871, 799};
  for (;;) {
    const auto first = run->prefill(prompt);
    if (first) {
      got.ids.push_back(*first);
      break;
    }
    judge(first.error());
  }
  while (got.ids.size() < 40) {
    const auto step = run->step();
    if (step)
      got.ids.insert(got.ids.end(), step->tokens.begin(), step->tokens.end());
    else
      judge(step.error());
  }
  CHECK(run->cache().peak().total <= budget);
  return got;
}

}  // namespace

TEST_CASE("transfers that fail in the middle of a layer cost a call, not the text") {
  for (const char* system : {"on_demand", "prefetching"}) {
    const outcome whole = decode_through({}, system);
    CHECK(whole.failures == 0);
    CHECK(whole.ids.size() == 40);
    for (const auto how : {transports::failure::read_error, transports::failure::short_read, transports::failure::refused, transports::failure::any}) {
      CAPTURE(static_cast<int>(how));
      const outcome shaky = decode_through({.how = how, .per_million = 30'000, .seed = 5}, system);
      CHECK(shaky.failures > 5);
      CHECK(shaky.ids == whole.ids);
    }
    const outcome late = decode_through({.how = transports::failure::late, .per_million = 300'000, .seed = 6}, system);
    CHECK(late.failures == 0);
    CHECK(late.ids == whole.ids);
  }
}

TEST_CASE("an expert that never comes ends every try, with its name") {
  auto file = gguf_file::open(model_path);
  REQUIRE(file);
  auto model = ggml_model::load(*file, {});
  REQUIRE(model);
  auto link = expert_link::open(*model, {});
  REQUIRE(link);
  std::vector<expert_id> all;
  for (std::uint32_t e = 0; e < 64; ++e) all.push_back(make_expert(3, e));
  transports::failing<expert_link> broken(std::move(*link), {.how = transports::failure::read_error, .experts = all});
  const auto footprints = broken.inner().layout().footprints();
  runtime_options settings;
  settings.residency.budget.total = mebibytes(4);
  settings.residency.footprint.assign(footprints.begin(), footprints.end());
  const auto memory = file::slab::create(mebibytes(4));
  REQUIRE(memory);
  settings.residency.memory = memory->memory();
  auto nothing = evidence::open("", "");
  REQUIRE(nothing);
  options o;
  auto run = shaky_runtime::create(tapped_model<ggml_model>(std::move(*model), {0, 1, 2, 3, 4, 5, 6, 7}, *nothing), std::move(broken),
                                   *make_policies(*choose_policies(o.system, o.parts)), std::move(settings), {}, token_choice(speculation::greedy{}));
  REQUIRE(run);
  const std::vector<token_id> prompt{908, 2309};
  for (int again = 0; again < 3; ++again) {
    const auto first = run->prefill(prompt);
    REQUIRE_FALSE(first);
    CHECK(first.error().code() == error_code::transfer_failed);
    CHECK(first.error().sentence().find("layer 3") != std::string_view::npos);
    CHECK(run->length() == position{});
  }
}
