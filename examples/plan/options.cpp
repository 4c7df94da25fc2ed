// SPDX-License-Identifier: MIT
#include "options.hpp"

#include <CLI/CLI.hpp>
#include <utility>

#include "command_line/amounts.hpp"
#include "command_line/arguments.hpp"
#include "command_line/policy_choice.hpp"
#include "simulate/hardware.hpp"

namespace moesaic::planning {
namespace {

constexpr const char* usage =
    R"(Says what a model needs and how fast it would be in a given memory, before anything of it is loaded.

usage: moesaic-plan --model FILE.gguf --memory 8GiB [options]

--model      a GGUF file with routed experts, of any architecture; only its header is read
--memory     what there is for weights: the dense part stays in it, experts share the rest
--hardware   a profile that came with the program, or a file; 'list' shows what there is
             (two_core_server); its times are those of the model it was measured with,
             experts scaled by their bytes
--system     'list' shows what there is (on_demand)
--trace      routing of this model, of any format the library reads; without one, routing
             is made up that is about as local as published traces
--tokens     how many tokens are run on paper for each budget (512)
--json       write the plan to a file, or to standard output with -
--quiet  --help  --version
)";

}  // namespace

result<std::variant<options, std::string>> read_options(int count, const char* const* words) {
  options o;
  std::string memory, hardware;
  CLI::App app;
  app.add_option("--model,-m", o.model);
  app.add_option("--memory", memory);
  app.add_option("--hardware", hardware);
  app.add_option("--system", o.system);
  app.add_option("--trace", o.trace);
  app.add_option("--tokens,-n", o.tokens);
  app.add_option("--json", o.json);
  app.add_flag("--quiet,-q", o.quiet);
  using answer = std::variant<options, std::string>;
  auto text = command_line::parse(app, "moesaic-plan", usage, count, words);
  if (!text) return text.error();
  if (*text) return answer(std::move(**text));
  if (hardware == "list") return answer(simulating::list_hardware());
  if (o.system == "list") return answer(command_line::list_systems());
  if (!hardware.empty()) o.hardware = hardware;
  o.hardware_given = !hardware.empty();
  if (o.model.empty()) return error(error_code::bad_argument, "no model given; name one with --model FILE.gguf");
  if (memory.empty()) return error(error_code::bad_argument, "no memory given; say how much there is for weights with --memory 8GiB");
  const auto amount = command_line::parse_bytes(memory, "--memory");
  if (!amount) return amount.error();
  if (amount->count == 0) return error(error_code::bad_argument, "--memory '", memory, "': holds nothing");
  o.memory = *amount;
  if (o.tokens == 0 || o.tokens > 1'000'000) return error(error_code::bad_argument, "--tokens has to be 1 to 1000000, got ", o.tokens);
  if (const auto known = command_line::choose_policies(o.system, {}); !known) return known.error();
  return answer(std::move(o));
}

}  // namespace moesaic::planning
