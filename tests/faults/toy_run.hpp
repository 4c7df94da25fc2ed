// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <moesaic/cache/memory_plan.hpp>
#include <moesaic/runtime/offload_runtime.hpp>
#include <moesaic/systems/prefetching.hpp>
#include <moesaic/transport/failing.hpp>
#include <moesaic/transport/file/file_transport.hpp>
#include <moesaic/transport/file/slab.hpp>

#include "runtime/toy_model.hpp"
#include "support/temporary_folder.hpp"

namespace faults {

using moesaic::error;
using moesaic::result;

/// A toy model's experts in a file: 64 bytes each, of which the first eight count.
struct toy_file {
  static constexpr std::uint32_t layers = 3, experts = 8;
  temporary_folder folder{};
  std::string path = folder / "experts.bin";
  std::vector<moesaic::file::part_in_file> parts{};

  toy_file() {
    std::ofstream file(path, std::ios::binary);
    for (std::uint32_t n = 0; n < layers * experts; ++n) {
      char room[64]{};
      const auto e = moesaic::make_expert(n / experts, n % experts);
      const std::uint64_t weights = toy::weights_of(e);
      std::memcpy(room, &weights, sizeof weights);
      file.write(room, sizeof room);
      parts.push_back({e, 0, 0, n * sizeof room, {sizeof room}});
    }
  }
};

using file_link = moesaic::file::file_transport<>;
using link = moesaic::transports::failing<file_link>;
using loop = moesaic::offload_runtime<toy::model, link, moesaic::systems::prefetching>;

/// A loop over the file, a quarter of its experts in memory. The slab stands before the loop, which reads into it.
struct toy_run {
  moesaic::file::slab memory;
  std::optional<loop> runtime;

  [[nodiscard]] static result<toy_run> make(const toy_file& from, const moesaic::transports::failing_options& wrong = {}) {
    auto shape = moesaic::model_shape::uniform(toy_file::layers, toy_file::experts, 2, {64});
    if (!shape) return shape.error();
    auto source = moesaic::file::expert_source::open(*shape, std::span(&from.path, 1), from.parts, moesaic::file::direct_reads::no);
    if (!source) return source.error();
    const auto footprint = source->layout().footprints();
    moesaic::runtime_options options;
    options.residency.footprint.assign(footprint.begin(), footprint.end());
    options.residency.budget = {{6 * 64}, 2};
    auto opened = file_link::open(std::move(*source), {.by = moesaic::file::backend::pread, .capacity = 4, .threads = 1});
    if (!opened) return opened.error();
    toy_run made;
    auto memory = moesaic::file::slab::create(options.residency.budget.total);
    if (!memory) return memory.error();
    made.memory = std::move(*memory);
    options.residency.memory = made.memory.memory();
    auto runtime = loop::create(toy::model(*shape), link(std::move(*opened), wrong), {}, std::move(options));
    if (!runtime) return runtime.error();
    made.runtime.emplace(std::move(*runtime));
    return made;
  }

  /// A prompt and 16 steps. Each call that fails is repeated, once the fault is gone; what failed is kept.
  template <class Mend>
  std::vector<moesaic::token_id> go(Mend mend, std::vector<error>& failures) {
    std::vector<moesaic::token_id> tokens;
    const std::array<moesaic::token_id, 5> prompt{3, 1, 4, 1, 5};
    for (std::size_t i = 0; i < prompt.size();) {  // one by one, or a fault that comes often would hit every attempt at the whole
      const auto next = runtime->prefill(std::span(prompt).subspan(i, 1));
      if (next) {
        if (++i == prompt.size()) tokens.push_back(*next);
        continue;
      }
      failures.push_back(next.error());
      if (failures.size() > most_failures) return tokens;
      mend();
    }
    while (tokens.size() < 17) {
      const auto step = runtime->step();
      if (step) {
        tokens.insert(tokens.end(), step->tokens.begin(), step->tokens.end());
        continue;
      }
      failures.push_back(step.error());
      if (failures.size() > most_failures) return tokens;
      mend();
    }
    return tokens;
  }
  static constexpr std::size_t most_failures = 200;
};

/// What the loop has to write, from a run in which nothing fails.
[[nodiscard]] inline std::vector<moesaic::token_id> right_tokens(const toy_file& file) {
  auto run = toy_run::make(file);
  std::vector<error> failures;
  return run ? run->go([] {}, failures) : std::vector<moesaic::token_id>{};
}

/// What must hold whenever no call is under way: nobody is leased (a new budget can be set), nothing is lost.
[[nodiscard]] inline bool is_whole(loop& runtime) {
  auto& cache = runtime.cache();
  const moesaic::counters& n = cache.count();
  return n.accesses == n.hits + n.prefetch_late + n.misses && cache.in_use() <= cache.budget() && cache.peak().total <= cache.budget() &&
         static_cast<bool>(cache.set_budget(cache.budget()));
}

}  // namespace faults
