// SPDX-License-Identifier: MIT
#pragma once

// Part of trace/journal_decoder.hpp: record by record. Include that one.
#include <bit>

#include <moesaic/trace/journal_decoder.hpp>

namespace moesaic::trace::journal {

template <class Bytes>
record decoder::next(field_reader<Bytes>& from) {
  const auto lease = [&] { return from.at_most(1, "a third lease"); };
  const auto small = [&](const char* what) { return from.at_most(0xFFFF'FFFFU, what); };
  const auto call = [&](seen::lease_call::kind what) { return seen::lease_call{what, lease()}; };
  const auto read_completions = [&](bool waited) {
    told_.clear();
    for (auto n = from.at_most(1'024, "more than 1024 completions at once"); n > 0 && from.fine(); --n) {
      completion c;
      c.number = {from.number()};
      c.status = from.one_of(transfer_status::refused, "an unknown end of a transfer");
      c.moved = {from.number()};
      c.system_error = static_cast<std::int32_t>(from.signed_number());
      told_.push_back(c);
    }
    return seen::completions{waited, told_};
  };

  for (;;) {
    const auto what = static_cast<tag>(from.bytes().byte());
    switch (what) {
      case tag::step:
        begun_ = true;
        step_.step = {from.number()};
        step_.first_token = {from.number()};
        step_.during = from.one_of(phase::verify, "an unknown phase");
        step_.tokens = from.at_most(most_routes, "a step of too many tokens");
        if (!from.fine()) return ended{};
        continue;
      case tag::event: return event(from);
      case tag::next: return call(seen::lease_call::kind::next);
      case tag::try_next: return call(seen::lease_call::kind::try_next);
      case tag::next_ahead: return call(seen::lease_call::kind::next_ahead);
      case tag::end_of_lease: return call(seen::lease_call::kind::end);
      case tag::release: {
        const auto of = lease();
        const auto entry = small("an entry above 2^32");
        return seen::release{of, entry, {from.number()}};
      }
      case tag::pump: return seen::pump{};
      case tag::pump_until_quiet: return seen::pump{true};
      case tag::hint: return hinted(from);
      case tag::draft_cut: return draft_cut{{small("a draft of more than 2^32 tokens")}};
      case tag::end_of_step: return from.outcome();
      case tag::budget: return seen::budget_change{{from.number()}};
      case tag::governor_asked: {
        seen::governor_asked g;
        g.what = from.one_of(seen::governor_asked::question::verify, "an unknown question");
        g.drafted = {small("a draft of more than 2^32 tokens")};
        g.last_probability = from.real();
        g.possible = {small("a draft of more than 2^32 tokens")};
        g.time_limit = {from.signed_number()};
        return g;
      }
      case tag::governor_told: return seen::governor_told{from.outcome()};
      case tag::governor_told_beyond: {
        seen::governor_told g{from.outcome()};
        g.outcome.beyond = from.one_of(step_outcome::fate::stood, "an unknown fate of a drafted token");
        return g;
      }
      case tag::sequence: return seen::sequence{};
      case tag::draft_started: return draft_started{{small("a draft of more than 2^32 tokens")}};
      case tag::token_drafted: {
        const draft_length drafted{small("a draft of more than 2^32 tokens")};
        return token_drafted{drafted, {from.signed_number()}};
      }
      case tag::draft_ended: return draft_ended{{small("a draft of more than 2^32 tokens")}};
      case tag::end: return ended{};
      case tag::clock:
        now_ = {static_cast<std::int64_t>(static_cast<std::uint64_t>(now_.count) + static_cast<std::uint64_t>(from.signed_number()))};
        return seen::clock{now_};
      case tag::cost: {
        const nanoseconds overhead{from.signed_number()};
        return link_cost{overhead, {std::bit_cast<double>(from.bits(8))}};
      }
      case tag::polled_nothing: return seen::completions{};
      case tag::polled: return read_completions(false);
      case tag::waited: return read_completions(true);
      case tag::cancelled: {
        const ticket which{from.number()};
        return seen::cancelled{which, from.at_most(1, "an unknown answer to a cancel") != 0};
      }
      default: return decision(what, from);
    }
  }
}

template <class Bytes>
record decoder::event(field_reader<Bytes>& from) {
  layer_event e = step_;
  if (!begun_) from.object("an event before the first step");
  e.layer = layer(from);
  const auto flags = from.at_most(7, "unknown flags of an event");
  ids(from, e.layer, from.at_most(most_routes, "an event of too many routes"));
  reals(from, (flags & 4U) != 0 ? static_cast<std::uint32_t>(ids_.size()) : 0, weights_);
  e.routes = ids_;
  e.weights = weights_;
  if (!from.fine()) return seen::acquire{};
  if ((flags & 2U) == 0) {
    e.wanted = demands_.collect({.tokens = e.tokens, .experts = e.routes, .weights = e.weights});
  } else {
    wanted_.clear();
    for (auto n = from.at_most(shape_->experts(e.layer), "an event of more experts than the layer has"); n > 0 && from.fine(); --n) {
      const auto id = from.template at_most<std::uint16_t>(shape_->experts(e.layer) - 1, "an expert the layer does not have");
      const auto tokens = from.at_most(0xFFFF'FFFFU, "more than 2^32 tokens");
      wanted_.push_back({static_cast<expert_index>(id), tokens, {from.at_most(0xFFFF'FFFFU, "a gate mass above 2^32")}});
      if (wanted_.size() > 1 && !(wanted_[wanted_.size() - 2].expert < wanted_.back().expert)) from.object("wanted experts that do not ascend");
    }
    e.wanted = wanted_;
  }
  if (e.wanted.empty()) from.object("an event that wants no experts");
  return seen::acquire{e, (flags & 1U) != 0};
}

template <class Bytes>
record decoder::hinted(field_reader<Bytes>& from) {
  hint h;
  h.from = from.one_of(provenance::target_gate_ahead, "an unknown provenance");
  h.layer = layer(from);
  h.at = {from.at_most(0xFFFF'FFFFU, "a draft of more than 2^32 tokens")};
  ids(from, h.layer, from.at_most(most_routes, "a hint of too many experts"));
  reals(from, from.at_most(most_routes, "a hint of too many weights"), weights_);
  reals(from, from.at_most(most_routes, "a hint of too large a hidden state"), hidden_);
  h.experts = ids_;
  h.weights = weights_;
  h.hidden = hidden_;
  return h;
}

template <class Bytes>
record decoder::decision(tag what, field_reader<Bytes>& from) {
  const auto why = [](bool prefetch) { return prefetch ? cause::prefetch : cause::demand; };
  const auto wide = [&] { return from.at_most(0xFFFF'FFFFU, "a number above 2^32"); };
  switch (what) {
    case tag::leased: return seen::leased{from.at_most(1, "a third lease")};
    case tag::found: {
      const expert_id e = expert(from);
      const auto flags = from.at_most(6, "an unknown state of an expert");
      if ((flags & 3U) == 3) from.object("an unknown state of an expert");
      return seen::found{e, static_cast<residency_state>(flags & 3U), (flags & 4U) != 0};
    }
    case tag::placed: {
      const expert_id e = expert(from);
      return seen::placed{e, from.one_of(remedy::host, "an unknown remedy")};
    }
    case tag::victim: {
      seen::victim v;
      const auto flags = from.at_most(31, "unknown flags of a victim");
      v.why = why((flags & 2U) != 0);
      v.group = from.template at_most<std::uint16_t>(65'535, "an eviction group above 65535");
      if ((flags & 1U) != 0) v.newcomer = expert(from);
      if ((flags & 4U) != 0) v.chosen = expert(from);
      if ((flags & 8U) != 0) v.key_of_chosen = utility{from.signed_number()};
      if ((flags & 16U) != 0) v.key_of_newcomer = utility{from.signed_number()};
      return v;
    }
    case tag::judged: {
      seen::judged j;
      const auto flags = from.at_most(7, "unknown flags of a verdict");
      j.keep = (flags & 1U) != 0;
      j.why = why((flags & 2U) != 0);
      j.newcomer = expert(from);
      if ((flags & 4U) != 0) j.displaces = expert(from);
      return j;
    }
    case tag::left: {
      seen::left l;
      const auto flags = from.at_most(1, "unknown flags of a leaver");
      l.expert = expert(from);
      if (flags != 0) l.newcomer = expert(from);
      return l;
    }
    case tag::admitted: {
      const expert_id e = expert(from);
      return admitted{e, from.one_of(cause::prefetch, "an unknown cause")};
    }
    case tag::submitted: {
      const auto flags = from.at_most(3, "unknown flags of a transfer");
      const expert_id e = expert(from);
      return seen::submitted{e, {from.number()}, why((flags & 1U) != 0), (flags & 2U) != 0 ? residence::frame : residence::slot};
    }
    case tag::wish: {
      const expert_id e = expert(from);
      return seen::wish{{e, {from.signed_number()}}};
    }
    case tag::held_back: return seen::held_back{};
    case tag::fate: {
      const expert_id e = expert(from);
      return seen::fate{e, from.one_of(prefetch_fate::withdrawn, "an unknown fate")};
    }
    case tag::handed_out: {
      seen::handed_out h;
      h.lease = from.at_most(1, "a third lease");
      h.entry = wide();
      h.expert = expert(from);
      h.at = from.one_of(residence::host, "an unknown place");
      h.arrives = {from.number()};
      return h;
    }
    case tag::failed: return seen::failed{from.one_of(error_code::context_full, "an unknown error")};
    case tag::governor_answered: return seen::governor_answered{wide()};
    case tag::counted: {
      counted c;
      counters& n = c.count;
      for (std::uint64_t* const to : {&n.events, &n.accesses, &n.hits, &n.misses, &n.evictions, &n.bypasses, &n.host, &n.prefetches, &n.prefetch_used,
                                      &n.prefetch_late, &n.prefetch_wasted, &n.failed, &n.bytes_demanded.count, &n.bytes_prefetched.count, &n.bytes_host.count})
        *to = from.number();
      n.stall = {from.signed_number()};
      return c;
    }
    default: from.object("an unknown record"); return ended{};
  }
}

}  // namespace moesaic::trace::journal
