// SPDX-License-Identifier: MIT
#include "architectures.hpp"

#include <array>

namespace moesaic::decoder {

namespace {

constexpr std::array known{&llama_architecture, &qwen3_architecture, &qwen3moe_architecture};

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
