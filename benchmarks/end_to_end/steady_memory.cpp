// SPDX-License-Identifier: MIT
// Does memory grow while a residency runs? So many steps of random routing through residency, policies, prefetches and a simulated link that takes time;
// the process's memory is read twenty times on the way.
//
//     steady_memory [STEPS]        1e8 if not said; status 1 if memory has grown by more than 256 KiB since the first twentieth
//
// A step is one token through 2 layers of 8 experts, two a token, with room for half of them: small, so that steps are many.
#include <malloc.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <string_view>

#include <moesaic/moesaic.hpp>
#include <moesaic/systems/prefetching.hpp>

namespace {

using namespace moesaic;

/// What the allocator has handed out, and what the system has given the process.
struct memory_now {
  std::size_t allocated = ::mallinfo2().uordblks;
  std::size_t resident = resident_bytes();

 private:
  static std::size_t resident_bytes() {
    std::size_t pages = 0;
    if (std::FILE* const in = std::fopen("/proc/self/statm", "r"); in != nullptr) {
      if (std::fscanf(in, "%*u %zu", &pages) != 1) pages = 0;
      std::fclose(in);
    }
    return pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  }
};

int run(std::uint64_t steps) {
  constexpr std::uint32_t layers = 2, experts = 8, frames = 2;
  constexpr bytes each{1'000};
  using link = transports::simulated<>;
  auto made = residency<link, systems::prefetching>::create(*model_shape::uniform(layers, experts, 2, each), link({.overhead = {1'000}}), {},
                                                            {.budget = {each * (layers * experts / 2 + frames), frames}});
  if (!made) {
    std::fprintf(stderr, "steady_memory: %.*s\n", static_cast<int>(made.error().sentence().size()), made.error().sentence().data());
    return 1;
  }
  std::uint64_t chance = 1;
  const std::uint64_t stretch = steps / 20;
  memory_now settled;
  bool grown = false;
  std::printf("%14s %14s %14s %12s %12s\n", "steps", "allocated", "resident", "misses", "prefetches");
  for (std::uint64_t s = 1; s <= steps; ++s) {
    for (std::uint32_t l = 0; l < layers; ++l) {
      // The second layer mostly wants the same again, so that there is something to predict and to prefetch.
      if (l == 0 || chance >> 61U == 0) chance = chance * 6364136223846793005U + 1442695040888963407U;
      const auto a = static_cast<std::uint32_t>((chance >> 33U) % (experts / 2));  // one of the lower half
      const auto b = static_cast<std::uint32_t>(experts / 2 + (chance >> 45U) % (experts / 2));
      const std::array<demand, 2> wanted{{{static_cast<expert_index>(a), 1, {}}, {static_cast<expert_index>(b), 1, {}}}};
      layer_event event;
      event.step = {s};
      event.first_token = {s};
      event.layer = static_cast<layer_index>(l);
      event.wanted = wanted;
      auto held = made->acquire(event);
      if (!held) return 1;
      for (;;) {
        const auto next = held->next();
        if (!next || !*next) break;
        held->release(**next);
        made->link().advance({5'000});  // computing
        made->pump();
      }
    }
    made->end_step({.step = {s}, .committed = {1}});
    if (s % stretch != 0) continue;
    const memory_now now;
    if (s == stretch) settled = now;
    grown = grown || now.allocated > settled.allocated + (std::size_t{256} << 10U) || now.resident > settled.resident + (std::size_t{256} << 10U);
    std::printf("%14" PRIu64 " %14zu %14zu %12" PRIu64 " %12" PRIu64 "%s\n", s, now.allocated, now.resident, made->count().misses, made->count().prefetches,
                grown ? "  GROWN" : "");
    std::fflush(stdout);
  }
  return grown ? 1 : 0;
}

}  // namespace

int main(int count, char** words) {
  std::uint64_t steps = 100'000'000;
  if (count > 1) {
    const std::string_view word = words[1];
    const auto read = std::from_chars(word.data(), word.data() + word.size(), steps);
    if (count > 2 || read.ec != std::errc() || read.ptr != word.data() + word.size() || steps < 20) {
      std::fprintf(stderr, "steady_memory: takes one number of steps, 20 or more\n");
      return 2;
    }
  }
  return run(steps);
}
