// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <span>
#include <string_view>

#include <moesaic/core/result.hpp>
#include <moesaic/systems/adapmoe.hpp>
#include <moesaic/systems/description.hpp>
#include <moesaic/systems/host_assisted.hpp>
#include <moesaic/systems/hybrimoe.hpp>
#include <moesaic/systems/llama_cpp_like.hpp>
#include <moesaic/systems/mixtral_offloading.hpp>
#include <moesaic/systems/moe_infinity.hpp>
#include <moesaic/systems/moe_spac.hpp>
#include <moesaic/systems/moe_speq.hpp>
#include <moesaic/systems/on_demand.hpp>
#include <moesaic/systems/prefetching.hpp>
#include <moesaic/systems/sp_moe.hpp>

namespace moesaic::systems {

/// Every named bundle, for programs whose user names one. A further one is one line here.
inline constexpr std::array known{on_demand::described,    prefetching::described, host_assisted::described,      moe_speq::described,
                                  sp_moe::described,       moe_spac::described,    mixtral_offloading::described, hybrimoe::described,
                                  moe_infinity::described, adapmoe::described,     llama_cpp_like::described};
[[nodiscard]] constexpr std::span<const description> entries() noexcept { return known; }

/// The system of that name. What is not known is an error that lists what is.
[[nodiscard]] inline result<description> find(std::string_view name) {
  for (const description& d : entries())
    if (d.name == name) return d;
  error unknown(error_code::unknown_name, "'", name.substr(0, 80), "' is no system; known are");
  for (const description& d : entries()) unknown.append(" ").append(d.name);
  return unknown;
}

}  // namespace moesaic::systems
