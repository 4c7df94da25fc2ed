// SPDX-License-Identifier: MIT
// Any sequence of calls of the C interface by an engine that keeps its memory apart and nothing else: sizes, numbers, orders and
// texts are the input's. The cache has to answer each, and to hold its budget and its counts.
#include <moesaic_c.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace {

/// Reads numbers from the input; zeros behind its end.
struct input {
  const std::uint8_t* at;
  std::size_t left;
  std::uint8_t byte() {
    if (left == 0) return 0;
    --left;
    return *at++;
  }
  std::uint32_t word() { return byte() | static_cast<std::uint32_t>(byte()) << 8U; }
  /// Mostly small, now and then anything.
  std::uint64_t number() {
    const std::uint8_t kind = byte();
    if (kind < 240) return kind % 16;
    std::uint64_t n = 0;
    for (int i = 0; i < 8; ++i) n = n << 8U | byte();
    return n;
  }
  std::string text() {
    std::string s;
    for (std::uint8_t length = byte() % 40; length > 0; --length) s.push_back(static_cast<char>(byte()));
    return s;
  }
  template <class S>
  S sized() {
    S made{};
    const std::uint8_t kind = byte();
    made.size = kind < 250 ? sizeof made : kind == 250 ? 0 : kind == 251 ? sizeof made - 1U : kind == 252 ? 0xFFFF'FFFFU : kind % 8U;
    return made;
  }
};

/// Completes in an order, and with results, that the input decides.
struct fuzzed_transport {
  input* from;
  std::vector<moesaic_transfer> open;
  moesaic_cache* cache = nullptr;

  moesaic_transfer take(std::size_t which) {
    const moesaic_transfer t = open[which];
    open.erase(open.begin() + static_cast<std::ptrdiff_t>(which));
    return t;
  }
  std::uint32_t report(moesaic_completion* out, std::uint32_t room, bool must) {
    if (cache != nullptr && moesaic_pump(cache) != MOESAIC_BUSY) std::abort();
    const std::uint8_t how = from->byte();
    if (how == 255 && room > 0) return out[0] = {from->number() + (1U << 20U), from->number(), from->word(), 0}, 1;  // of a ticket that is not open
    if (open.empty() || (!must && how % 4 == 0)) return 0;
    const moesaic_transfer t = take(how % open.size());
    const bool fails = how > 230;
    if (!fails && t.to != nullptr) std::memset(t.to, static_cast<int>(t.layer * 16 + t.expert + 1), t.bytes);
    out[0] = {t.ticket, t.bytes, static_cast<std::uint32_t>(fails ? how % 6 : 0), 0};
    if (fails && out[0].status == MOESAIC_ARRIVED) out[0].status = MOESAIC_REFUSED;
    return 1;
  }
};

moesaic_transport table_of(fuzzed_transport& me) {
  moesaic_transport t{};
  t.size = sizeof t;
  t.capacity = 1 + me.from->byte() % 6U;
  t.user = &me;
  t.submit = [](void* user, const moesaic_transfer* what) { static_cast<fuzzed_transport*>(user)->open.push_back(*what); };
  t.poll = [](void* user, moesaic_completion* out, std::uint32_t room) { return static_cast<fuzzed_transport*>(user)->report(out, room, false); };
  t.wait = [](void* user, moesaic_completion* out, std::uint32_t room) { return static_cast<fuzzed_transport*>(user)->report(out, room, true); };
  t.cancel = [](void* user, std::uint64_t ticket) -> std::uint32_t {
    auto& me2 = *static_cast<fuzzed_transport*>(user);
    const auto at = std::find_if(me2.open.begin(), me2.open.end(), [=](const moesaic_transfer& o) { return o.ticket == ticket; });
    if (at == me2.open.end() || me2.from->byte() % 2 == 0) return 0;
    me2.open.erase(at);
    return 1;
  };
  t.now = [](void* user) { return static_cast<std::int64_t>(static_cast<fuzzed_transport*>(user)->from->number()); };
  t.overhead_ns = me.from->number();
  t.bytes_per_second = me.from->number();
  return t;
}

void check(bool holds) {
  if (!holds) std::abort();
}

/// Every failure has a sentence.
moesaic_status said(moesaic_cache* cache, moesaic_status status) {
  check(status != MOESAIC_INTERNAL && status != MOESAIC_BUSY);
  if (status > MOESAIC_OK && status != MOESAIC_BAD_HANDLE) {
    moesaic_error why{};
    why.size = sizeof why;
    check(moesaic_last_error(cache, &why) == MOESAIC_OK && why.code == status && why.sentence[0] != 0);
  }
  return status;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  input in{data, size};
  std::array<moesaic_layer, 3> layers{};
  for (moesaic_layer& l : layers) l = {1U + in.byte() % 9U, 1U + in.byte() % 3U, 1U + in.byte()};
  if (in.byte() == 255) {  // not between: a predictor's tables for tens of thousands of experts are gigabytes, and allowed to be
    const std::uint64_t experts = in.number();
    layers[1] = {static_cast<std::uint32_t>(experts > 65'535 ? 70'000 : experts % 300), static_cast<std::uint32_t>(in.number()), in.number()};
  }
  auto options = in.sized<moesaic_options>();
  options.layer_count = in.byte() < 250 ? 3 : in.byte() % 4U;
  options.layers = layers.data();
  options.frames = in.byte() % 5U;
  options.budget = std::uint64_t{in.word()};
  options.flags = in.byte() % 8U == 7 ? in.byte() : in.byte() % 4U;
  options.alignment = in.byte() < 200 ? 0 : in.number();
  std::array<std::string, 8> texts;
  const std::array<const char**, 8> places{&options.system,  &options.eviction,   &options.admission, &options.scope,
                                           &options.scoring, &options.prediction, &options.prefetch,  &options.placement};
  constexpr std::array<std::array<const char*, 6>, 8> known{{{"on_demand", "prefetching", "host_assisted", "", "on_demand", "prefetching"},
                                                             {"lru", "lrfu(4)", "arc", "s3_fifo", "look_ahead", "gdsf"},
                                                             {"forced", "optional", "frequency_contest", "by_union", "staging_only", ""},
                                                             {"layer", "global", "", "layer", "global", ""},
                                                             {"none", "recency", "decayed_frequency", "", "", ""},
                                                             {"none", "transition_counts", "linear", "blend", "next_gate", "popularity"},
                                                             {"none", "most_useful", "most_useful(in_flight=1)", "", "", "most_useful"},
                                                             {"fetch", "host", "host(1)", "", "", "fetch"}}};
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const std::uint8_t kind = in.byte();
    if (kind < 100) continue;
    texts[i] = kind < 240 ? known[i][kind % 6U] : in.text();
    *places[i] = texts[i].c_str();
  }
  fuzzed_transport link{&in, {}};
  const moesaic_transport table = table_of(link);
  options.transport = &table;

  moesaic_memory planned{};
  planned.size = sizeof planned;
  moesaic_error why{};
  why.size = sizeof why;
  const moesaic_status could = moesaic_plan(&options, &planned, &why);
  check(could != MOESAIC_INTERNAL && (could == MOESAIC_OK) == (why.sentence[0] == 0));
  moesaic_cache* cache = nullptr;
  const moesaic_status made = moesaic_create(&options, &cache, &why);
  check(made != MOESAIC_INTERNAL && (made == MOESAIC_OK) == (cache != nullptr) && (made == MOESAIC_OK) == (why.sentence[0] == 0));
  if (cache == nullptr) return 0;
  check(could == MOESAIC_OK);
  link.cache = cache;

  std::vector<moesaic_lease> leases{0};
  std::uint64_t step = 0;
  bool streams = false;  // something was handed out ahead: this transport keeps no fences, so bytes mean nothing any more
  for (int calls = 0; calls < 400 && in.left > 0; ++calls) {
    const moesaic_lease lease = leases[in.byte() % leases.size()] + (in.byte() == 255 ? in.number() : 0);
    switch (in.byte() % 12) {
      case 0:
      case 1: {
        auto event = in.sized<moesaic_event>();
        event.layer = static_cast<std::uint32_t>(in.number() % 4);
        step = in.byte() == 255 ? in.number() : step + in.byte() % 2;
        event.step = event.first_token = step;
        event.phase = in.byte() % 5U;
        event.tokens = 1 + in.byte() % 4U;
        event.k = 1 + in.byte() % 4U;
        event.flags = in.byte() % 8U == 0 ? 1 : 0;
        std::array<std::int32_t, 16> routes{};
        std::array<float, 16> weights{};
        for (std::int32_t& r : routes) r = static_cast<std::int32_t>(in.byte()) % 10 - (in.byte() == 255 ? 5 : 0);
        for (float& w : weights) {
          const std::uint32_t bits = in.word() << 16U;
          std::memcpy(&w, &bits, sizeof w);
        }
        event.routes = in.byte() == 255 ? nullptr : routes.data();
        event.weights = in.byte() % 2 == 0 ? nullptr : weights.data();
        moesaic_lease given = 0;
        if (said(cache, moesaic_acquire(cache, &event, &given)) == MOESAIC_OK) leases.push_back(given);
        break;
      }
      case 2:
      case 3:
      case 4: {
        auto seat = in.sized<moesaic_seat>();
        const std::uint8_t way = in.byte() % 3;
        const moesaic_status s = said(cache, way == 0   ? moesaic_next(cache, lease, &seat)
                                             : way == 1 ? moesaic_try_next(cache, lease, &seat)
                                                        : moesaic_next_ahead(cache, lease, &seat));
        streams = streams || (s == MOESAIC_OK && seat.arrives != 0);
        if (s == MOESAIC_OK && seat.address != nullptr && !streams)
          for (std::uint64_t i = 0; i < seat.bytes; i += 7)
            check(static_cast<const std::uint8_t*>(seat.address)[i] == static_cast<std::uint8_t>(seat.layer * 16 + seat.expert + 1));
        if (s == MOESAIC_OK && in.byte() % 4 != 0) check(said(cache, moesaic_release(cache, lease, seat.entry, in.byte() % 2U)) == MOESAIC_OK);
        break;
      }
      case 5: (void)said(cache, moesaic_release(cache, lease, static_cast<std::uint32_t>(in.number()), in.number())); break;
      case 6: (void)said(cache, moesaic_end(cache, lease)); break;
      case 7: {
        auto hint = in.sized<moesaic_hint>();
        hint.from = in.byte() % 6U;
        hint.layer = in.byte() % 4U;
        hint.at = static_cast<std::uint32_t>(in.number());
        const std::array<std::int32_t, 4> experts{in.byte() % 10, in.byte() % 10, in.byte() % 10, in.byte() % 10};
        const std::array<float, 4> floats{0.5F, static_cast<float>(in.byte()), -1, 0};
        hint.expert_count = in.byte() % 5U;
        hint.experts = experts.data();
        hint.hidden_count = in.byte() % 5U;
        hint.hidden = floats.data();
        hint.weights = in.byte() % 2 == 0 ? floats.data() : nullptr;
        (void)said(cache, moesaic_tell_hint(cache, &hint));
        break;
      }
      case 8:
        (void)said(cache, moesaic_tell_draft(cache, in.byte() % 5U, static_cast<std::uint32_t>(in.number()), static_cast<std::int64_t>(in.number())));
        break;
      case 9: {
        auto outcome = in.sized<moesaic_step>();
        outcome.step = step;
        outcome.drafted = static_cast<std::uint32_t>(in.number());
        outcome.verified = static_cast<std::uint32_t>(in.number());
        outcome.accepted = static_cast<std::uint32_t>(in.number());
        outcome.committed = static_cast<std::uint32_t>(in.number());
        outcome.verifying_ns = static_cast<std::int64_t>(in.number());
        outcome.bytes_demanded = in.number();
        (void)said(cache, moesaic_tell_step(cache, &outcome));
        break;
      }
      case 10: (void)said(cache, moesaic_set_budget(cache, in.word())); break;
      default: (void)said(cache, moesaic_pump(cache)); break;
    }
    moesaic_counters n{};
    n.size = sizeof n;
    moesaic_memory m{};
    m.size = sizeof m;
    check(moesaic_count(cache, &n) == MOESAIC_OK && moesaic_memory_use(cache, &m) == MOESAIC_OK);
    check(n.accesses == n.hits + n.prefetch_late + n.misses);
    check(m.in_use <= m.budget && m.peak_total <= options.budget);
  }
  link.cache = nullptr;
  check(moesaic_destroy(&cache) == MOESAIC_OK && cache == nullptr);
  return 0;
}
