// SPDX-License-Identifier: MIT
#pragma once

// The host's half of an engine whose experts live in device memory: it leases a layer's experts, tells the stream what to wait
// for, has the layer launched, and releases by a fence. It waits for nothing, so it runs ahead of the device. The same text runs
// over CUDA (gpu_slots.cu) and over the double of the tests (tests/cuda/gpu_slots_test.cpp).

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include <moesaic/admission/forced.hpp>
#include <moesaic/cache/residency.hpp>
#include <moesaic/cuda/device_memory.hpp>
#include <moesaic/cuda/handles.hpp>
#include <moesaic/cuda/pinned_memory.hpp>
#include <moesaic/cuda/slot_map.hpp>
#include <moesaic/cuda/stream_transport.hpp>
#include <moesaic/cuda/use_fences.hpp>
#include <moesaic/eviction/lru.hpp>
#include <moesaic/placement/fetch.hpp>
#include <moesaic/prediction/none.hpp>
#include <moesaic/prefetch/none.hpp>
#include <moesaic/scoring/none.hpp>
#include <moesaic/transport/memory_copy.hpp>

#include "gpu_slots/tiny_model.hpp"

namespace gpu_slots {

// [policies]
struct policies {
  moesaic::group_per_layer groups;
  moesaic::scoring::none scoring;
  moesaic::eviction::lru eviction;
  moesaic::admission::forced admission;
  moesaic::prediction::none prediction;
  moesaic::prefetch::none prefetch;
  moesaic::placement::fetch placement;
};
template <class Api>
using to_device = moesaic::cuda::stream_transport<Api, moesaic::transports::memory_source>;
template <class Api>
using expert_cache = moesaic::residency<to_device<Api>, policies>;
// [/policies]

template <moesaic::cuda::stream_api Api, class Model = tiny_model>
class slot_engine {
  using token = typename Model::token;
  using wanted_experts = std::array<std::uint32_t, Model::top_k>;

 public:
  /// `steps`: how many will be run at most; what each sends to the device lies in pinned memory until the end.
  static moesaic::result<slot_engine> create(Api& api, const Model& model, std::uint32_t steps) {
    auto weights = moesaic::cuda::pinned_memory<Api>::create(api, model.size(), "for a model's experts");
    if (!weights) return weights.error();
    model.load(weights->memory());
    auto sent =
        moesaic::cuda::pinned_memory<Api>::create(api, {sizeof(token) + sizeof(wanted_experts) * std::uint64_t{steps} * Model::layers}, "for what steps send");
    if (!sent) return sent.error();
    auto device = moesaic::cuda::device_memory<Api>::create(api, {sizeof(token) + sizeof(wanted_experts)});
    if (!device) return device.error();
    auto stream = moesaic::cuda::owned_stream<Api>::make(api, moesaic::cuda::stream_priority::urgent);
    if (!stream) return stream.error();

    // [create]
    const auto shape = moesaic::model_shape::uniform(Model::layers, Model::experts, Model::top_k, Model::expert_size);
    if (!shape) return shape.error();
    moesaic::transports::memory_source experts(shape->space());
    for (std::uint32_t l = 0; l < Model::layers; ++l)
      for (std::uint32_t e = 0; e < Model::experts; ++e)
        experts.add(moesaic::make_expert(l, e), {.from = weights->memory().data() + Model::offset(l, e), .size = Model::expert_size});

    const moesaic::bytes budget{model.size().count / 4};
    auto slab = moesaic::cuda::device_memory<Api>::create(api, budget);  // or the engine's own allocation: any span of device memory
    if (!slab) return slab.error();
    auto made = moesaic::cuda::use_fences<Api>::create(api);
    if (!made) return made.error();
    auto fences = std::make_unique<moesaic::cuda::use_fences<Api>>(std::move(*made));  // the transport keeps its address
    auto link = to_device<Api>::create(api, fences.get(), std::move(experts));
    if (!link) return link.error();
    auto cache = expert_cache<Api>::create(*shape, std::move(*link), {}, {.budget = {budget, 1}, .memory = slab->memory()});
    if (!cache) return cache.error();
    auto map = moesaic::cuda::slot_map<Api>::create(api, shape->space().size(), slab->memory());
    if (!map) return map.error();
    // [/create]
    return slot_engine(api, std::move(*weights), std::move(*sent), std::move(*device), std::move(*slab), std::move(*stream), std::move(fences), std::move(*map),
                       std::move(*cache), steps);
  }
  slot_engine(slot_engine&&) noexcept = default;
  slot_engine& operator=(slot_engine&&) = delete;
  // [end]
  ~slot_engine() {
    if (fences_ != nullptr) (void)stream_.settle();  // kernels on their way read slots and map: the stream is done before either ends
  }
  // [/end]

  /// What a captured graph may hold: none of these addresses ever changes.
  [[nodiscard]] graph_addresses addresses() const noexcept {
    return {reinterpret_cast<std::uint32_t*>(device_.memory().data()), reinterpret_cast<const std::uint32_t*>(device_.memory().data() + sizeof(token)),
            map_.table(), slab_.memory().data()};
  }
  [[nodiscard]] moesaic::cuda::stream_handle stream() const noexcept { return stream_.get(); }

  moesaic::result<void> begin(const token& first) noexcept {
    std::memcpy(sent_.memory().data(), first.data(), sizeof first);
    return given(api_->copy({device_.memory().data(), sent_.memory().data(), {sizeof first}}, stream()), "the first token");
  }

  /// One token through all layers. `launch(stream)` has the graph of a layer run on a stream.
  template <class Launch>
  moesaic::result<void> step(std::uint32_t number, Launch&& launch) noexcept {
    for (std::uint32_t l = 0; l < Model::layers; ++l) {
      // An engine reads its router's answer back at this place, or knows it earlier; here it is made up.
      const wanted_experts routed = Model::routed(number, l);
      const moesaic::layer_event event{.step = {number}, .first_token = {number}, .layer = static_cast<moesaic::layer_index>(l)};
      if (auto done = run_layer(event, routed, launch); !done) return done;
    }
    return {};
  }
  [[nodiscard]] const moesaic::counters& count() const noexcept { return cache_.count(); }
  [[nodiscard]] moesaic::bytes budget() const noexcept { return cache_.budget(); }

 private:
  slot_engine(Api& api, moesaic::cuda::pinned_memory<Api>&& weights, moesaic::cuda::pinned_memory<Api>&& sent, moesaic::cuda::device_memory<Api>&& device,
              moesaic::cuda::device_memory<Api>&& slab, moesaic::cuda::owned_stream<Api>&& stream, std::unique_ptr<moesaic::cuda::use_fences<Api>> fences,
              moesaic::cuda::slot_map<Api>&& map, expert_cache<Api>&& cache, std::uint32_t steps)
      : api_(&api),
        weights_(std::move(weights)),
        sent_(std::move(sent)),
        device_(std::move(device)),
        slab_(std::move(slab)),
        stream_(std::move(stream)),
        fences_(std::move(fences)),
        map_(std::move(map)),
        cache_(std::move(cache)),
        most_events_(std::uint64_t{steps} * Model::layers) {}

  // [layer]
  template <class Launch>
  moesaic::result<void> run_layer(moesaic::layer_event event, std::span<const std::uint32_t> routed, Launch& launch) noexcept {
    std::array<moesaic::demand, Model::top_k> wanted{};
    for (std::size_t i = 0; i < wanted.size(); ++i) wanted[i] = {static_cast<moesaic::expert_index>(routed[i]), 1, {}};
    event.wanted = wanted;

    auto lease = cache_.acquire(event, moesaic::holding::all);  // one graph reads all of them, so all have to have slots at once
    if (!lease) return lease.error();
    std::array<moesaic::seat, Model::top_k> seats{};
    wanted_experts flat{};
    for (std::size_t n = 0;; ++n) {
      const auto next = lease->next_ahead();  // also who still travels: the host does not wait
      if (!next) return next.error();
      if (!*next) break;
      seats[n] = **next;
      if (seats[n].arrives != moesaic::ticket{})  // the stream does
        if (auto told = cache_.link().arrives_on(seats[n].arrives, stream()); !told) return told;
      flat[n] = cache_.shape().space().flat(seats[n].expert);
      map_.set(flat[n], seats[n].address);
    }
    if (auto seen = map_.publish(stream()); !seen) return seen;  // the graph finds its experts there
    if (auto sent = send(flat); !sent) return sent;

    auto launched = launch(stream());
    const auto last_use = fences_->record(stream());  // behind the graph, not inside it
    if (!launched || !last_use) {
      (void)stream_.settle();  // without a fence nobody could say when the seats are free: wait
      return launched ? last_use.error() : launched;
    }
    for (const moesaic::seat& s : seats) lease->release(s, *last_use);
    return {};
  }
  // [/layer]

  /// Numbers of the wanted experts, to where the graph reads them. Their pinned copies are not used twice.
  moesaic::result<void> send(const wanted_experts& flat) noexcept {
    if (events_ == most_events_)
      return moesaic::error(moesaic::error_code::wrong_order, "all ", most_events_,
                            " events that the engine was made for have been run; please make it for more steps");
    std::byte* const from = sent_.memory().data() + sizeof(token) + sizeof flat * events_++;
    std::memcpy(from, flat.data(), sizeof flat);
    return given(api_->copy({device_.memory().data() + sizeof(token), from, {sizeof flat}}, stream()), "a layer's experts");
  }
  moesaic::result<void> given(moesaic::cuda::api_code code, const char* what) noexcept {
    if (code.ok()) return {};
    return moesaic::cuda::explained(*api_, code, "sent ", std::string_view(what), " to the device");
  }

  Api* api_;
  moesaic::cuda::pinned_memory<Api> weights_;
  moesaic::cuda::pinned_memory<Api> sent_;
  moesaic::cuda::device_memory<Api> device_;
  moesaic::cuda::device_memory<Api> slab_;
  moesaic::cuda::owned_stream<Api> stream_;
  std::unique_ptr<moesaic::cuda::use_fences<Api>> fences_;
  moesaic::cuda::slot_map<Api> map_;
  expert_cache<Api> cache_;
  std::uint64_t events_ = 0;
  std::uint64_t most_events_;
};

}  // namespace gpu_slots
