// SPDX-License-Identifier: MIT
// The functions of moesaic_c.h. Each looks at its arguments, calls the core, and turns what comes back into C.

#include <moesaic_c.h>

#include <algorithm>
#include <exception>
#include <new>
#include <span>
#include <string_view>

#include <moesaic/version.hpp>

#include "cache.hpp"

namespace moesaic::c {
namespace {

using answer_or_error = result<moesaic_status>;

/// Calls the body; what it throws becomes an error. Without exceptions an allocation that fails ends the process.
template <class Body>
answer_or_error caught(Body body) noexcept {
#if defined(__cpp_exceptions)
  try {
    return body();
  } catch (const std::bad_alloc&) {
    return error(error_code::out_of_memory, "the system refused memory for the library's own tables");
  } catch (const std::exception& why) {
    return error(error_code::context_full, "the library failed: ", std::string_view(why.what()), "; please report it");
  } catch (...) {
    return error(error_code::context_full, "the library failed without saying how; please report it");
  }
#else
  return body();
#endif
}

/// A call without a cache: the sentence goes into `why`, where there is one.
template <class Body>
moesaic_status told(moesaic_error* why, Body body) noexcept {
  if (why != nullptr && !check_size<moesaic_error>(why->size, "moesaic_error")) return MOESAIC_BAD_ARGUMENT;
  const answer_or_error done = caught(body);
  const moesaic_status status = done ? *done : status_of(done.error().code());
  if (why != nullptr) answer(why, in_c(status, done ? std::string_view{} : done.error().sentence()));
  return status;
}

/// A call of a cache, by one thread at a time; the sentence stays with the cache.
template <class Body>
moesaic_status inside(moesaic_cache* cache, Body body) noexcept {
  if (cache == nullptr || cache->alive != moesaic_cache::living) return MOESAIC_BAD_HANDLE;
  if (cache->inside.test_and_set(std::memory_order_acquire)) return MOESAIC_BUSY;
  const answer_or_error done = caught(body);
  const moesaic_status status = done ? *done : status_of(done.error().code());
  if (!done) cache->last = in_c(status, done.error().sentence());
  cache->inside.clear(std::memory_order_release);
  return status;
}

moesaic_memory memory_of(const memory_plan& planned) noexcept {
  moesaic_memory m{};
  m.frames = planned.frames;
  m.floor = planned.floor.count;
  m.recommended = planned.recommended.count;
  m.everything = planned.everything.count;
  m.frame = planned.frame.count;
  m.resident_experts = planned.resident_experts;
  return m;
}

/// The caller's options with what they point to, each as this library knows it.
struct wishes {
  moesaic_options options;
  std::optional<moesaic_transport> transport;
  std::optional<moesaic_files> files;
};
result<wishes> taken_whole(const moesaic_options* from) noexcept {
  const auto options = taken(from, "moesaic_options");
  if (!options) return options.error();
  wishes w{*options, {}, {}};
  if ((w.options.transport == nullptr) == (w.options.files == nullptr))
    return error(error_code::bad_argument, "moesaic_options needs either a transport or files, and has ", w.options.files == nullptr ? "neither" : "both");
  if (w.options.transport != nullptr) {
    const auto transport = taken(w.options.transport, "moesaic_transport");
    if (!transport) return transport.error();
    if (transport->submit == nullptr || transport->poll == nullptr) return error(error_code::bad_argument, "moesaic_transport needs at least submit and poll");
    if (transport->capacity == 0 || transport->capacity > 65'535)
      return error(error_code::bad_argument, "moesaic_transport.capacity is ", transport->capacity, "; expected 1 to 65535");
    w.transport = *transport;
  } else {
    const auto files = taken(w.options.files, "moesaic_files");
    if (!files) return files.error();
    w.files = *files;
  }
  return w;
}

constexpr std::uint32_t frames_of(const moesaic_options& o) noexcept { return o.frames == 0 ? 2 : o.frames; }

answer_or_error plan_into(const moesaic_options* from, moesaic_memory* out) {
  if (const result<void> fine = can_answer(out, "moesaic_memory"); !fine) return fine.error();
  const auto wished = taken_whole(from);
  if (!wished) return wished.error();
  const moesaic_options& o = wished->options;
  const auto made = blueprint_of(o, wished->files ? &*wished->files : nullptr);
  if (!made) return made.error();
  const auto amounts = plan(made->shape, made->footprint, {{std::numeric_limits<std::uint64_t>::max() / 2}, frames_of(o)});
  if (!amounts) return amounts.error();
  const auto here = plan(made->shape, made->footprint, {{o.budget}, frames_of(o)});
  moesaic_memory m = memory_of(here ? *here : *amounts);
  m.budget = o.budget;
  if (!here) m.resident_experts = m.frames = 0;
  answer(out, m);
  if (!here) return here.error();
  return MOESAIC_OK;
}

result<link> link_of(const wishes& w, blueprint& made) {
  if (w.transport) return link(callback_link(*w.transport));
  file::file_transport_options how;
  how.by = w.files->backend == MOESAIC_READ_URING   ? file::backend::uring
           : w.files->backend == MOESAIC_READ_PREAD ? file::backend::pread
                                                    : file::backend::automatic;
  if (w.files->threads != 0) how.threads = w.files->threads;
  if (w.files->capacity != 0) how.capacity = w.files->capacity;
  auto opened = file_link::open(std::move(*made.files), how);
  if (!opened) return opened.error();
  return link(std::move(*opened));
}

answer_or_error create_into(const moesaic_options* from, moesaic_cache** out) {
  if (out == nullptr) return error(error_code::bad_argument, "the pointer for the new cache is null");
  *out = nullptr;
  auto wished = taken_whole(from);
  if (!wished) return wished.error();
  const moesaic_options& o = wished->options;
  auto policies = bundle_of(o);
  if (!policies) return policies.error();
  auto made = blueprint_of(o, wished->files ? &*wished->files : nullptr);
  if (!made) return made.error();
  // Before any memory is taken for a budget that cannot work.
  if (const auto planned = plan(made->shape, made->footprint, {{o.budget}, frames_of(o)}); !planned) return planned.error();

  residency_options how{.budget = {{o.budget}, frames_of(o)}, .footprint = made->footprint, .host_possible = (o.flags & MOESAIC_HOST_POSSIBLE) != 0};
  file::slab own;
  if ((o.flags & MOESAIC_NO_MEMORY) != 0) {
    if (o.memory != nullptr) return error(error_code::bad_argument, "moesaic_options has memory and MOESAIC_NO_MEMORY; please leave out one");
    if (wished->files) return error(error_code::bad_argument, "files are read into memory; please leave out MOESAIC_NO_MEMORY");
  } else if (o.memory != nullptr) {
    if (o.memory_bytes > std::numeric_limits<std::size_t>::max() / 2)
      return error(error_code::bad_argument, "moesaic_options.memory_bytes is ", o.memory_bytes);
    how.memory = {static_cast<std::byte*>(o.memory), static_cast<std::size_t>(o.memory_bytes)};
    if (o.memory_bytes == 0) return error(error_code::bad_argument, "moesaic_options.memory is given and memory_bytes is 0");
    if (reinterpret_cast<std::uintptr_t>(o.memory) % made->alignment.count != 0)
      return error(error_code::bad_argument, "moesaic_options.memory has to begin at a multiple of ", made->alignment.count, " bytes");
  } else {
    const std::uint64_t slack = made->alignment.count > file::slab::page ? made->alignment.count : 0;  // a slab begins at a page
    auto taken_now = file::slab::create({o.budget + slack});
    if (!taken_now) return taken_now.error();
    own = std::move(*taken_now);
    const auto begin = reinterpret_cast<std::uintptr_t>(own.memory().data());
    how.memory = own.memory().subspan((made->alignment.count - begin % made->alignment.count) % made->alignment.count);
  }
  const std::byte* const memory = how.memory.data();
  auto over = link_of(*wished, *made);
  if (!over) return over.error();
  auto built = core::create(std::move(made->shape), std::move(*over), std::move(*policies), std::move(how));
  if (!built) return built.error();
  *out = new moesaic_cache(std::move(own), std::move(*built), std::move(made->footprint), memory);
  return MOESAIC_OK;
}

result<numbered_lease*> lease_in(moesaic_cache& cache, moesaic_lease number) noexcept {
  if (numbered_lease* const found = cache.find(number)) return found;
  return error(error_code::wrong_order, "lease ", number, number == 0 || number > cache.leases_given ? " was never given by this cache" : " has ended");
}

answer_or_error acquire_into(moesaic_cache& cache, const moesaic_event* from, moesaic_lease* out) {
  if (out == nullptr) return error(error_code::bad_argument, "the pointer for the new lease is null");
  *out = 0;
  const auto given = taken(from, "moesaic_event");
  if (!given) return given.error();
  const model_shape& shape = cache.core.shape();
  if (given->layer >= shape.layers()) return error(error_code::bad_argument, "event of MoE layer ", given->layer, "; the model has ", shape.layers());
  if (given->phase > MOESAIC_VERIFY) return error(error_code::bad_argument, "moesaic_event.phase is ", given->phase, "; expected 0 to 3");
  if ((given->flags & ~std::uint32_t{MOESAIC_HOLD_ALL}) != 0)
    return error(error_code::bad_argument, "moesaic_event.flags has bits that mean nothing: ", given->flags);
  const std::uint64_t count = std::uint64_t{given->tokens} * given->k;
  if (given->routes == nullptr || count == 0 || count > (std::uint64_t{1} << 32U))
    return error(error_code::bad_argument, "an event of MoE layer ", given->layer, " has ", given->tokens, " x ", given->k,
                 given->routes == nullptr ? " routes at null" : " routes; expected 1 to 2^32");
  if (given->step < cache.step || given->first_token < cache.token)
    return error(error_code::bad_argument, "steps and tokens never go back: step ", given->step, " at token ", given->first_token, " after step ", cache.step,
                 " at token ", cache.token);
  const std::uint32_t experts = shape.experts(static_cast<layer_index>(given->layer));
  if (cache.routes.size() < count) cache.routes.resize(count);
  for (std::uint64_t i = 0; i < count; ++i) {
    if (given->routes[i] < 0 || static_cast<std::uint32_t>(given->routes[i]) >= experts)
      return error(error_code::bad_argument, "route ", i, " of an event of MoE layer ", given->layer, " is expert ", given->routes[i], "; the layer has ",
                   experts, " (leave out tokens that are not routed)");
    cache.routes[i] = static_cast<expert_index>(given->routes[i]);
  }
  layer_event event{.step = {given->step}, .first_token = {given->first_token}, .layer = static_cast<layer_index>(given->layer)};
  event.during = static_cast<phase>(given->phase);
  event.tokens = given->tokens;
  event.routes = std::span(cache.routes).first(count);
  if (given->weights != nullptr) event.weights = std::span(given->weights, count);
  event.wanted = cache.demands.collect({.during = event.during, .tokens = given->tokens, .k = given->k, .experts = event.routes, .weights = event.weights});

  auto lease = cache.core.acquire(event, (given->flags & MOESAIC_HOLD_ALL) != 0 ? holding::all : holding::streamed);
  if (!lease) return lease.error();
  cache.step = given->step;
  cache.token = given->first_token;
  numbered_lease& place = cache.leases[0].number == 0 ? cache.leases[0] : cache.leases[1];
  place.number = ++cache.leases_given;
  place.lease.emplace(std::move(*lease));
  std::fill(place.entries.begin(), place.entries.end(), numbered_lease::entry::inside);
  *out = place.number;
  return MOESAIC_OK;
}

void hand_over(moesaic_cache& cache, numbered_lease& lease, const seat& given, moesaic_seat* out) noexcept {
  moesaic_seat s{};
  s.layer = number(given.expert.layer);
  s.expert = number(given.expert.expert);
  s.where = given.at == residence::slot ? MOESAIC_IN_SLOT : given.at == residence::frame ? MOESAIC_IN_FRAME : MOESAIC_ON_HOST;
  s.entry = given.entry;
  s.address = given.address;
  if (given.address != nullptr) s.offset = static_cast<std::uint64_t>(given.address - cache.begin);
  s.bytes = cache.footprint[cache.core.shape().space().flat(given.expert)].count;
  s.arrives = given.arrives.number;
  lease.entries[given.entry] = numbered_lease::entry::handed_out;
  answer(out, s);
}

/// One of the three ways of taking the next seat; `ask` answers it, nothing (all handed out), or a status of its own.
template <class Ask>
moesaic_status next_seat(moesaic_cache* cache, moesaic_lease number, moesaic_seat* out, Ask ask) noexcept {
  return inside(cache, [&]() -> answer_or_error {
    if (const result<void> fine = can_answer(out, "moesaic_seat"); !fine) return fine.error();
    const auto lease = lease_in(*cache, number);
    if (!lease) return lease.error();
    const result<std::pair<moesaic_status, seat>> next = ask(*(*lease)->lease);
    if (!next) return next.error();
    if (next->first == MOESAIC_OK) hand_over(*cache, **lease, next->second, out);
    return next->first;
  });
}
result<std::pair<moesaic_status, seat>> in_turn(const result<std::optional<seat>>& next) noexcept {
  if (!next) return next.error();
  return std::pair{*next ? MOESAIC_OK : MOESAIC_ALL_HANDED_OUT, next->value_or(seat{})};
}

answer_or_error tell(moesaic_cache& cache, const moesaic_hint* from) {
  const auto given = taken(from, "moesaic_hint");
  if (!given) return given.error();
  const model_shape& shape = cache.core.shape();
  if (given->layer >= shape.layers()) return error(error_code::bad_argument, "hint for MoE layer ", given->layer, "; the model has ", shape.layers());
  if (given->from > MOESAIC_FROM_TARGET_GATE_AHEAD) return error(error_code::bad_argument, "moesaic_hint.from is ", given->from, "; expected 0 to 4");
  if (given->at > 63) return error(error_code::bad_argument, "moesaic_hint.at is ", given->at, "; expected 0 to 63");
  const std::uint32_t experts = shape.experts(static_cast<layer_index>(given->layer));
  if (given->expert_count > experts || (given->expert_count > 0 && given->experts == nullptr) || (given->hidden_count > 0 && given->hidden == nullptr))
    return error(error_code::bad_argument, "a hint for MoE layer ", given->layer, " has ", given->expert_count, " experts and ", given->hidden_count,
                 " hidden values; expected at most ", experts, " experts, and a pointer to what is counted");
  for (std::uint32_t i = 0; i < given->expert_count; ++i) {
    const std::int32_t e = given->experts[i];
    if (e < 0 || static_cast<std::uint32_t>(e) >= experts || std::find(given->experts, given->experts + i, e) != given->experts + i)
      return error(error_code::bad_argument, "expert ", i, " of a hint for MoE layer ", given->layer, " is ", e, "; expected distinct numbers below ", experts);
    cache.routes[i] = static_cast<expert_index>(e);
  }
  hint early{.from = static_cast<provenance>(given->from), .layer = static_cast<layer_index>(given->layer), .at = {given->at}};
  early.experts = std::span(cache.routes).first(given->expert_count);
  if (given->weights != nullptr) early.weights = std::span(given->weights, given->expert_count);
  if (given->hidden != nullptr) early.hidden = std::span(given->hidden, given->hidden_count);
  cache.core.hear(early);
  return MOESAIC_OK;
}

}  // namespace
}  // namespace moesaic::c

using namespace moesaic::c;  // NOLINT(google-build-using-namespace): what follows is C
using moesaic::error;
using moesaic::error_code;
using moesaic::result;

moesaic_status moesaic_plan(const moesaic_options* options, moesaic_memory* out, moesaic_error* why) {
  return told(why, [&] { return plan_into(options, out); });
}
moesaic_status moesaic_create(const moesaic_options* options, moesaic_cache** out, moesaic_error* why) {
  return told(why, [&] { return create_into(options, out); });
}
moesaic_status moesaic_destroy(moesaic_cache** cache) {
  if (cache == nullptr || *cache == nullptr) return MOESAIC_OK;
  moesaic_cache* const ends = *cache;
  if (ends->alive != moesaic_cache::living) return MOESAIC_BAD_HANDLE;
  if (ends->inside.test_and_set(std::memory_order_acquire)) return MOESAIC_BUSY;  // stays so: callbacks may still run
  for (numbered_lease& l : ends->leases) l.lease.reset();
  ends->alive = 0;
  delete ends;
  *cache = nullptr;
  return MOESAIC_OK;
}

moesaic_status moesaic_acquire(moesaic_cache* cache, const moesaic_event* event, moesaic_lease* out) {
  return inside(cache, [&] { return acquire_into(*cache, event, out); });
}
moesaic_status moesaic_next(moesaic_cache* cache, moesaic_lease lease, moesaic_seat* out) {
  return next_seat(cache, lease, out, [](core::lease_type& from) { return in_turn(from.next()); });
}
moesaic_status moesaic_next_ahead(moesaic_cache* cache, moesaic_lease lease, moesaic_seat* out) {
  return next_seat(cache, lease, out, [](core::lease_type& from) { return in_turn(from.next_ahead()); });
}
moesaic_status moesaic_try_next(moesaic_cache* cache, moesaic_lease lease, moesaic_seat* out) {
  return next_seat(cache, lease, out, [](core::lease_type& from) -> result<std::pair<moesaic_status, moesaic::seat>> {
    const auto next = from.try_next();
    if (!next) return next.error();
    using kind = moesaic::poll_result::kind;
    const moesaic_status status = next->what == kind::ready ? MOESAIC_OK : next->what == kind::nothing_yet ? MOESAIC_NOTHING_YET : MOESAIC_ALL_HANDED_OUT;
    return std::pair{status, next->where};
  });
}
moesaic_status moesaic_release(moesaic_cache* cache, moesaic_lease lease, uint32_t entry, uint64_t last_use) {
  return inside(cache, [&]() -> answer_or_error {
    const auto held = lease_in(*cache, lease);
    if (!held) return held.error();
    using state = numbered_lease::entry;
    std::vector<state>& entries = (*held)->entries;
    if (entry >= entries.size() || entries[entry] == state::inside)
      return error(error_code::bad_argument, "lease ", lease, " has not handed out an entry ", entry);
    if (entries[entry] == state::released) return error(error_code::wrong_order, "entry ", entry, " of lease ", lease, " has been released before");
    entries[entry] = state::released;
    moesaic::seat done;
    done.entry = entry;
    (*held)->lease->release(done, {last_use});
    return MOESAIC_OK;
  });
}
moesaic_status moesaic_end(moesaic_cache* cache, moesaic_lease lease) {
  return inside(cache, [&]() -> answer_or_error {
    const auto held = lease_in(*cache, lease);
    if (!held) return held.error();
    (*held)->lease.reset();
    (*held)->number = 0;
    return MOESAIC_OK;
  });
}
moesaic_status moesaic_part_place(moesaic_cache* cache, uint32_t layer, uint32_t expert, uint32_t part, uint64_t* offset, uint64_t* bytes) {
  return inside(cache, [&]() -> answer_or_error {
    const file_link* const files = cache->core.link().files();
    if (files == nullptr) return error(error_code::wrong_order, "only a cache that reads files knows where parts lie");
    if (offset == nullptr || bytes == nullptr) return error(error_code::bad_argument, "a pointer for the place of a part is null");
    const bool there = layer < cache->core.shape().layers() && expert < cache->core.shape().experts(static_cast<moesaic::layer_index>(layer));
    const auto parts = there ? files->source().layout().parts(moesaic::make_expert(layer, expert)) : std::span<const moesaic::file::placed_part>{};
    if (part >= parts.size()) return error(error_code::bad_argument, "there is no part ", part, " of expert (layer ", layer, ", expert ", expert, ")");
    *offset = parts[part].offset_in_slot;
    *bytes = parts[part].size.count;
    return MOESAIC_OK;
  });
}

moesaic_status moesaic_tell_hint(moesaic_cache* cache, const moesaic_hint* hint) {
  return inside(cache, [&] { return tell(*cache, hint); });
}
moesaic_status moesaic_tell_draft(moesaic_cache* cache, uint32_t what, uint32_t tokens, int64_t nanoseconds) {
  return inside(cache, [&]() -> answer_or_error {
    if (what > MOESAIC_DRAFT_ENDED || tokens > moesaic::forecast::longest_window || nanoseconds < 0 || (what == MOESAIC_DRAFT_STARTED && tokens == 0))
      return error(error_code::bad_argument, "a draft is told with what = ", what, ", ", tokens, " tokens and ", nanoseconds,
                   " ns; expected what from 0 to 3, at most ", moesaic::forecast::longest_window, " tokens (at least 1 to start) and times from 0");
    switch (what) {
      case MOESAIC_DRAFT_STARTED: cache->core.hear(moesaic::draft_started{{tokens}}); break;
      case MOESAIC_TOKEN_DRAFTED: cache->core.hear(moesaic::token_drafted{{tokens}, {nanoseconds}}); break;
      case MOESAIC_DRAFT_CUT: cache->core.hear(moesaic::draft_cut{{tokens}}); break;
      default: cache->core.hear(moesaic::draft_ended{{tokens}}); break;
    }
    return MOESAIC_OK;
  });
}
moesaic_status moesaic_tell_step(moesaic_cache* cache, const moesaic_step* step) {
  return inside(cache, [&]() -> answer_or_error {
    const auto s = taken(step, "moesaic_step");
    if (!s) return s.error();
    if (s->accepted > s->verified || s->verified > s->drafted || s->drafting_ns < 0 || s->verifying_ns < 0 || s->stalled_ns < 0)
      return error(error_code::bad_argument, "a step drafted ", s->drafted, ", verified ", s->verified, " and accepted ", s->accepted,
                   " tokens, or took negative time; expected accepted <= verified <= drafted and times from 0");
    cache->core.end_step({{s->step},
                          {s->drafted},
                          {s->verified},
                          {s->accepted},
                          {s->committed},
                          {s->drafting_ns},
                          {s->verifying_ns},
                          {s->stalled_ns},
                          {s->bytes_demanded},
                          {s->bytes_prefetched}});
    return MOESAIC_OK;
  });
}
moesaic_status moesaic_pump(moesaic_cache* cache) {
  return inside(cache, [&]() -> answer_or_error {
    cache->core.pump();
    return MOESAIC_OK;
  });
}
moesaic_status moesaic_set_budget(moesaic_cache* cache, uint64_t bytes) {
  return inside(cache, [&]() -> answer_or_error {
    const result<void> set = cache->core.set_budget({bytes});
    if (!set) return set.error();
    return MOESAIC_OK;
  });
}
moesaic_status moesaic_count(moesaic_cache* cache, moesaic_counters* out) {
  return inside(cache, [&]() -> answer_or_error {
    if (const result<void> fine = can_answer(out, "moesaic_counters"); !fine) return fine.error();
    const moesaic::counters& n = cache->core.count();
    answer(out, moesaic_counters{0, 0, n.events, n.accesses, n.hits, n.misses, n.evictions, n.bypasses, n.host, n.prefetches, n.prefetch_used, n.prefetch_late,
                                 n.prefetch_wasted, n.failed, n.bytes_demanded.count, n.bytes_prefetched.count, n.bytes_host.count, n.stall.count});
    return MOESAIC_OK;
  });
}
moesaic_status moesaic_memory_use(moesaic_cache* cache, moesaic_memory* out) {
  return inside(cache, [&]() -> answer_or_error {
    if (const result<void> fine = can_answer(out, "moesaic_memory"); !fine) return fine.error();
    moesaic_memory m = memory_of(cache->core.planned());
    const moesaic::memory_peak& peak = cache->core.peak();
    m.budget = cache->core.budget().count;
    m.in_use = cache->core.in_use().count;
    m.peak_resident = peak.resident.count;
    m.peak_in_flight = peak.in_flight.count;
    m.peak_staging = peak.staging.count;
    m.peak_total = peak.total.count;
    answer(out, m);
    return MOESAIC_OK;
  });
}
moesaic_status moesaic_last_error(moesaic_cache* cache, moesaic_error* out) {
  return inside(cache, [&]() -> answer_or_error {  // whoever asks wrongly may ask again: his own failure is not kept
    if (const result<void> fine = can_answer(out, "moesaic_error"); !fine) return status_of(fine.error().code());
    answer(out, cache->last);
    return MOESAIC_OK;
  });
}

const char* moesaic_status_text(moesaic_status status) {
  switch (status) {
    case MOESAIC_ALL_HANDED_OUT: return "the lease has no further seat";
    case MOESAIC_NOTHING_YET: return "a seat is still on its way";
    case MOESAIC_OK: return "no failure";
    case MOESAIC_BAD_ARGUMENT: return "a value is outside its documented range";
    case MOESAIC_BAD_FILE: return "a file is not what its parts say it is";
    case MOESAIC_CANNOT_OPEN: return "a file is missing or not permitted";
    case MOESAIC_BELOW_FLOOR: return "the budget cannot hold one staging frame of the largest expert";
    case MOESAIC_DOES_NOT_FIT: return "the event needs more slots at once than there are";
    case MOESAIC_WRONG_ORDER: return "the call came at a moment that its contract excludes";
    case MOESAIC_RELEASE_FIRST: return "nothing more can arrive until a seat is released";
    case MOESAIC_TRANSFER_FAILED: return "an expert did not arrive";
    case MOESAIC_UNKNOWN_NAME: return "a text names no policy, system or scope";
    case MOESAIC_OUT_OF_MEMORY: return "the system refused memory";
    case MOESAIC_BAD_HANDLE: return "the cache is null, destroyed, or was never one";
    case MOESAIC_BUSY: return "another thread, or the caller of this callback, is inside the cache";
    case MOESAIC_INTERNAL: return "a defect of the library; please report it";
    default: return "no status of this library";
  }
}
const char* moesaic_version_text(void) { return MOESAIC_C_VERSION; }
uint32_t moesaic_abi(void) { return MOESAIC_ABI; }
