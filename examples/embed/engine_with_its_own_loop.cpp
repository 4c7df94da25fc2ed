// SPDX-License-Identifier: MIT
// An engine keeps its layer loop and gets a residency core under it: a quarter of its experts in fast memory, the others
// brought when a layer wants them. The same text runs with all experts in memory, and every result has to be the same bits.

#include <algorithm>
#include <cstdio>
#include <vector>

#include <moesaic/moesaic.hpp>
#include <moesaic/transport/memory_copy.hpp>

#include "small_engine.hpp"

// [embedding]
// [policies]
struct policies {  // one member for each question that the core asks
  moesaic::group_per_layer groups;
  moesaic::scoring::none scoring;
  moesaic::eviction::lru eviction;
  moesaic::admission::forced admission;
  moesaic::prediction::none prediction;
  moesaic::prefetch::none prefetch;
  moesaic::placement::fetch placement;
};
using from_memory = moesaic::transports::memory_copy;
using expert_cache = moesaic::residency<from_memory, policies>;
// [/policies]

// [create]
moesaic::result<expert_cache> make_cache(const small_engine& model, std::span<std::byte> slab) {
  const auto shape = moesaic::model_shape::uniform(model.layers, model.experts, model.top_k, model.expert_size);
  if (!shape) return shape.error();
  moesaic::transports::memory_source slow(shape->space());
  for (std::uint32_t l = 0; l < model.layers; ++l)
    for (std::uint32_t e = 0; e < model.experts; ++e) slow.add(moesaic::make_expert(l, e), {.from = model.stored(l, e), .size = model.expert_size});
  return expert_cache::create(*shape, from_memory(std::move(slow)), {}, {.budget = {{slab.size()}}, .memory = slab});
}
// [/create]

// [layer]
moesaic::result<void> run_layer(small_engine& model, expert_cache& cache, moesaic::layer_event event, moesaic::demand_collector& demands) {
  event.wanted = demands.collect({.tokens = event.tokens, .k = model.top_k, .experts = model.routes(), .weights = model.gates()});
  auto lease = cache.acquire(event);
  if (!lease) return lease.error();
  for (;;) {
    const auto seat = lease->next();  // whichever expert is there first; waits if none is
    if (!seat) return seat.error();
    if (!*seat) return {};  // that was all of them
    model.run((*seat)->expert.expert, (*seat)->address);
    lease->release(**seat);  // its room may serve another now
  }
}
// [/layer]
// [/embedding]

namespace {

/// A prompt that wants far more experts at once than fit, then single tokens.
std::vector<std::vector<std::uint32_t>> windows_of_text() {
  std::vector<std::vector<std::uint32_t>> windows(1);
  std::uint32_t dice = 1;
  for (std::uint32_t i = 0; i < 432; ++i) {
    dice = dice * 1'664'525U + 1'013'904'223U;
    const std::uint32_t word = (dice >> 16U) % small_engine::vocabulary;
    if (i < 32)
      windows.front().push_back(word);
    else
      windows.push_back({word});
  }
  return windows;
}

int fail(const moesaic::error& why) {
  std::fprintf(stderr, "%.*s\n", static_cast<int>(why.sentence().size()), why.sentence().data());
  return 1;
}

}  // namespace

int main() {
  small_engine small, whole;  // the same engine twice
  std::vector<std::byte> slab(small_engine::layers * small_engine::experts * small_engine::expert_size.count / 4);
  auto cache = make_cache(small, slab);
  if (!cache) return fail(cache.error());

  moesaic::demand_collector demands(small_engine::experts);
  std::uint64_t step = 0, token = 0;
  for (const std::vector<std::uint32_t>& window : windows_of_text()) {
    const auto with_a_quarter = small.forward(window, [&](std::uint32_t layer) {
      moesaic::layer_event event{.step = {step}, .first_token = {token}, .layer = static_cast<moesaic::layer_index>(layer)};
      event.during = window.size() > 1 ? moesaic::phase::prefill : moesaic::phase::decode;
      event.tokens = small.tokens();
      return run_layer(small, *cache, event, demands);
    });
    if (!with_a_quarter) return fail(with_a_quarter.error());
    const auto with_all = whole.forward(window, [&](std::uint32_t layer) -> moesaic::result<void> {
      for (std::uint32_t e = 0; e < small_engine::experts; ++e) whole.run(static_cast<moesaic::expert_index>(e), whole.stored(layer, e));
      return {};
    });
    if (!with_all) return fail(with_all.error());
    if (!std::ranges::equal(small.hidden(), whole.hidden())) {
      std::fprintf(stderr, "step %llu differs from the run with all experts in memory\n", static_cast<unsigned long long>(step));
      return 1;
    }
    ++step;
    token += window.size();
  }

  const moesaic::counters& count = cache->count();
  std::printf("%llu tokens, the same bits as with all experts in memory\n", static_cast<unsigned long long>(token));
  std::printf("hit ratio %.3f: %llu of %llu experts were there when their layer began\n", static_cast<double>(count.hits) / static_cast<double>(count.accesses),
              static_cast<unsigned long long>(count.hits), static_cast<unsigned long long>(count.accesses));
  std::printf("%llu experts that found no room were streamed through two staging frames\n", static_cast<unsigned long long>(count.bypasses));
  std::printf("peak %llu of %llu bytes\n", static_cast<unsigned long long>(cache->peak().total.count), static_cast<unsigned long long>(cache->budget().count));
  const bool fits = cache->peak().total <= cache->budget();
  return fits && count.hits > 0 && count.bypasses > 0 ? 0 : 1;
}
