// SPDX-License-Identifier: MIT
#include "policy_options.hpp"

#include <CLI/CLI.hpp>
#include <string_view>
#include <utility>

namespace moesaic::command_line {

void add_policies_option(CLI::App& app, std::vector<std::string>& files) { app.add_option("--policies", files)->allow_extra_args(false); }

void policy_options::add_to(CLI::App& app) {
  app.add_option("--system", system);
  for (const auto& [name, part] : {std::pair{"--eviction", &parts.eviction},
                                   {"--admission", &parts.admission},
                                   {"--scope", &parts.scope},
                                   {"--scoring", &parts.scoring},
                                   {"--prediction", &parts.prediction},
                                   {"--prefetch", &parts.prefetch},
                                   {"--placement", &parts.placement}})
    app.add_option(name, *part);
  add_policies_option(app, files_);
}

result<policy_libraries> policy_options::load() const {
  if (parts.scope && *parts.scope != "layer" && *parts.scope != "global")
    return error(error_code::bad_argument, "--scope '", std::string_view(*parts.scope).substr(0, 80), "': expected layer or global");
  return policy_libraries::open(files_);
}

std::optional<std::string> policy_options::list_asked_for(const policy_libraries& more) const {
  if (system == "list") return list_systems();
  for (const auto& [slot, part] : {std::pair{"eviction", &parts.eviction},
                                   {"admission", &parts.admission},
                                   {"scoring", &parts.scoring},
                                   {"prediction", &parts.prediction},
                                   {"prefetch", &parts.prefetch},
                                   {"placement", &parts.placement}})
    if (*part && **part == "list") return list_policies(slot, more);
  return std::nullopt;
}

}  // namespace moesaic::command_line
