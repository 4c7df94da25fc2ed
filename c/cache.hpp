// SPDX-License-Identifier: MIT
#pragma once

#include <moesaic_c.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include <moesaic/cache/residency.hpp>
#include <moesaic/core/routing.hpp>
#include <moesaic/transport/file/slab.hpp>

#include "blueprint.hpp"

namespace moesaic::c {

using core = residency<link, bundle>;

/// A lease as the caller knows it: a number, and which of its entries have been handed out and released.
struct numbered_lease {
  enum class entry : std::uint8_t { inside, handed_out, released };
  moesaic_lease number = 0;
  std::optional<core::lease_type> lease{};
  std::vector<entry> entries{};  ///< one for each expert of the widest layer
};

}  // namespace moesaic::c

/// What is behind the caller's pointer. Members end in reverse order: leases, core, memory.
struct moesaic_cache {
  static constexpr std::uint64_t living = 0x6369'6173'656F'6D01;

  moesaic_cache(moesaic::file::slab own, moesaic::c::core made, std::vector<moesaic::bytes> charges, const std::byte* memory)
      : memory_taken(std::move(own)),
        core(std::move(made)),
        demands(core.shape().widest_layer()),
        footprint(std::move(charges)),
        begin(memory),
        routes(core.shape().widest_layer()) {  // a hint names no more, so it never allocates
    for (moesaic::c::numbered_lease& l : leases) l.entries.resize(core.shape().widest_layer());
  }

  [[nodiscard]] moesaic::c::numbered_lease* find(moesaic_lease number) noexcept {
    for (moesaic::c::numbered_lease& l : leases)
      if (number != 0 && l.number == number) return &l;
    return nullptr;
  }

  std::uint64_t alive = living;
  std::atomic_flag inside{};  ///< somebody is in a call
  moesaic_error last{sizeof(moesaic_error), MOESAIC_OK, {}};
  moesaic::file::slab memory_taken;
  moesaic::c::core core;
  moesaic::demand_collector demands;
  std::vector<moesaic::bytes> footprint;  ///< by flat index
  const std::byte* begin;                 ///< of the memory
  std::vector<moesaic::expert_index> routes;
  std::uint64_t step = 0;
  std::uint64_t token = 0;
  moesaic_lease leases_given = 0;
  std::array<moesaic::c::numbered_lease, 2> leases{};
};
