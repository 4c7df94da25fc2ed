// SPDX-License-Identifier: MIT
// moesaic-plan: what a model needs and how fast it would be in a given memory, before anything is loaded. See --help.
#include <fmt/format.h>

#include <string>

#include <moesaic/cache/memory_plan.hpp>

#include "command_line/json_text.hpp"
#include "command_line/output_file.hpp"
#include "command_line/program.hpp"
#include "command_line/progress.hpp"
#include "model_facts.hpp"
#include "options.hpp"
#include "prediction.hpp"

namespace {

using namespace moesaic::planning;
using moesaic::bytes;
using moesaic::memory_plan;
namespace command_line = moesaic::command_line;
using command_line::failed_half_way, command_line::wrong_request;

constexpr command_line::program self("moesaic-plan");

bytes left_of(const options& asked, const model_facts& model) { return asked.memory < model.dense ? bytes{} : asked.memory - model.dense; }

std::string as_json(const options& asked, const model_facts& model, const memory_plan& all, const prediction& future) {
  using json = nlohmann::ordered_json;
  const bytes left = left_of(asked, model);
  json j;
  j["schema"] = "moesaic.plan/1";
  j["version"] = command_line::version_text();
  j["model"] = {{"path", asked.model},
                {"architecture", model.architecture},
                {"layers", model.blocks},
                {"moe_layers", model.shape.layers()},
                {"experts", model.shape.widest_layer()},
                {"top_k", model.shape.top_k({})},
                {"expert_bytes_max", model.shape.largest().count},
                {"dense_bytes", model.dense.count},
                {"head_bytes", model.head.count}};
  j["memory"] = asked.memory.count;
  j["budget"] = left.count;
  j["expert_bytes_total"] = model.shape.total().count;
  j["floor"] = all.floor.count;
  j["recommended"] = all.recommended.count;
  j["everything"] = all.everything.count;
  j["fits"] = left >= all.floor;
  j["hardware"] = future.hardware;
  j["hardware_assumed"] = !asked.hardware_given;
  j["system"] = asked.system;
  j["routing"] = future.routing;
  json budgets = json::array();
  for (const predicted& p : future.budgets)
    budgets.push_back({{"budget", p.budget.count}, {"tokens_per_s", p.tokens_per_s}, {"fits", p.fits}, {"hit_ratio", p.hit_ratio}, {"stalled", p.stalled}});
  j["predicted"] = std::move(budgets);
  return command_line::as_text(j);
}

std::string human(bytes amount) {
  const double mib = static_cast<double>(amount.count) / (1 << 20);
  return mib >= 1024 ? fmt::format("{:.2f} GiB", mib / 1024) : fmt::format("{:.1f} MiB", mib);
}

std::string as_text(const options& asked, const model_facts& model, const memory_plan& all, const prediction& future) {
  const bytes left = left_of(asked, model);
  std::string text = fmt::format("{}: {}, {} experts in each of {} layers, {} a token; experts {}, everything else {}\n", asked.model, model.architecture,
                                 model.shape.widest_layer(), model.shape.layers(), model.shape.top_k({}), human(model.shape.total()), human(model.dense));
  if (asked.memory < model.dense)
    text += fmt::format("  does not fit: everything else alone needs {} of {}\n", human(model.dense), human(asked.memory));
  else if (left < all.floor)
    text += fmt::format("  does not fit: {} are left for experts, and the floor is {}\n", human(left), human(all.floor));
  else
    text += fmt::format("  fits: {} are left for experts (floor {}, recommended {}): --budget {}\n", human(left), human(all.floor), human(all.recommended),
                        left < all.everything ? left.count : all.everything.count);
  text += fmt::format("  predicted on {}{} with {}, routing {}:\n", future.hardware, asked.hardware_given ? "" : " (assumed)", asked.system, future.routing);
  for (const predicted& p : future.budgets)
    text += fmt::format("  {:>12}  {:>8.2f} tokens/s  {:>5.1f} % hits  {:>5.1f} % stalled{}\n", human(p.budget), p.tokens_per_s, 100 * p.hit_ratio,
                        100 * p.stalled, p.fits ? "" : "  (more than there is)");
  return text;
}

int run(const options& asked) {
  const bool to_stdout = asked.json == "-";
  if (const auto fine = command_line::can_be_written(asked.json); !fine) return self.complain(fine.error(), wrong_request);
  const auto model = read_model(asked.model);
  if (!model) return self.complain(model.error(), wrong_request);
  const auto all = plan(model->shape, model->footprints, {bytes::highest(), 2});
  if (!all) return self.complain(all.error(), wrong_request);
  command_line::progress shown(self.name(), !asked.quiet);
  const auto future = predict(*model, asked, shown);
  shown.done();
  if (!future) return self.complain(future.error(), wrong_request);
  const std::string json = asked.json.empty() ? std::string() : as_json(asked, *model, *all, *future);
  if (const auto out = command_line::print(to_stdout ? json : as_text(asked, *model, *all, *future)); !out) return self.complain(out.error(), failed_half_way);
  if (!to_stdout && !asked.json.empty())
    if (const auto saved = command_line::save(asked.json, json); !saved) return self.complain(saved.error(), failed_half_way);
  return command_line::done;
}

}  // namespace

int main(int count, char** words) { return self.start(count, words, read_options, run, "no memory left for this"); }
