// SPDX-License-Identifier: MIT
#include "architectures.hpp"

namespace moesaic::decoder {

namespace {

#define MOESAIC_ARCHITECTURE(name) &name##_architecture,
constexpr const architecture* known[] = {
#include "list.inc"
};
#undef MOESAIC_ARCHITECTURE

}  // namespace

const architecture* find_architecture(std::string_view name) noexcept {
  for (const architecture* a : known)
    if (a->name == name) return a;
  return nullptr;
}

std::string known_architectures() {
  std::string out;
  for (const architecture* a : known) out.append(out.empty() ? "" : ", ").append(a->name);
  return out;
}

}  // namespace moesaic::decoder
