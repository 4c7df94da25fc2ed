// SPDX-License-Identifier: MIT
#include "choice.hpp"

#include <concepts>
#include <type_traits>
#include <utility>

namespace moesaic::replaying {

result<eviction_choice> choose_eviction(std::string_view text, recency order) {
  const result<spec> parsed = spec::parse(text);
  if (!parsed) return parsed.error();
  if (parsed->name() == "belady") {
    if (const result<void> fine = parsed->only({}, false); !fine) return fine.error();
    return eviction_choice{std::string(text), eviction::belady{}};
  }
  const result<eviction::any> made = eviction::make(text);
  if (!made && made.error().code() != error_code::unknown_name) return made.error();
  if (made) {
    const auto here = std::visit(
        [&]<class P>(const P& policy) -> std::optional<eviction_choice> {
          if constexpr (std::same_as<P, eviction::lru>) {
            if (order == recency::by_rank) return eviction_choice{std::string(text), eviction::lru_by_rank{}};
          }
          if constexpr (std::is_constructible_v<evictor, P>) return eviction_choice{std::string(text), policy};
          return std::nullopt;
        },
        made->chosen());
    if (here) return *here;
    return error(error_code::bad_argument, "--eviction ", text, ": ", parsed->name(),
                 " decides by another policy's scores, which a replay of eviction alone has not");
  }
  error unknown(error_code::unknown_name, "--eviction: '", parsed->name(), "' is no eviction policy; known are");
  for (const eviction::entry& e : eviction::entries())
    if (e.name != "least_useful") unknown.append(" ").append(e.name);
  return unknown.append(" belady");
}

result<admission_choice> choose_admission(std::string_view text) {
  const result<admission::any> made = admission::make(text);
  if (!made) return error(made.error().code(), "--admission: ", made.error().sentence());
  return admission_choice{std::string(text), *made};
}

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> parts(1);
  int depth = 0;
  for (const char c : text) {
    depth += c == '(' ? 1 : c == ')' ? -1 : 0;
    if (c == ',' && depth <= 0)
      parts.emplace_back();
    else
      parts.back() += c;
  }
  for (std::string& part : parts) {
    while (!part.empty() && part.front() == ' ') part.erase(part.begin());
    while (!part.empty() && part.back() == ' ') part.pop_back();
  }
  return parts;
}

}  // namespace moesaic::replaying
