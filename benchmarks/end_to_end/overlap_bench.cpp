// SPDX-License-Identifier: MIT
// Does reading hide behind computing? A generated Mixture-of-Experts model is run in windows of tokens through the library's
// loop, experts coming from its file through a link that is slowed so that a layer's reads take about as long as its expert
// compute. What cannot be avoided per layer is: everything but experts, and the slower of expert compute and reads. Printed:
// measured time over that sum (1 is perfect, the gate is 1.15), and the ratio of compute to reads it was measured at.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

#include <moesaic/moesaic.hpp>
#include <moesaic/transport/file/file_transport.hpp>
#include <moesaic/transport/file/slab.hpp>
#include <moesaic/transport/slow.hpp>

#include "../../examples/decoder/engine/ggml_model.hpp"
#include "../../examples/decoder/engine/gguf_file.hpp"
#include "../../examples/decoder/make_model/recipe.hpp"

using namespace moesaic;
using decoder::ggml_model;

namespace {

constexpr std::uint32_t window = 256;
constexpr std::uint32_t windows = 4;

double seconds_now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

/// Adds up what each layer does: its own work, its experts, and the bytes that had to be read for them.
class timed_model {
 public:
  struct layer_times {
    double other = 0;
    double experts = 0;
    std::uint64_t read = 0;
  };

 private:
  [[nodiscard]] std::uint64_t moved() const noexcept { return watched == nullptr ? 0 : (watched->bytes_demanded + watched->bytes_prefetched).count; }
  template <class Work>
  auto timed(std::uint32_t at, Work work) {
    const double began = seconds_now();
    auto done = work();
    layers[at].other += seconds_now() - began;
    return done;
  }

  ggml_model inner_;
  std::uint32_t now_ = 0;
  std::uint64_t read_before_ = 0;

 public:
  std::vector<layer_times> layers;
  const counters* watched = nullptr;

  explicit timed_model(ggml_model inner) : inner_(std::move(inner)), layers(inner_.shape().layers()) {}

  [[nodiscard]] const model_shape& shape() const noexcept { return inner_.shape(); }
  result<void> begin(const token_window& w) {
    return timed(0, [&] { return inner_.begin(w); });
  }
  result<routed_layer> route(layer_index l) {
    now_ = number(l);
    read_before_ = moved();
    return timed(now_, [&] { return inner_.route(l); });
  }
  result<void> run(const seat& where) {
    const double began = seconds_now();
    result<void> done = inner_.run(where);
    layers[now_].experts += seconds_now() - began;
    return done;
  }
  result<void> combine(layer_index l) {
    layers[now_].read += moved() - read_before_;
    return timed(now_, [&] { return inner_.combine(l); });
  }
  result<logits_view> finish() {
    return timed(now_, [&] { return inner_.finish(); });
  }
  void keep(position p) noexcept { inner_.keep(p); }

  void forget() { layers.assign(layers.size(), {}); }
};

struct bundle {
  group_per_layer groups{};
  scoring::none scoring{};
  eviction::lru eviction{};
  admission::forced admission{};
  prediction::none prediction{};
  prefetch::none prefetch{};
  placement::fetch placement{};
  speculation::fixed speculation{};
};
using link = transports::slow<file::file_transport<>>;
using runtime = offload_runtime<timed_model, link, bundle>;

struct measured {
  double wall = 0;         ///< seconds per token
  double unavoidable = 0;  ///< seconds per token: other work + the slower of experts and reads, layer by layer
  double compute = 0;      ///< expert compute, seconds per token
  double read = 0;         ///< bytes over rate, seconds per token
  double bytes = 0;        ///< read per token
};

[[noreturn]] void give_up(const error& why) {
  std::fprintf(stderr, "bench_overlap: %.*s\n", static_cast<int>(why.sentence().size()), why.sentence().data());
  std::exit(1);
}
template <class T>
T need(result<T> r) {
  if (!r) give_up(r.error());
  return std::move(*r);
}

measured run(const std::string& path, double share, double rate) {
  const auto file = need(decoder::gguf_file::open(path));
  auto model = need(ggml_model::load(file, {.threads = 1, .longest_window = window, .bench = {}, .progress = {}}));
  const model_shape shape = model.shape();
  std::vector<file::part_in_file> parts;
  for (std::uint32_t l = 0; l < shape.layers(); ++l)
    for (std::uint32_t e = 0; e < shape.experts(static_cast<layer_index>(l)); ++e) {
      std::uint32_t n = 0;
      for (const auto& part : model.parts(make_expert(l, e))) parts.push_back({make_expert(l, e), n++, 0, part.offset, {part.bytes}});
    }
  auto source = need(file::expert_source::open(shape, std::span(&path, 1), parts, file::direct_reads::no));
  std::vector<ggml_model::part_offsets> offsets(shape.space().size());
  for (const auto& p : parts) offsets[shape.space().flat(p.expert)][p.part] = source.layout().parts(p.expert)[p.part].offset_in_slot;
  const auto footprints = source.layout().footprints();
  runtime_options how;
  how.residency.footprint.assign(footprints.begin(), footprints.end());
  const memory_plan whole = need(plan(shape, how.residency.footprint, {bytes::highest(), 2}));
  const auto wanted = static_cast<std::uint64_t>(static_cast<double>((whole.everything - whole.frame * 2U).count) * share);
  how.residency.budget.total = whole.frame * 2U + bytes{wanted};
  how.prefill_chunk = window;
  const auto memory = need(file::slab::create(how.residency.budget.total));
  how.residency.memory = memory.memory();
  model.place_parts(std::move(offsets));
  link slowed(need(file::file_transport<>::open(std::move(source), {.by = file::backend::pread, .threads = 1, .measure = false})), {.rate = {rate}});
  auto made = need(runtime::create(timed_model(std::move(model)), std::move(slowed), {}, std::move(how)));
  made.model().watched = &made.cache().count();

  std::vector<token_id> tokens(window);
  for (std::uint32_t i = 0; i < window; ++i) tokens[i] = static_cast<token_id>((i * 37 + 11) % 500);
  need(made.prefill(tokens));  // warms the file's pages and the slots
  made.model().forget();
  const double began = seconds_now();
  for (std::uint32_t w = 0; w < windows; ++w) need(made.prefill(tokens));
  measured m;
  const double count = double{window} * windows;
  m.wall = (seconds_now() - began) / count;
  for (const timed_model::layer_times& l : made.model().layers) {
    const double reads = rate > 0 ? static_cast<double>(l.read) / rate : 0;
    m.unavoidable += (l.other + std::max(l.experts, reads)) / count;
    m.compute += l.experts / count;
    m.read += reads / count;
    m.bytes += static_cast<double>(l.read) / count;
  }
  return m;
}

class generated_file {
 public:
  generated_file() : path_((std::filesystem::temp_directory_path() / ("moesaic_overlap_" + std::to_string(::getpid()) + ".gguf")).string()) {
    decoder::recipe what;
    what.layers = 4;
    what.width = 512;
    what.heads = 8;
    what.key_value_heads = 4;
    what.head_width = 64;
    what.experts = 32;
    what.top_k = 4;
    what.inner = 1024;
    what.type = GGML_TYPE_Q8_0;
    if (result<void> done = decoder::make_model(what, path_); !done) give_up(done.error());
  }
  ~generated_file() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// `percent`: of the experts that slots hold; 0 is the floor and one frame: everything streams.
void overlap(benchmark::State& state, const generated_file& file) {
  const double share = static_cast<double>(state.range(0)) / 100;
  const measured fast = run(file.path(), share, 0);  // how many bytes this budget reads, and what computing takes
  for (auto _ : state) {
    const measured m = run(file.path(), share, fast.bytes / fast.compute);
    state.counters["time_over_unavoidable"] = m.wall / m.unavoidable;
    state.counters["compute_over_read"] = m.compute / m.read;
    state.counters["ms_per_token"] = m.wall * 1e3;
    state.counters["unavoidable_ms"] = m.unavoidable * 1e3;
    state.counters["no_overlap_ms"] = (m.unavoidable + std::min(m.compute, m.read)) * 1e3;
    state.counters["MB_per_token"] = m.bytes / 1e6;
    state.counters["link_MB_per_s"] = fast.bytes / fast.compute / 1e6;
  }
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  const generated_file file;
  benchmark::RegisterBenchmark("overlap/slots_percent", overlap, std::cref(file))
      ->Arg(0)
      ->Arg(25)
      ->Arg(50)
      ->Iterations(1)
      ->Unit(benchmark::kMillisecond)
      ->Repetitions(3);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
