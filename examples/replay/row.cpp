// SPDX-License-Identifier: MIT
#include "row.hpp"

#include <time.h>

#include <span>
#include <utility>

#include <moesaic/sim/replay.hpp>
#include <moesaic/trace/next_use.hpp>

namespace moesaic::replaying {
namespace {

/// What this thread has computed for, in seconds: on a busy machine the wall clock measures the others.
double own_seconds() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

struct outcome {
  counters count;
  double seconds = 0;
};

/// The future of one table, made when somebody first asks for it.
class foresight {
 public:
  foresight(const trace::event_table& table, bool within_sequence) : table_(&table), within_sequence_(within_sequence) {}
  [[nodiscard]] std::span<const std::uint32_t> uses() {
    if (uses_.empty()) {
      const double start = own_seconds();
      uses_ = trace::next_uses(*table_, within_sequence_);
      seconds_ = own_seconds() - start;
    }
    return uses_;
  }
  [[nodiscard]] double seconds() const noexcept { return seconds_; }

 private:
  const trace::event_table* table_;
  bool within_sequence_;
  std::vector<std::uint32_t> uses_;
  double seconds_ = 0;
};

struct setting {
  const trace::event_table& table;
  const sim::resident_set& empty;
  const admission::any& admission;
  bool reset;
};

template <eviction_policy Eviction>
outcome play(const setting& in, const Eviction& policy, foresight& future, progress& shown) {
  constexpr bool clairvoyant = Eviction::hears::template include<eviction::foretold>;
  std::span<const std::uint32_t> uses;
  if constexpr (clairvoyant) uses = future.uses();
  const double start = own_seconds();
  sim::replay<Eviction, admission::any> player(in.empty, policy, in.admission);
  sim::play(player, in.table, uses, in.reset, [&](std::size_t step) {
    if ((step & 0x3FFU) == 0) shown.update(step, in.table.steps.size());
    return true;
  });
  return {player.count(), own_seconds() - start + (clairvoyant ? future.seconds() : 0)};
}

template <eviction_groups Groups>
result<std::vector<row>> rows_in(const Groups& groups, const std::string& path, const trace::event_table& table, const options& asked,
                                 progress& shown) {
  const auto& [layers, experts, top_k] = table.shape;
  const result<model_shape> shape = model_shape::uniform(layers, experts, top_k, asked.expert_bytes.value_or(bytes{1}));
  if (!shape) return error(error_code::bad_file, path, ": ", shape.error().sentence());
  std::vector<row> rows;
  foresight future(table, asked.reset_each_sequence);
  for (const capacity_choice& capacity : asked.capacities) {
    const result<std::vector<std::uint64_t>> room = capacity.amount.pools(*shape, groups, capacity.unit);
    if (!room) return room.error();
    const sim::resident_set empty(*shape, groups, capacity.unit, *room);
    for (const admission_choice& admission : asked.admissions) {
      const setting in{table, empty, admission.policy, asked.reset_each_sequence};
      const auto played = [&](const std::string& name, const evictor& policy) {
        shown.begin(path + ", window " + std::to_string(table.window) + ", " + capacity.text + ", " + admission.text + ", " + name);
        return std::visit([&](const auto& p) { return play(in, p, future, shown); }, policy);
      };
      const outcome bound = played("belady", eviction::belady{});
      for (const eviction_choice& eviction : asked.evictions) {
        const outcome got = std::holds_alternative<eviction::belady>(eviction.policy) ? bound : played(eviction.text, eviction.policy);
        const std::uint64_t each = capacity.unit == sim::unit::bytes ? asked.expert_bytes.value_or(bytes{1}).count : 1;
        row r;
        r.trace = path;
        r.shape = table.shape;
        r.eviction = eviction.text;
        r.admission = admission.text;
        r.capacity = capacity.text;
        r.unit = capacity.unit;
        r.pool = room->front();
        r.pool_experts = r.pool / each;
        r.window = table.window;
        r.compulsory = table.compulsory;
        r.count = got.count;
        r.union_over_capacity = r.mean_union() * static_cast<double>(each) / static_cast<double>(r.pool);
        if (asked.expert_bytes) r.bytes_missed = got.count.bytes_demanded;
        r.bound_misses = bound.count.misses;
        r.seconds = got.seconds;
        rows.push_back(std::move(r));
      }
    }
  }
  return rows;
}

}  // namespace

result<std::vector<row>> run_rows(const std::string& path, const trace::event_table& table, const options& asked, progress& shown) {
  return asked.one_pool ? rows_in(one_group{}, path, table, asked, shown) : rows_in(group_per_layer{}, path, table, asked, shown);
}

}  // namespace moesaic::replaying
