// SPDX-License-Identifier: MIT
#include "run_rows.hpp"

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "command_line/policy_choice.hpp"
#include "command_line/program.hpp"
#include "play_row.hpp"

namespace moesaic::replaying {
namespace {

/// One table in one room: what every row of a capacity shares.
struct stage {
  const trace::event_table* table;
  const trace::future* next_uses;
  double foresight_seconds;
  const capacity_choice* capacity;
  std::uint64_t capacity_experts;
  double union_over_capacity;
  sim::resident_set empty;
};

/// Rows that share everything but their eviction policy, and so their bound.
struct rivals {
  const stage* on;
  const admission_choice* admission;
  std::vector<std::size_t> rows{};  ///< those that have to be computed, by their place in the answer
  std::optional<outcome> bound{};   ///< Belady's
};

/// What one thread computes at once: a row's outcome, or a bound.
struct task {
  std::size_t rivals;
  std::optional<std::size_t> row;  ///< nothing: the bound
};

/// A row of the answer, from its plan to its numbers.
struct planned {
  const eviction_choice* eviction;
  std::string key{};
  std::optional<outcome> played{};
  std::optional<row> made{};
};

/// A number that is the same for equal event sets, and for others as good as never.
std::uint64_t fingerprint(const loaded_trace& trace, const trace::event_table& table) {
  std::uint64_t hash = 0xCBF2'9CE4'8422'2325U;
  const auto add = [&](std::uint64_t x) { hash = (hash ^ x) * 0x9E37'79B9'7F4A'7C15U, hash ^= hash >> 29U; };
  for (const std::uint16_t e : table.experts) add(e);
  for (std::size_t e = 0; e < table.layers.size(); ++e) add(std::uint64_t{table.layers[e]} << 16U | table.sizes[e]);
  for (const trace::step_row& s : table.steps) add(std::uint64_t{s.first_token} << 32U | s.sequence), add(s.first_event), add(s.during == phase::prefill);
  for (const std::uint8_t r : table.recorded) add(r);
  for (std::uint32_t l = 0; l < trace.dimensions.layers; ++l)
    for (std::uint32_t e = 0; e < trace.dimensions.experts; ++e) add(trace.sized ? trace.shape.size_of(make_expert(l, e)).count : 0);
  return hash;
}

/// Mean over events of what a set takes, as a part of its pool.
double union_over_capacity(const trace::event_table& table, const sim::resident_set& pools) {
  // How often each expert is accessed decides the sum; so one pass over the accesses, and then one over the experts.
  std::vector<std::uint64_t> accesses(pools.shape().space().size());
  std::size_t access = 0;
  for (std::size_t e = 0; e < table.layers.size(); ++e) {
    const auto flat = pools.shape().space().in(static_cast<layer_index>(table.layers[e]));
    for (std::uint16_t i = 0; i < table.sizes[e]; ++i) ++accesses[flat(static_cast<expert_index>(table.experts[access++]))];
  }
  double sum = 0;
  for (std::uint32_t flat = 0; flat < accesses.size(); ++flat)
    if (accesses[flat] > 0)
      sum += static_cast<double>(accesses[flat]) * static_cast<double>(pools.charge_of(flat)) / static_cast<double>(pools.room(pools.group_of(flat)));
  return sum / static_cast<double>(table.events());
}

class trace_run {
 public:
  trace_run(const loaded_trace& trace, const options& asked, finished_rows* finished, command_line::progress& shown)
      : trace_(trace), asked_(asked), finished_(finished), shown_(shown) {}

  result<std::vector<row>> go() {
    for (const trace::event_table& table : trace_.tables) {
      const double start = own_seconds();
      futures_.push_back(std::make_unique<trace::future>(table, asked_.reset_each_sequence));
      const double seconds = own_seconds() - start;
      for (const capacity_choice& capacity : asked_.capacities) {
        const result<void> added = asked_.one_pool ? add_stage(one_group{}, table, seconds, capacity) : add_stage(group_per_layer{}, table, seconds, capacity);
        if (!added) return added.error();
      }
    }
    plan();
    compute();
    if (failed_) return *failed_;
    std::vector<row> rows;
    for (planned& p : rows_) rows.push_back(*std::move(p.made));
    return rows;
  }

 private:
  template <eviction_groups Groups>
  result<void> add_stage(const Groups& groups, const trace::event_table& table, double foresight_seconds, const capacity_choice& capacity) {
    const result<std::vector<std::uint64_t>> room = capacity.amount.pools(trace_.shape, groups, capacity.unit);
    if (!room) return room.error();
    sim::resident_set empty(trace_.shape, groups, capacity.unit, *room);
    const double filled = union_over_capacity(table, empty);
    std::uint64_t experts = room->front();
    if (capacity.unit == sim::unit::bytes) {
      std::uint64_t in_pool = 0, bytes_in_pool = 0;
      for (std::uint32_t l = 0; l < trace_.shape.layers(); ++l)
        for (std::uint32_t e = 0; e < trace_.shape.experts(static_cast<layer_index>(l)); ++e)
          if (groups.group_of(trace_.shape, make_expert(l, e)) == 0) ++in_pool, bytes_in_pool += trace_.shape.size_of(make_expert(l, e)).count;
      experts = sim::capacity::part(room->front(), in_pool, bytes_in_pool);
    }
    stages_.push_back(std::make_unique<stage>(stage{&table, futures_.back().get(), foresight_seconds, &capacity, experts, filled, std::move(empty)}));
    return {};
  }

  /// Which rows are there already, and what has to be computed for the others.
  void plan() {
    const trace::event_table* hashed = nullptr;
    std::uint64_t hash = 0;
    for (const std::unique_ptr<stage>& on : stages_) {
      if (finished_ != nullptr && hashed != on->table) hash = fingerprint(trace_, *(hashed = on->table));
      for (const admission_choice& admission : asked_.admissions) {
        rivals group{on.get(), &admission};
        for (const eviction_choice& eviction : asked_.evictions) {
          planned p{&eviction};
          if (finished_ != nullptr) {
            p.key = key_of(hash, *on, admission, eviction);
            p.made = finished_->find(p.key);
            if (p.made) p.made->trace = trace_.path;
          }
          if (!p.made) group.rows.push_back(rows_.size());
          rows_.push_back(std::move(p));
        }
        if (group.rows.empty()) continue;
        tasks_.push_back({groups_.size(), std::nullopt});
        for (const std::size_t r : group.rows)
          if (!rows_[r].eviction->clairvoyant()) tasks_.push_back({groups_.size(), r});
        groups_.push_back(std::move(group));
      }
    }
    for (const task& t : tasks_) steps_to_do_ += groups_[t.rivals].on->table->steps.size();
  }

  void compute() {
    if (tasks_.empty()) return;
    std::vector<std::thread> threads;
    for (std::size_t i = 1; i < std::min<std::size_t>(asked_.jobs, tasks_.size()); ++i) threads.emplace_back([this] { work([](std::uint64_t) {}); });
    const std::string what = "replaying " + trace_.path;
    work([&](std::uint64_t done) { shown_.update(what, done, steps_to_do_); });
    for (std::thread& t : threads) t.join();
  }

  /// Takes tasks until there are none. The answer's order is that of the plan, whoever computes what.
  void work(const std::function<void(std::uint64_t)>& show) noexcept try {
    const std::function<void(std::uint64_t)> steps = [&](std::uint64_t more) { show(steps_done_ += more); };
    for (std::size_t t = next_task_++; t < tasks_.size() && !stop_; t = next_task_++) {
      const rivals& group = groups_[tasks_[t].rivals];
      const setting in{*group.on->table,
                       group.on->empty,
                       group.admission->policy,
                       *group.on->next_uses,
                       group.on->foresight_seconds,
                       asked_.forecast ? std::optional(asked_.forecast->how) : std::nullopt,
                       asked_.reset_each_sequence};
      static const evictor belady = eviction::belady{};
      done(tasks_[t], play_row(in, tasks_[t].row ? rows_[*tasks_[t].row].eviction->policy : belady, steps));
    }
  } catch (const std::bad_alloc&) {
    const std::lock_guard lock(one_at_a_time_);
    fail(error(error_code::out_of_memory, "no memory left for this; take fewer --jobs or windows at once, or a part of the trace"));
  }

  /// Rows are complete as soon as they and their bound have been played.
  void done(const task& of, outcome played) {
    const std::lock_guard lock(one_at_a_time_);
    rivals& group = groups_[of.rivals];
    if (of.row) {
      rows_[*of.row].played = std::move(played);
      if (group.bound) complete(group, rows_[*of.row]);
      return;
    }
    group.bound = std::move(played);
    for (const std::size_t r : group.rows) {
      if (rows_[r].eviction->clairvoyant()) rows_[r].played = group.bound;
      if (rows_[r].played) complete(group, rows_[r]);
    }
  }

  void complete(const rivals& group, planned& p) {
    const stage& on = *group.on;
    const outcome& played = *p.played;
    row r;
    r.trace = trace_.path;
    r.shape = trace_.dimensions;
    r.eviction = p.eviction->text;
    r.admission = group.admission->text;
    r.scope = asked_.one_pool ? "global" : "layer";
    r.capacity = on.capacity->text;
    r.unit = on.capacity->unit == sim::unit::bytes ? "bytes" : "experts";
    r.recency = asked_.order == recency::by_rank ? "rank" : "event";
    r.reset = asked_.reset_each_sequence ? "sequence" : "no";
    r.counted_by = asked_.one_by_one ? "access" : "event";
    if (asked_.forecast) r.forecast = asked_.forecast->text;
    r.window = on.table->window;
    r.capacity_experts = on.capacity_experts;
    for (const trace::step_row& step : on.table->steps) r.tokens += step.tokens;
    r.compulsory = on.table->compulsory;
    r.union_over_capacity = on.union_over_capacity;
    r.sized = trace_.sized;
    r.all = played.all;
    r.decode = played.decode;
    r.bound_misses = group.bound->all.misses;
    r.bound_missed = group.bound->all.missed;
    r.seconds = played.seconds;
    if (!on.table->recorded.empty()) {
      r.recorded = played.recorded;
      r.recorded_decode = played.recorded_decode;
    }
    if (asked_.per_layer) {
      r.layers_misses = played.layers_misses;
      r.layers_accesses.resize(trace_.dimensions.layers);
      for (std::size_t e = 0; e < on.table->layers.size(); ++e) r.layers_accesses[on.table->layers[e]] += on.table->sizes[e];
    }
    if (finished_ != nullptr)
      if (const result<void> added = finished_->add(p.key, r); !added) fail(added.error());
    p.played.reset();
    p.made = std::move(r);
  }

  void fail(const error& why) {
    if (!failed_) failed_ = why;
    stop_ = true;
  }

  /// Everything a row's numbers follow from.
  [[nodiscard]] std::string key_of(std::uint64_t hash, const stage& on, const admission_choice& admission, const eviction_choice& eviction) const {
    return fmt::format("{:016x} {} {} {} {} {} {} {} {} {} {} {} {}", hash, command_line::version_text(), eviction.text, admission.text, on.capacity->text,
                       on.capacity->unit == sim::unit::bytes ? "bytes" : "experts", on.table->window, asked_.one_pool ? "global" : "layer",
                       asked_.order == recency::by_rank ? "rank" : "event", asked_.reset_each_sequence ? "reset" : "keep",
                       asked_.one_by_one ? "access" : "event", asked_.forecast ? asked_.forecast->text : "-", asked_.per_layer ? "layers" : "-");
  }

  const loaded_trace& trace_;
  const options& asked_;
  finished_rows* finished_;
  command_line::progress& shown_;
  std::vector<std::unique_ptr<trace::future>> futures_;  ///< [windows]
  std::vector<std::unique_ptr<stage>> stages_;           ///< [windows][capacities]
  std::vector<rivals> groups_;
  std::vector<planned> rows_;
  std::vector<task> tasks_;
  std::atomic<std::size_t> next_task_{0};
  std::atomic<bool> stop_{false};
  std::atomic<std::uint64_t> steps_done_{0};
  std::uint64_t steps_to_do_ = 0;
  std::mutex one_at_a_time_;  ///< guards groups_, rows_ and failed_ while tasks are taken
  std::optional<error> failed_;
};

}  // namespace

result<std::vector<row>> run_rows(const loaded_trace& trace, const options& asked, finished_rows* finished, command_line::progress& shown) {
  return trace_run(trace, asked, finished, shown).go();
}

}  // namespace moesaic::replaying
