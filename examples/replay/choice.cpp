// SPDX-License-Identifier: MIT
#include "choice.hpp"

#include <concepts>
#include <utility>

#include "command_line/policy_choice.hpp"

namespace moesaic::replaying {

bool eviction_choice::keyed() const noexcept {
  return std::visit(
      []<class P>(const P& chosen) {
        if constexpr (requires {
                        { chosen.keyed() } -> std::same_as<bool>;
                      })
          return chosen.keyed();
        else
          return keyed_eviction_policy<P>;
      },
      policy);
}

result<eviction_choice> choose_eviction(std::string_view text, recency order, const command_line::policy_libraries& more) {
  const result<spec> parsed = spec::parse(text);
  if (!parsed) return parsed.error();
  if (parsed->name() == "belady" || parsed->name() == "belady_by_bytes") {
    if (const result<void> fine = parsed->only({}, false); !fine) return fine.error();
    if (parsed->name() == "belady") return eviction_choice{std::string(text), eviction::belady{}};
    return eviction_choice{std::string(text), eviction::belady_by_bytes{}};
  }
  const result<eviction::any> made = command_line::make_eviction(text, more);
  if (made) {
    if (eviction::reads_scores(parsed->name()))
      return error(error_code::bad_argument, "--eviction ", text, ": ", parsed->name(),
                   " decides by another policy's scores, which a replay of eviction alone has not");
    if (order == recency::by_rank && std::holds_alternative<eviction::lru>(made->chosen())) return eviction_choice{std::string(text), eviction::lru_by_rank{}};
    return eviction_choice{std::string(text), std::visit([](const auto& policy) { return evictor(policy); }, made->chosen())};
  }
  if (made.error().code() != error_code::unknown_name) return made.error();
  error unknown(error_code::unknown_name, "--eviction: '", parsed->name(), "' is no eviction policy; known are");
  for (const eviction::entry& e : eviction::entries())
    if (!eviction::reads_scores(e.name)) unknown.append(" ").append(e.name);
  unknown.append(" belady belady_by_bytes");
  for (const eviction::exported& e : more.offered()) unknown.append(" ").append(e.entry.name);
  return unknown;
}

result<admission_choice> choose_admission(std::string_view text) {
  const result<admission::any> made = admission::make(text);
  if (!made) return error(made.error().code(), "--admission: ", made.error().sentence());
  if (const auto parsed = spec::parse(text); parsed && admission::reads_scores(parsed->name()))
    return error(error_code::bad_argument, "--admission ", text, ": ", parsed->name(),
                 " decides by another policy's scores, which a replay of eviction alone has not");
  return admission_choice{std::string(text), *made};
}

}  // namespace moesaic::replaying
