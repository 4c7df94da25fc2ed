// SPDX-License-Identifier: MIT
#include "routed_run.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <fstream>

#include <moesaic/cache/extent_arena.hpp>
#include <moesaic/cache/uniform_arena.hpp>
#include <moesaic/runtime/offload_runtime.hpp>
#include <moesaic/transport/file/slab.hpp>

#include "command_line/progress.hpp"
#include "command_line/rooms.hpp"
#include "expert_link.hpp"
#include "run_record.hpp"

namespace moesaic::decoder {
namespace {

template <class Arena>
using runtime = offload_runtime<tapped_model<ggml_model>, expert_link, watched_policies, chosen_drafter, token_choice, Arena>;

/// The runtime as `generate` wants to see it.
template <class Arena>
struct watched_loop {
  runtime<Arena>& inner;
  std::uint32_t longest_window;  // the last committed token and the drafted ones behind it

  result<token_id> prefill(std::span<const token_id> prompt) { return inner.prefill(prompt); }
  /// A window never reaches behind the end of the context.
  result<step_report> step(std::uint32_t most) {
    const std::uint32_t context = inner.model().inner().context(), length = inner.length().count;
    const std::uint32_t room = context > length ? context - length : 1;
    return inner.step(std::min({most, longest_window, room}));
  }
  result<logits_view> evaluate_last() { return inner.evaluate_last(); }
  void forget(position p) noexcept { inner.model().keep(p); }
  [[nodiscard]] counters count() { return inner.cache().count(); }
};

/// What the kernel says this process has read from storage.
std::optional<bytes> kernel_reads() {
  std::ifstream io("/proc/self/io");
  std::string key;
  for (std::uint64_t value = 0; io >> key >> value;)
    if (key == "read_bytes:") return bytes{value};
  return std::nullopt;
}

/// Where the parts of every expert lie in its room, for the engine.
std::vector<ggml_model::part_offsets> offsets_of(const model_shape& shape, const file::expert_layout& layout) {
  std::vector<ggml_model::part_offsets> offsets(shape.space().size());
  for (std::uint32_t flat = 0; flat < shape.space().size(); ++flat) {
    const expert_id e = shape.space().id(flat);
    if (!shape.contains(e)) continue;
    const auto parts = layout.parts(e);
    for (std::size_t i = 0; i < offsets[flat].size(); ++i) offsets[flat][i] = parts[i].offset_in_slot;
  }
  return offsets;
}

/// The budget in bytes: `all` is whatever it takes to hold every expert and the staging.
result<memory_budget> budget_for(const options& o, const model_shape& shape, std::span<const bytes> footprints, bool one_pool_of_slots) {
  memory_budget budget;
  if (!o.budget.everything()) {
    budget.total = o.budget.of(shape.total());
    return budget;
  }
  budget.total = bytes::highest();
  const auto whole = plan(shape, footprints, budget);
  if (!whole) return whole.error();
  budget.total = one_pool_of_slots ? whole->frame * (budget.frames + shape.expert_count()) : whole->everything;
  return budget;
}

/// Lets the engine compute experts where they lie in the mapped file. Each is looked at before it is used: a file that was cut
/// is an error, not the end of the process; and each takes its time on a throttled link.
template <class Arena>
void let_host_compute(runtime<Arena>& run, const mapped_files& mapped) {
  run.model().inner().map_files(mapped.starts());
  run.model().before_host = [&run, &mapped](expert_id e) -> result<void> {
    bytes read{};
    for (const file_range& part : run.model().inner().parts(e)) {
      if (const auto there = mapped.part(part.file, part.offset, {part.bytes}); !there) return there.error();
      read += bytes{part.bytes};
    }
    run.cache().link().charge(read);
    return {};
  };
}

/// What the prefetch scheduler wants before the first token: with `fill_room`, all that fits.
template <class Arena>
void fill_rooms(runtime<Arena>& run, bool quiet, report& r) {
  const auto began = std::chrono::steady_clock::now();
  command_line::progress shown("moesaic-decode", !quiet);
  const bytes before = run.cache().link().bytes_read();
  const bytes most = std::min(run.cache().planned().slots, run.cache().shape().total());
  run.cache().link().on_wait = [&](bytes read) { shown.update("reading experts", (read - before).count, most.count); };
  run.warm_up();
  run.cache().link().on_wait = {};
  shown.done();
  r.seconds.load += std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
}

/// What is left when a file is cut while it is being computed from: the system sends a signal. Say so and end.
void end_in_words(int) {
  static constexpr char sentence[] =
      "moesaic-decode: the model's file was cut, or could not be read, while an expert was computed in place; restore it, or "
      "leave out --placement host and --io mmap\n";
  (void)!::write(STDERR_FILENO, sentence, sizeof sentence - 1);
  ::_exit(1);
}

template <class Arena>
std::optional<broken_off> run_with(tapped_model<ggml_model> model, expert_link link, command_line::chosen_policies policies, chosen_drafter draft,
                                   token_choice rule, memory_budget budget, const mapped_files* mapped, run_record& record, const options& o,
                                   const generation_order& order, const tokenizer& words, text_output& out, report& r) {
  const auto memory = file::slab::create(budget.total);
  if (!memory) return broken_off{memory.error()};
  const auto footprints = link.layout().footprints();
  runtime_options how;
  how.residency.budget = budget;
  how.residency.footprint.assign(footprints.begin(), footprints.end());
  how.residency.memory = memory->memory();
  how.residency.host_possible = mapped != nullptr;
  how.prefill_chunk = model.inner().longest_window();
  how.time_limit = o.speculation.time_limit;
  watched_policies watched{std::move(policies), {&record}};
  auto made = runtime<Arena>::create(std::move(model), std::move(link), std::move(watched), std::move(how), std::move(draft), std::move(rule));
  if (!made) return broken_off{made.error()};

  if (mapped != nullptr) let_host_compute(*made, *mapped);
  const memory_plan& planned = made->cache().planned();
  r.budget = {budget.total, planned.floor, planned.recommended, planned.frame, planned.frames};
  const auto kernel_before = kernel_reads();
  const bytes read_before = made->cache().link().bytes_read();
  fill_rooms(*made, o.quiet, r);
  watched_loop<Arena> loop{*made, o.speculation.length.value_or(runtime<Arena>::longest_draft) + 1};
  const result<void> done = generate(loop, order, words, out, r);
  const auto kernel_after = kernel_reads();
  if (kernel_before && kernel_after) r.io.kernel_read = *kernel_after - *kernel_before;
  r.io.read = made->cache().link().bytes_read() - read_before + made->cache().count().bytes_host;
  r.peak = made->cache().peak();
  r.regret = record.regret();
  r.prompt_work = made->model().prompt_work();
  r.foretold.assign(made->model().foretold().by_distance().begin(), made->model().foretold().by_distance().end());
  r.decode_work = made->model().decode_work();
  const result<void> recorded = record.finish(static_cast<bool>(done), made->cache().count());
  if (done && !recorded) return broken_off{recorded.error(), true};
  if (done) return std::nullopt;
  return broken_off{done.error(), true};
}

}  // namespace

result<command_line::policy_names> named_policies(const options& o) {
  auto names = command_line::choose_policies(o.system, o.parts);
  if (!names) return names.error();
  names->speculation = o.speculation.governor_spec(names->speculation);
  if (const auto fine = o.speculation.check_time_limit(names->speculation); !fine) return fine.error();
  return names;
}

std::optional<broken_off> run_routed(tapped_model<ggml_model> model, token_choice rule, const options& o, const generation_order& order, const tokenizer& words,
                                     text_output& out, report& r) {
  const auto names = named_policies(o);
  if (!names) return broken_off{names.error()};
  auto policies = command_line::make_policies(*names, o.libraries);
  if (!policies) return broken_off{policies.error()};
  if (const auto foretells = spec::parse(names->prediction); foretells && foretells->name() == "next_gate")
    if (const auto layers = foretells->number("horizon", prediction::next_gate{}.horizon, 1, 65'535); layers)
      model.inner().preview(static_cast<std::uint32_t>(*layers));
  if (o.speculation.length.value_or(0) >= model.inner().context())
    return broken_off{error(error_code::bad_argument, "--draft-length ", *o.speculation.length, " does not fit a context of ", model.inner().context(),
                            " tokens; give a shorter one, or a larger --context")};
  const auto began = std::chrono::steady_clock::now();
  auto draft = make_drafter(o.speculation.draft, {model.inner(), o.model, order.prompt.size(), o.half_cache ? GGML_TYPE_F16 : GGML_TYPE_F32,
                                                  static_cast<float>(o.temperature), static_cast<float>(o.top_p), o.seed});
  if (!draft) return broken_off{draft.error()};
  r.seconds.load += std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  auto link = expert_link::open(model.inner(), o);
  if (!link) return broken_off{link.error()};

  const model_shape& shape = model.shape();
  const file::expert_layout& layout = link->layout();
  model.inner().place_parts(offsets_of(shape, layout));
  r.policies = *names;
  r.draft = o.speculation.draft_text;
  r.draft_bytes = draft->size();
  r.model.experts = shape.widest_layer();
  r.model.top_k = shape.top_k(layer_index{});
  r.model.expert_bytes_total = shape.total();
  r.model.expert_bytes_max = shape.largest();
  r.io.backend = link->backend_name();
  r.io.direct = link->direct();
  r.io.alignment = layout.alignment();

  std::optional<mapped_files> mapped;
  if (const auto placed = spec::parse(names->placement); placed && placed->name() != "fetch") {
    auto opened = mapped_files::open(model.inner().files());
    if (!opened) return broken_off{opened.error()};
    mapped.emplace(std::move(*opened));
  }
  if (mapped || o.io == io_kind::mapped) std::signal(SIGBUS, end_in_words);
  const mapped_files* const in_place = mapped ? &*mapped : nullptr;
  const bool per_layer = policies->groups.per_layer;
  const bool exact = command_line::wants_exact_rooms(per_layer, layout.footprints());
  const auto budget = budget_for(o, shape, layout.footprints(), !per_layer && !exact);
  if (!budget) return broken_off{budget.error()};
  auto record = run_record::open(o, r.model.architecture, *names);
  if (!record) return broken_off{record.error(), record.error().code() == error_code::transfer_failed};  // a full disk is no wrong request
  if (exact)
    return run_with<extent_arena>(std::move(model), std::move(*link), std::move(*policies), std::move(*draft), std::move(rule), *budget, in_place, *record, o,
                                  order, words, out, r);
  return run_with<uniform_arena>(std::move(model), std::move(*link), std::move(*policies), std::move(*draft), std::move(rule), *budget, in_place, *record, o,
                                 order, words, out, r);
}

}  // namespace moesaic::decoder
