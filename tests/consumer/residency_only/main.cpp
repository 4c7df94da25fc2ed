// SPDX-License-Identifier: MIT
// An engine with its own loop and its own transport. Ends with status 1 if an expert's weights are not what they should be.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <vector>

#include <moesaic/admission/forced.hpp>
#include <moesaic/cache/residency.hpp>
#include <moesaic/eviction/lru.hpp>
#include <moesaic/placement/fetch.hpp>
#include <moesaic/prediction/none.hpp>
#include <moesaic/prefetch/none.hpp>
#include <moesaic/scoring/none.hpp>

namespace {
constexpr std::uint32_t layers = 3, experts = 8, expert_bytes = 64;
using weights = std::vector<std::vector<std::byte>>;

/// Copies experts from memory when it is asked whether they have arrived.
struct copying_link {
  const weights* model;
  moesaic::expert_space space;
  std::vector<moesaic::transfer> open{};
  std::int64_t ticks = 0;

  std::uint32_t capacity() const noexcept { return 4; }
  void submit(const moesaic::transfer& what) noexcept { open.push_back(what); }
  std::uint32_t poll(std::span<moesaic::completion> out) noexcept {
    if (open.empty() || out.empty()) return 0;
    const moesaic::transfer what = open.front();
    open.erase(open.begin());
    std::memcpy(what.to, (*model)[space.flat(what.expert)].data(), expert_bytes);
    out[0] = {what.number, moesaic::transfer_status::arrived, what.size, 0};
    return 1;
  }
  std::uint32_t wait(std::span<moesaic::completion> out) noexcept { return poll(out); }
  bool cancel(moesaic::ticket) noexcept { return false; }
  moesaic::link_cost cost() const noexcept { return {{}, {1e9}}; }
  moesaic::nanoseconds now() noexcept { return {++ticks}; }
};

struct bundle {
  moesaic::one_group groups{};
  moesaic::scoring::none scoring{};
  moesaic::eviction::lru eviction{};
  moesaic::admission::forced admission{};
  moesaic::prediction::none prediction{};
  moesaic::prefetch::none prefetch{};
  moesaic::placement::fetch placement{};
};
}  // namespace

int main() {
  const auto shape = moesaic::model_shape::uniform(layers, experts, 2, {expert_bytes});
  if (!shape) return 1;
  weights model(shape->space().size());
  for (std::uint32_t i = 0; i < model.size(); ++i) model[i].assign(expert_bytes, static_cast<std::byte>(i + 1));
  std::vector<std::byte> slab(std::size_t{8} * expert_bytes);  // a quarter of the model, and two frames
  auto made = moesaic::residency<copying_link, bundle>::create(*shape, {&model, shape->space()}, {}, {.budget = {{slab.size()}, 2}, .memory = slab});
  if (!made) return std::printf("%.*s\n", static_cast<int>(made.error().sentence().size()), made.error().sentence().data()), 1;

  for (std::uint32_t step = 0; step < 50; ++step)
    for (std::uint32_t l = 0; l < layers; ++l) {
      const std::uint32_t first = (step / 2 + l) % (experts - 1);
      const moesaic::demand wanted[]{{static_cast<moesaic::expert_index>(first), 1, {}}, {static_cast<moesaic::expert_index>(first + 1), 1, {}}};
      auto held = made->acquire({.step = {step}, .first_token = {step}, .layer = static_cast<moesaic::layer_index>(l), .wanted = wanted});
      if (!held) return 1;
      std::uint32_t computed = 0;
      for (auto seat = held->next();; seat = held->next()) {
        if (!seat) return 1;
        if (!*seat) break;
        for (std::uint32_t i = 0; i < expert_bytes; ++i)
          if ((*seat)->address[i] != static_cast<std::byte>(shape->space().flat((*seat)->expert) + 1)) return 1;
        ++computed;
        held->release(**seat);
      }
      if (computed != 2) return 1;
    }
  const moesaic::counters& count = made->count();
  return count.events == 150 && count.hits > 0 && count.evictions > 0 && made->in_use() <= made->budget() ? 0 : 1;
}
