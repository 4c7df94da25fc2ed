// SPDX-License-Identifier: MIT
// What reading costs where nobody computes: the experts that a recorded run misses are read again, by the transport of moesaic-decode with its
// request sizes and queue, for against_the_bound.py.
//
//     reads_alone MODEL.gguf JOURNAL BUDGET COLD       BUDGET: bytes, as moesaic-decode had them; COLD: tokens that are not counted
//
// Once layer by layer, as a decoder has to ask that learns a layer's experts when the layer before is done, and once in a row: the whole
// list, the link's queue always full. The first time is what overlap cannot hide, the second is the bandwidth of these requests.
// One line of JSON.
#include <chrono>
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <moesaic/cache/residency.hpp>
#include <moesaic/core/routing.hpp>
#include <moesaic/sim/routing_tape.hpp>
#include <moesaic/systems/on_demand.hpp>
#include <moesaic/trace/hub/open_trace.hpp>
#include <moesaic/transport/borrowed.hpp>
#include <moesaic/transport/file/slab.hpp>

#include "command_line/amounts.hpp"
#include "command_line/program.hpp"
#include "program/expert_link.hpp"

using namespace moesaic;
using decoder::expert_link;

namespace {

double seconds_now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

/// Remembers who was asked for.
class noting : public transports::borrowed<expert_link> {
 public:
  noting(expert_link& link, std::vector<expert_id>& asked) noexcept : borrowed(link), asked_(&asked) {}
  void submit(const transfer& what) noexcept {
    asked_->push_back(what.expert);
    borrowed::submit(what);
  }

 private:
  std::vector<expert_id>* asked_;
};
using cache_type = residency<noting, systems::on_demand>;

struct measured {
  double seconds = 0;
  bytes read{};
  std::uint64_t misses = 0;  ///< of all tokens behind the first, which was the prompt
};

/// All tokens of the tape through a residency, whose seats are given back unused.
result<measured> layer_by_layer(cache_type& cache, const sim::routing_tape& tape, std::uint32_t cold, std::vector<expert_id>& asked) {
  demand_collector demands(tape.shape().experts);
  measured m;
  double began = 0;
  for (std::uint32_t token = 0; token < tape.tokens(); ++token) {
    if (token == 1) m.misses = cache.count().misses;
    if (token == cold) {
      asked.clear();
      began = seconds_now();
      m.read = cache.count().bytes_demanded;
    }
    layer_event event{.step = {token}, .first_token = {token}, .during = phase::decode, .tokens = 1};
    for (std::uint32_t l = 0; l < tape.shape().layers; ++l) {
      event.layer = static_cast<layer_index>(l);
      event.routes = tape.routes(token, event.layer);
      event.wanted = demands.collect({.tokens = 1, .k = tape.shape().top_k, .experts = event.routes});
      auto lease = cache.acquire(event);
      if (!lease) return lease.error();
      for (;;) {
        const auto seat = lease->next();
        if (!seat) return seat.error();
        if (!*seat) break;
        lease->release(**seat);
      }
    }
    cache.end_step({.step = {token}, .committed = {1}});
  }
  m.seconds = seconds_now() - began;
  m.read = cache.count().bytes_demanded - m.read;
  m.misses = cache.count().misses - m.misses;
  return m;
}

/// The same experts, the queue never empty.
result<measured> in_a_row(expert_link& link, const model_shape& shape, std::span<const expert_id> asked, std::span<std::byte> memory, bytes room) {
  std::vector<std::byte*> free;
  for (std::uint64_t at = 0; at + room.count <= memory.size() && free.size() < link.capacity(); at += room.count) free.push_back(memory.data() + at);
  struct travelling {
    expert_id expert;
    std::byte* to;
  };
  std::vector<travelling> all;
  std::vector<completion> told(link.capacity());
  const std::uint64_t before = std::uint64_t{1} << 40U;  // above the numbers the residency gave
  measured m;
  const double began = seconds_now();
  for (std::size_t done = 0; done < asked.size();) {
    while (!free.empty() && all.size() < asked.size()) {
      const expert_id e = asked[all.size()];
      all.push_back({e, free.back()});
      free.pop_back();
      link.submit({.number = {before + all.size()}, .expert = e, .to = all.back().to, .size = link.layout().footprint(e), .why = cause::demand, .after = {}});
      m.read += shape.size_of(e);
    }
    const std::uint32_t n = link.wait(told);
    for (const completion& c : std::span(told).first(n)) {
      const travelling& who = all[c.number.number - before - 1];
      if (c.status != transfer_status::arrived)
        if (const auto why = link.explain(who.expert, c)) return *why;
      free.push_back(who.to);
    }
    done += n;
  }
  m.seconds = seconds_now() - began;
  return m;
}

result<void> measure(const char* model_path, const char* journal, bytes budget, std::uint32_t cold) {
  decoder::options o;
  o.model = model_path;
  const auto file = decoder::gguf_file::open(o.model);
  if (!file) return file.error();
  const auto model = decoder::ggml_model::load(*file, {});
  if (!model) return model.error();
  auto link = expert_link::open(*model, o);
  if (!link) return link.error();
  auto reader = trace::open_trace(journal, {});
  if (!reader) return reader.error();
  const auto tape = sim::routing_tape::read(*reader, [](std::uint32_t) {});
  if (!tape) return tape.error();
  if (tape->shape().layers != model->shape().layers() || tape->shape().experts != model->shape().widest_layer() || tape->tokens() <= cold)
    return error(error_code::bad_argument, journal, " is of another model, or has no more than ", cold, " tokens; please record it with --journal");
  const auto memory = file::slab::create(budget);
  if (!memory) return memory.error();
  std::vector<expert_id> asked;
  residency_options how;
  how.budget = {budget};
  how.footprint.assign(link->layout().footprints().begin(), link->layout().footprints().end());
  how.memory = memory->memory();
  measured in_turn;
  bytes room{};
  {
    auto cache = cache_type::create(model->shape(), noting(*link, asked), {}, std::move(how));
    if (!cache) return cache.error();
    auto found = layer_by_layer(*cache, *tape, cold, asked);
    if (!found) return found.error();
    in_turn = *found;
    room = cache->planned().frame;
  }
  const auto alone = in_a_row(*link, model->shape(), asked, memory->memory(), room);
  if (!alone) return alone.error();
  std::printf("{\"tokens\": %" PRIu32 ", \"misses\": %" PRIu64 ", \"bytes\": %" PRIu64 ", \"layer_by_layer_s\": %.6f, \"in_a_row_s\": %.6f}\n",
              tape->tokens() - cold, in_turn.misses, in_turn.read.count, in_turn.seconds, alone->seconds);
  return {};
}

}  // namespace

int main(int count, char** words) {
  constexpr command_line::program self("reads_alone");
  if (count != 5) return self.complain("expected MODEL.gguf JOURNAL BUDGET COLD", command_line::wrong_request);
  const auto budget = command_line::whole_number(words[3], 1, UINT64_MAX);
  const auto cold = command_line::whole_number(words[4], 0, UINT32_MAX);
  if (!budget || !cold) return self.complain("expected a budget in bytes, and a number of tokens", command_line::wrong_request);
  const auto done = measure(words[1], words[2], {*budget}, static_cast<std::uint32_t>(*cold));
  return done ? 0 : self.complain(done.error(), command_line::failed_half_way);
}
