// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <moesaic/admission/forced.hpp>
#include <moesaic/admission/optional.hpp>
#include <moesaic/cache/residency.hpp>
#include <moesaic/cuda/slot_map.hpp>
#include <moesaic/cuda/staged.hpp>
#include <moesaic/eviction/lru.hpp>
#include <moesaic/eviction/random.hpp>
#include <moesaic/placement/fetch.hpp>
#include <moesaic/prediction/none.hpp>
#include <moesaic/scoring/none.hpp>
#include <moesaic/transport/failing.hpp>

#include "cuda/host_experts.hpp"

namespace moesaic_test {

/// Counts what was submitted, told and cancelled: none may be lost, none told twice.
template <class T>
class counted {
 public:
  struct tally {
    std::vector<std::uint64_t> open;
    std::uint64_t submitted = 0, failed = 0, cancelled = 0;
    bool strange = false;
  };
  counted(T link, tally& all) : link_(std::move(link)), all_(&all) {}
  [[nodiscard]] std::uint32_t capacity() const noexcept { return link_.capacity(); }
  void submit(const transfer& what) noexcept {
    ++all_->submitted;
    all_->open.push_back(what.number.number);
    link_.submit(what);
  }
  std::uint32_t poll(std::span<completion> out) noexcept { return told(out, link_.poll(out)); }
  std::uint32_t wait(std::span<completion> out) noexcept { return told(out, link_.wait(out)); }
  bool cancel(ticket which) noexcept {
    if (!link_.cancel(which)) return false;
    close(which);
    ++all_->cancelled;
    return true;
  }
  [[nodiscard]] link_cost cost() const noexcept { return link_.cost(); }
  nanoseconds now() noexcept { return link_.now(); }
  [[nodiscard]] std::optional<error> explain(expert_id e, const completion& how) const noexcept { return link_.explain(e, how); }
  [[nodiscard]] T& inner() noexcept { return link_; }

 private:
  std::uint32_t told(std::span<completion> out, std::uint32_t n) noexcept {
    for (std::uint32_t i = 0; i < n; ++i) {
      close(out[i].number);
      all_->failed += out[i].status != transfer_status::arrived;
    }
    return n;
  }
  void close(ticket which) noexcept {
    if (std::erase(all_->open, which.number) != 1) all_->strange = true;
  }
  T link_;
  tally* all_;
};

/// A scheduler that wishes for anybody.
struct guessing_prefetch {
  using hears = events<>;
  splitmix dice{};
  std::optional<prefetch_request> wish{};
  template <utility_scorer S>
  std::optional<prefetch_request> next(const scene<S>& now) noexcept {
    if (!wish && dice.chance(800))
      wish = prefetch_request{make_expert(dice.below(now.residency.shape().layers()), dice.below(now.residency.shape().widest_layer())), {}};
    return wish;
  }
  void settle(const prefetch_request& r, prefetch_fate) noexcept {
    if (wish && wish->expert == r.expert) wish.reset();
  }
};

template <class Admission, class Eviction>
struct soak_bundle {
  one_group groups{};
  scoring::none scoring{};
  Eviction eviction{};
  Admission admission{};
  prediction::none prediction{};
  guessing_prefetch prefetch{};
  placement::fetch placement{};
};

/// What a run found. Kernels look at their expert's bytes, and at the slot map, when their turn comes.
struct soak_report {
  std::uint64_t events = 0, kernels = 0, failures = 0, wrong_bytes = 0, wrong_map = 0, refused_calls = 0;
  std::uint64_t transfers = 0, failed_transfers = 0, cancelled = 0;
  std::string broken;  ///< promises that were not kept
  void must(bool kept, const char* promise) {
    if (!kept && broken.find(promise) == std::string::npos) broken.append(promise).append("; ");
  }
};

struct soak_plan {
  std::uint64_t seed = 1;
  std::uint32_t events = 100;
  bool by_staging = false;
  std::uint32_t bad_copies = 0;  ///< of 1000
  std::uint64_t scale = 1;       ///< experts and chunks are so many times as large
};

/// What a kernel looks at when its turn comes.
struct soak_look {
  expert_id who{};
  const std::byte* at = nullptr;           ///< its seat, on the device
  const std::uint64_t* in_map = nullptr;   ///< its entry of the slot map, on the device
  std::uint64_t offset = 0;                ///< what that has to be
};

/// A random engine on streams over a real residency. `Api` is the double, or one that forgets something, or a device's; what they have
/// beside a stream_api: `source_of` gives a model's bytes as the host has them, `look` launches a kernel, `run` and `run_all` let time
/// pass, and memory is counted.
template <class Api, class Bundle>
class soak {
 public:
  soak(Api& api, const soak_plan& plan, soak_report& said)
      : api_(api),
        plan_(plan),
        said_(said),
        dice_{plan.seed},
        far_(dice_.between(1, 3), dice_.between(3, 9), plan.scale * dice_.between(20, 90), plan.scale * dice_.below(8)) {}

  /// False: memory or handles were refused before there was anything to run.
  bool run() {
    model_shape shape = *model_shape::uniform(layers(), experts(), 1 + dice_.below(experts()), {1});
    bytes largest{};
    for (const expert_id e : far_.ids()) {
      shape.resize(e, far_.room(e));
      largest = std::max(largest, rounded_up(far_.room(e), {16}));
    }
    const memory_budget budget{largest * dice_.between(1, 2 * experts()) + bytes{dice_.below(64)}, dice_.between(1, 3)};
    auto slab = cuda::device_memory<Api>::create(api_, budget.total);
    auto fences = cuda::use_fences<Api>::create(api_, dice_.between(2, 12));
    if (!slab || !fences) return false;
    for (std::uint32_t i = dice_.between(1, 2); i > 0; --i) {
      auto one = cuda::owned_stream<Api>::make(api_, cuda::stream_priority::urgent);
      if (!one) return false;
      engines_.push_back(std::move(*one));
      api_.engine_streams.push_back(engines_.back().get());
    }
    for (std::size_t i = 0; i < engines_.size(); ++i) {
      auto map = cuda::slot_map<Api>::create(api_, far_.space().size(), slab->memory(), {dice_.between(1, 4)});
      if (!map) return false;
      maps_.push_back(std::move(*map));
    }
    fences_ = &*fences;
    slab_ = slab->memory();
    const cuda::lane_options lanes{dice_.between(1, 9), {plan_.scale * dice_.between(8, 90)}, dice_.between(1, 4), {plan_.scale * dice_.between(1, 60)}, {}};
    bool made = false;
    if (plan_.by_staging) {
      using upstream = transports::failing<transports::memory_copy>;
      upstream reads(transports::memory_copy(api_.source_of(far_), {.capacity = lanes.capacity}), {.per_million = 1000 * plan_.bad_copies, .seed = plan_.seed});
      const bytes staging = largest * dice_.between(1, 3);
      const std::uint64_t before = api_.pinned_bytes();
      auto link = cuda::staged<upstream, Api>::create(api_, fences_, std::move(reads), {staging, {16}, lanes});
      made = link && drive(std::move(*link), shape, budget);
      said_.must(api_.pinned_peak() <= before + staging.count, "more bytes were staged than allowed");
    } else {
      auto link = cuda::stream_transport<Api, transports::memory_source>::create(api_, fences_, api_.source_of(far_), lanes);
      made = link && drive(std::move(*link), shape, budget);
    }
    for (auto& one : engines_) (void)one.settle();
    api_.run_all();
    said_.must(api_.idle(), "something never came to its turn");
    return made;
  }

 private:
  struct held_seat {
    seat where;
    fence last_use;
  };
  [[nodiscard]] std::uint32_t layers() const { return number(far_.ids().back().layer) + 1U; }
  [[nodiscard]] std::uint32_t experts() const { return number(far_.ids().back().expert) + 1U; }

  template <class Link>
  bool drive(Link link, const model_shape& shape, memory_budget budget) {
    using residency_type = residency<counted<Link>, Bundle>;
    typename counted<Link>::tally tally;
    {
      Bundle policies;
      policies.prefetch.dice = {plan_.seed + 1};
      auto made = residency_type::create(shape, counted<Link>(std::move(link), tally), policies,
                                         {.budget = budget, .footprint = footprint_of(shape, {16}), .memory = slab_});
      said_.must(bool(made), "no residency");
      if (!made) return false;
      for (std::uint32_t i = 0; i < plan_.events; ++i) {
        event(*made, shape);
        said_.must(made->in_use() <= budget.total, "more device bytes were in use than allowed");
        if constexpr (requires { made->link().inner().staging_in_use(); })
          said_.must(made->link().inner().staging_in_use() <= made->link().inner().staging(), "more bytes were staged than allowed");
        said_.must(api_.device_bytes() <= budget.total.count + 8 * far_.space().size() * maps_.size(),
                   "more device memory was taken than the budget and the map");
        if (dice_.chance(300)) made->end_step({.step = {i}, .committed = {1}});
        if (dice_.chance(500)) api_.run(dice_.below(20));
      }
    }
    said_.must(tally.open.empty(), "a transfer was never told");
    said_.must(!tally.strange, "a transfer was told twice, or was never submitted");
    said_.transfers += tally.submitted;
    said_.failed_transfers += tally.failed;
    said_.cancelled += tally.cancelled;
    return true;
  }

  template <class Core>
  void event(Core& core, const model_shape& shape) {
    const auto layer = static_cast<layer_index>(dice_.below(shape.layers()));
    std::vector<demand> wanted;
    const std::uint32_t share = dice_.between(100, 900);
    for (std::uint32_t e = 0; e < shape.experts(layer); ++e)
      if (dice_.chance(share)) wanted.push_back({static_cast<expert_index>(e), 1, {}});
    if (wanted.empty()) wanted.push_back({static_cast<expert_index>(dice_.below(shape.experts(layer))), 1, {}});
    layer_event what;
    what.step = {++step_};
    what.first_token = {step_};
    what.layer = layer;
    what.wanted = wanted;
    auto lease = core.acquire(what);
    said_.must(bool(lease), "no lease");
    if (!lease) return;
    ++said_.events;
    std::vector<held_seat> held;
    const bool ahead = dice_.chance(800), leaves_early = dice_.chance(30);
    std::vector<std::uint8_t> met(shape.widest_layer());
    const std::uint32_t lazy = dice_.below(700);
    for (std::uint32_t calls = 0;; ++calls) {
      said_.must(calls < 10'000, "a lease never ends");
      if (calls == 10'000 || (leaves_early && dice_.chance(400))) break;
      auto next = ahead ? lease->next_ahead() : lease->next();
      if (!next && next.error().code() == error_code::release_first) {
        said_.must(!held.empty(), "asked for a release with nothing handed out");
        if (held.empty()) break;
        give_back(*lease, held, 0);
        continue;
      }
      if (!next) {
        ++said_.failures;
        said_.must(!next.error().sentence().empty(), "a failure without a sentence");
        continue;
      }
      if (!*next) break;
      met[number((*next)->expert.expert)] = 1;
      held.push_back(use(core, **next));
      if (dice_.chance(100)) api_.run(dice_.below(6));
      if (dice_.chance(100)) core.pump();
      while (!held.empty() && !dice_.chance(lazy)) give_back(*lease, held, dice_.below(static_cast<std::uint32_t>(held.size())));
    }
    while (!held.empty()) give_back(*lease, held, held.size() - 1);
    if (!leaves_early && plan_.bad_copies == 0 && said_.failures == 0)
      for (const demand& d : wanted) said_.must(met[number(d.expert)] != 0, "a wanted expert was not handed out");
  }

  template <class Lease>
  static void give_back(Lease& lease, std::vector<held_seat>& held, std::size_t which) {
    lease.release(held[which].where, held[which].last_use);
    held.erase(held.begin() + static_cast<std::ptrdiff_t>(which));
  }

  /// A kernel on a stream that waits for its seat, and the fence behind it.
  template <class Core>
  held_seat use(Core& core, const seat& where) {
    const std::uint32_t which = dice_.below(static_cast<std::uint32_t>(engines_.size()));
    auto& stream = engines_[which];
    auto& map = maps_[which];
    if (dice_.chance(200)) core.pump();  // what was handed out ahead may be told as failed before anybody asks
    const std::uint32_t flat = far_.space().flat(where.expert);
    if (where.arrives != ticket{})
      if (const auto comes = core.link().inner().arrives_on(where.arrives, stream.get()); !comes) {
        said_.must(!comes.error().sentence().empty(), "a failure without a sentence");
        ++said_.refused_calls;
        return {where, {}};
      }
    map.set(flat, where.address);
    if (!map.publish(stream.get())) {
      ++said_.refused_calls;
      return {where, {}};
    }
    const soak_look what{where.expert, where.address, map.table() + flat, static_cast<std::uint64_t>(where.address - slab_.data())};
    api_.look(stream.get(), what, far_, said_);
    api_.look(stream.get(), what, far_, said_);  // it takes a while
    const auto last = fences_->record(stream.get());
    if (last) return {where, *last};
    ++said_.refused_calls;
    (void)stream.settle();  // no fence: wait, then the seat is free
    return {where, {}};
  }

  Api& api_;
  soak_plan plan_;
  soak_report& said_;
  splitmix dice_;
  host_experts far_;
  std::vector<cuda::owned_stream<Api>> engines_;
  cuda::use_fences<Api>* fences_ = nullptr;
  std::vector<cuda::slot_map<Api>> maps_;  // one for each engine
  std::span<std::byte> slab_;
  std::uint64_t step_ = 0;
};

/// The double, which may forget to let streams wait.
class forgetful : public stream_double {
 public:
  enum class what : std::uint8_t { nothing, last_uses, arrivals };
  forgetful(const stream_double::options& how, what forgets) : stream_double(how), forgets_(forgets) {}
  cuda::api_code wait(cuda::stream_handle stream, cuda::event_handle event) noexcept {
    const bool engines = std::find(engine_streams.begin(), engine_streams.end(), stream) != engine_streams.end();
    if (forgets_ == (engines ? what::arrivals : what::last_uses)) return {};
    return stream_double::wait(stream, event);
  }
  [[nodiscard]] static transports::memory_source source_of(const host_experts& far) { return far.source(); }
  void look(cuda::stream_handle stream, const soak_look& seen, const host_experts& far, soak_report& said) {
    launch(stream, [seen, &far, &said] {
      ++said.kernels;
      said.wrong_bytes += !far.right(seen.who, seen.at);
      said.wrong_map += *seen.in_map != seen.offset;
    });
  }
  std::vector<cuda::stream_handle> engine_streams;

 private:
  what forgets_;
};

/// One run, after which the double is empty.
inline soak_report run_soak(const soak_plan& plan, forgetful::what forgets = forgetful::what::nothing, std::uint64_t failing_call = 0, std::int32_t code = 0,
                            bool* failed = nullptr) {
  soak_report said;
  forgetful api(
      {.seed = plan.seed + 7, .eager = 50 + static_cast<std::uint32_t>(plan.seed * 97 % 800), .bad_copies = plan.bad_copies, .own_targets_only = true},
      forgets);
  api.fail_call(failing_call, code);
  if (plan.seed % 2 == 0)
    soak<forgetful, soak_bundle<admission::forced, eviction::random>>(api, plan, said).run();
  else
    soak<forgetful, soak_bundle<admission::optional, eviction::lru>>(api, plan, said).run();
  said.must(api.device_bytes() == 0, "device memory stays behind");
  said.must(api.pinned_bytes() == 0, "pinned memory stays behind");
  said.must(api.handles() == 0, "streams or events stay behind");
  said.broken.append(api.misuses());
  if (failed != nullptr) *failed = api.has_failed();
  return said;
}

}  // namespace moesaic_test
