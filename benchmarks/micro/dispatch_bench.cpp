// SPDX-License-Identifier: MIT
// What it is worth that policies are types: the same LRU, called in different ways, does the same work.
//
//   policy/<way>/<misses>   the policy alone: an event of 8 is told, and for each miss a victim asked, put out and replaced
//   event/<way>/<misses>    a whole event on a residency core, from acquire to the end of the lease
//
// static: the compiler sees it; variant: one of the catalogue, chosen at run time; virtual: behind a base class, as policies out of
// libraries are; std_function: a function object for each call; c_abi (event only): the core itself in a shared library, behind C.
#include <benchmark/benchmark.h>

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <moesaic/moesaic.hpp>

#if defined(MOESAIC_BENCH_C)
#include <moesaic_c.h>
#endif

#include "residency_bench.hpp"

using namespace moesaic;

namespace {

constexpr std::uint32_t wanted_per_event = 8;
constexpr std::uint32_t experts = 128;
constexpr std::uint32_t slots = 32;

/// As an engine with callbacks would have it. The policy is shared with the functions; they are called through their own pointers.
template <class Policy>
class by_function {
 public:
  using hears = events<inventory, layer_event, admitted, evicted>;

  by_function() : by_function(std::make_shared<Policy>()) {}
  void on(const inventory& all) { made_(all); }
  void on(const layer_event& event) noexcept { event_(event); }
  void on(const admitted& one) noexcept { admitted_(one); }
  void on(const evicted& one) noexcept { evicted_(one); }
  template <utility_scorer S>
  [[nodiscard]] std::optional<expert_id> victim(const eviction_scene<S>& seen) noexcept {
    const eviction::distant_scores scores{&seen.scores, [](const void* scorer, expert_id e) noexcept { return static_cast<const S*>(scorer)->score(e); }};
    return victim_({{scores, seen.expectation, seen.residency, seen.link, seen.layer, seen.token, seen.now, seen.layer_time, seen.threshold},
                    seen.candidates,
                    seen.group,
                    seen.newcomer,
                    seen.why});
  }

 private:
  explicit by_function(std::shared_ptr<Policy> p)
      : made_([p](const inventory& all) { p->on(all); }),
        event_([p](const layer_event& event) { p->on(event); }),
        admitted_([p](const admitted& one) { p->on(one); }),
        evicted_([p](const evicted& one) { p->on(one); }),
        victim_([p](const eviction_scene<eviction::distant_scores>& seen) { return p->victim(seen); }) {}
  std::function<void(const inventory&)> made_;
  std::function<void(const layer_event&)> event_;
  std::function<void(const admitted&)> admitted_;
  std::function<void(const evicted&)> evicted_;
  std::function<std::optional<expert_id>(const eviction_scene<eviction::distant_scores>&)> victim_;
};
static_assert(eviction_policy<by_function<eviction::lru>>);

/// Residents, and nothing of a cache but that: who is there, and in what order they may be asked about.
class bare_cache {
 public:
  explicit bare_cache(const model_shape& shape) : shape_(shape), flags_(shape.space().size()), place_(shape.space().size()) { members_.reserve(slots + 1); }

  template <class Policy>
  void serve(Policy& policy, const layer_event& event) {
    policy.on(event);
    for (const demand& d : event.wanted) pin(d, residency_flag::pinned_by_first);
    for (const demand& d : event.wanted) {
      const std::uint32_t flat = shape_.space().flat(event.layer, d.expert);
      if ((flags_[flat] & residency_flag::resident) != 0) continue;
      if (members_.size() == slots) put_out(policy, event.layer, d.expert);
      flags_[flat] |= residency_flag::resident;
      place_[flat] = static_cast<std::uint32_t>(members_.size());
      members_.push_back(flat);
      policy.on(admitted{{event.layer, d.expert, {}}, cause::demand});
      ++misses;
    }
    for (const demand& d : event.wanted) pin(d, 0);
    ++events;
  }
  std::uint64_t events = 0, misses = 0, evictions = 0;

 private:
  void pin(const demand& d, std::uint8_t how) noexcept {
    std::uint8_t& flags = flags_[shape_.space().flat({}, d.expert)];
    flags = static_cast<std::uint8_t>((flags & residency_flag::resident) | how);
  }
  template <class Policy>
  void put_out(Policy& policy, layer_index layer, expert_index newcomer) {
    constexpr auto mask = static_cast<std::uint8_t>(residency_flag::resident | residency_flag::pinned_by_first);
    const eviction_scene<scoring::none> scene{
        {scores_, expectation_, {shape_, flags_}, {}, layer, {}, {}, {}}, {shape_.space(), members_, flags_, mask}, 0, {layer, newcomer, {}}};
    const expert_id victim = *policy.victim(scene);
    const std::uint32_t flat = shape_.space().flat(victim);
    flags_[flat] = 0;
    place_[members_.back()] = place_[flat];
    members_[place_[flat]] = members_.back();
    members_.pop_back();
    policy.on(evicted{victim});
    ++evictions;
  }
  const model_shape& shape_;
  scoring::none scores_{};
  forecast expectation_{};
  std::vector<std::uint8_t> flags_;
  std::vector<std::uint32_t> place_, members_;
};

template <class Policy>
void policy_alone(benchmark::State& state, Policy policy, bool misses) {
  const auto shape = *model_shape::uniform(1, experts, wanted_per_event, {bench_expert_bytes});
  const std::vector<std::uint16_t> groups(shape.space().size());
  policy.on(inventory{shape, groups, 1, {slots * bench_expert_bytes}});
  bare_cache cache(shape);
  auto cycle = event_cycle::rotating(wanted_per_event, slots, misses);
  measure_events(
      state, cycle.size(), [&] { cache.serve(policy, cycle.next(1)); },
      [&]() -> std::array<std::uint64_t, 3> { return {cache.events, cache.misses, cache.evictions}; });
}

template <class Policy>
void whole_event(benchmark::State& state, Policy policy, bool misses) {
  bench_bundle<Policy> policies{.eviction = std::move(policy)};
  residency_events(state, *model_shape::uniform(1, experts, wanted_per_event, {bench_expert_bytes}), slots,
                   event_cycle::rotating(wanted_per_event, slots, misses), std::move(policies));
}

#if defined(MOESAIC_BENCH_C)
/// Completes at once, as transports::instant does.
struct instant_c_transport {
  std::array<moesaic_completion, 16> done{};
  std::uint32_t count = 0;

  moesaic_transport table() {
    moesaic_transport t{};
    t.size = sizeof t;
    t.capacity = 16;
    t.user = this;
    t.submit = [](void* user, const moesaic_transfer* what) {
      auto& me = *static_cast<instant_c_transport*>(user);
      me.done[me.count++] = {what->ticket, what->bytes, MOESAIC_ARRIVED, 0};
    };
    t.poll = [](void* user, moesaic_completion* out, std::uint32_t room) {
      auto& me = *static_cast<instant_c_transport*>(user);
      std::uint32_t told = 0;
      while (told < room && me.count > 0) out[told++] = me.done[--me.count];
      return told;
    };
    t.now = [](void*) { return std::int64_t{}; };
    return t;
  }
};

template <class S>
S sized() {
  S made{};
  made.size = sizeof made;
  return made;
}

void whole_event_in_c(benchmark::State& state, bool misses) {
  instant_c_transport link;
  const moesaic_transport table = link.table();
  const moesaic_layer layer{experts, wanted_per_event, bench_expert_bytes};
  auto options = sized<moesaic_options>();
  options.layer_count = 1;
  options.layers = &layer;
  options.budget = (slots + 2) * bench_expert_bytes;
  options.flags = MOESAIC_NO_MEMORY;
  options.alignment = 1;
  options.eviction = "lru";
  options.scope = "global";
  options.transport = &table;
  moesaic_cache* cache = nullptr;
  auto why = sized<moesaic_error>();
  if (moesaic_create(&options, &cache, &why) != MOESAIC_OK) return state.SkipWithError(why.sentence);
  auto cycle = event_cycle::rotating(wanted_per_event, slots, misses);
  std::vector<std::array<std::int32_t, wanted_per_event>> routes(cycle.size());
  for (std::size_t i = 0; i < cycle.size(); ++i)
    for (std::uint32_t k = 0; k < wanted_per_event; ++k) routes[i][k] = static_cast<std::int32_t>(number(cycle[i][k].expert));
  auto event = sized<moesaic_event>();
  event.phase = MOESAIC_DECODE;
  event.tokens = 1;
  event.k = wanted_per_event;
  std::uint64_t served = 0;
  std::size_t at = 0;
  const auto serve_next = [&] {
    if (++at == routes.size()) at = 0;
    event.step = event.first_token = served++ / 32;
    event.routes = routes[at].data();
    moesaic_lease lease = 0;
    moesaic_acquire(cache, &event, &lease);
    auto seat = sized<moesaic_seat>();
    while (moesaic_next(cache, lease, &seat) == MOESAIC_OK) {
      benchmark::DoNotOptimize(seat.entry);
      moesaic_release(cache, lease, seat.entry, 0);
    }
    moesaic_end(cache, lease);
  };
  measure_events(state, routes.size(), serve_next, [&]() -> std::array<std::uint64_t, 3> {
    auto count = sized<moesaic_counters>();
    moesaic_count(cache, &count);
    return {count.events, count.misses, count.evictions};
  });
  moesaic_destroy(&cache);
}
#endif

template <class Policy>
void both(const char* way, const Policy& policy) {
  for (const bool misses : {false, true}) {
    const std::string of = std::string("/") + way + (misses ? "/4" : "/0");
    benchmark::RegisterBenchmark(("policy" + of).c_str(), [policy, misses](benchmark::State& state) { policy_alone(state, policy, misses); });
    benchmark::RegisterBenchmark(("event" + of).c_str(), [policy, misses](benchmark::State& state) { whole_event(state, policy, misses); });
  }
}

}  // namespace

int main(int argc, char** argv) {
  both("static", eviction::lru{});
  both("variant", eviction::any(eviction::lru{}));
  both("virtual", eviction::erased(eviction::lru{}));
  both("std_function", by_function<eviction::lru>{});
#if defined(MOESAIC_BENCH_C)
  benchmark::RegisterBenchmark("event/c_abi/0", whole_event_in_c, false);
  benchmark::RegisterBenchmark("event/c_abi/4", whole_event_in_c, true);
#endif
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
