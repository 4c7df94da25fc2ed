// SPDX-License-Identifier: MIT
#pragma once

#include <moesaic_c.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace moesaic_test {

/// A transport in C with its hand on everything: completes the newest transfer first, writes the expert's number over its room.
struct c_transport {
  std::vector<moesaic_transfer> open{};
  std::uint64_t submitted = 0;
  std::uint64_t fail_at = 0;   ///< the submission that comes back as a read error, unless it is withdrawn; 0: none
  std::uint64_t failures = 0;  ///< that were reported
  std::int64_t clock = 0;
  std::function<void()> on_submit{};

  moesaic_transport table() {
    moesaic_transport t{};
    t.size = sizeof t;
    t.capacity = 4;
    t.user = this;
    t.submit = [](void* user, const moesaic_transfer* what) {
      auto& me = *static_cast<c_transport*>(user);
      me.open.push_back(*what);
      if (++me.submitted == me.fail_at) me.failing = what->ticket;
      if (me.on_submit) me.on_submit();
    };
    t.poll = [](void* user, moesaic_completion* out, std::uint32_t room) {
      auto& me = *static_cast<c_transport*>(user);
      std::uint32_t told = 0;
      while (told < room && !me.open.empty()) {
        const moesaic_transfer what = me.open.back();
        me.open.pop_back();
        const bool fails = what.ticket == me.failing;
        me.failures += fails ? 1 : 0;
        if (what.to != nullptr && !fails)
          for (std::uint64_t i = 0; i < what.bytes; ++i) static_cast<std::uint8_t*>(what.to)[i] = mark(what.layer, what.expert);
        out[told++] = {what.ticket, fails ? 0 : what.bytes, static_cast<std::uint32_t>(fails ? MOESAIC_READ_ERROR : MOESAIC_ARRIVED), fails ? 5 : 0};
      }
      return told;
    };
    t.cancel = [](void* user, std::uint64_t ticket) {
      return static_cast<std::uint32_t>(std::erase_if(static_cast<c_transport*>(user)->open, [=](const moesaic_transfer& t2) { return t2.ticket == ticket; }));
    };
    t.now = [](void* user) { return static_cast<c_transport*>(user)->clock += 1000; };
    return t;
  }
  static std::uint8_t mark(std::uint32_t layer, std::uint32_t expert) { return static_cast<std::uint8_t>(layer * 16 + expert + 1); }

  std::uint64_t failing = 0;
};

/// Options for 3 layers of 8 experts of 100 bytes (128 with alignment), two a token, a third of them in fast memory.
struct c_engine {
  c_transport link{};
  std::vector<moesaic_layer> layers = std::vector<moesaic_layer>(3, {8, 2, 100});
  moesaic_transport table = link.table();
  moesaic_options options{};

  c_engine() {
    options.size = sizeof options;
    options.layer_count = 3;
    options.layers = layers.data();
    options.budget = 128 * 10;
    options.transport = &table;
  }
  c_engine(const c_engine&) = delete;
  c_engine& operator=(const c_engine&) = delete;
};

/// What `moesaic_create` answers, with the sentence; the cache ends with this.
struct made_cache {
  moesaic_cache* cache = nullptr;
  moesaic_status status = MOESAIC_OK;
  std::string sentence{};

  explicit made_cache(const moesaic_options* options) {
    moesaic_error why{};
    why.size = sizeof why;
    status = moesaic_create(options, &cache, &why);
    sentence = why.sentence;
  }
  made_cache(const made_cache&) = delete;
  made_cache& operator=(const made_cache&) = delete;
  ~made_cache() { moesaic_destroy(&cache); }
};

template <class S>
S sized() {
  S made{};
  made.size = sizeof made;
  return made;
}

inline moesaic_event event_of(std::uint32_t layer, std::uint64_t step, const std::vector<std::int32_t>& routes) {
  auto e = sized<moesaic_event>();
  e.layer = layer;
  e.step = e.first_token = step;
  e.phase = MOESAIC_DECODE;
  e.tokens = 1;
  e.k = static_cast<std::uint32_t>(routes.size());
  e.routes = routes.data();
  return e;
}

inline std::string last_sentence(moesaic_cache* cache) {
  auto why = sized<moesaic_error>();
  return moesaic_last_error(cache, &why) == MOESAIC_OK ? why.sentence : "no last error";
}
inline bool says(std::string_view sentence, std::string_view words) { return sentence.find(words) != std::string_view::npos; }

/// Leases an event, looks at every byte of every seat, releases all, ends. The first failure, or MOESAIC_OK.
inline moesaic_status run_event(moesaic_cache* cache, const moesaic_event& event) {
  moesaic_lease lease = 0;
  if (const moesaic_status s = moesaic_acquire(cache, &event, &lease); s != MOESAIC_OK) return s;
  moesaic_status failed = MOESAIC_OK;
  for (;;) {
    auto seat = sized<moesaic_seat>();
    const moesaic_status s = moesaic_next(cache, lease, &seat);
    if (s == MOESAIC_ALL_HANDED_OUT) break;
    if (s == MOESAIC_TRANSFER_FAILED) {
      failed = s;
      continue;
    }
    if (s != MOESAIC_OK) {
      failed = s;
      break;
    }
    for (std::uint64_t i = 0; seat.address != nullptr && i < seat.bytes; ++i)
      if (static_cast<const std::uint8_t*>(seat.address)[i] != c_transport::mark(seat.layer, seat.expert)) failed = MOESAIC_INTERNAL;
    if (const moesaic_status r = moesaic_release(cache, lease, seat.entry, 0); r != MOESAIC_OK) failed = r;
  }
  if (const moesaic_status e = moesaic_end(cache, lease); e != MOESAIC_OK) failed = e;
  return failed;
}

}  // namespace moesaic_test
