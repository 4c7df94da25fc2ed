// SPDX-License-Identifier: MIT
// What transports give and cost.
//
//   read/<backend>/<longest read KiB>/<at once>/<memory>   experts of 1.67 MB in three parts, past the page cache where the
//                                                          file system allows; bytes/s. memory: slab (2 MiB pages) or ordinary
//   bookkeeping/<transport>                                a submission and its completion, without bytes to speak of
//
// The model file is written once, below the working directory, and removed at the end.

#include <sys/mman.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

#include <benchmark/benchmark.h>

#include <moesaic/transport/file/file_transport.hpp>
#include <moesaic/transport/instant.hpp>
#include <moesaic/transport/memory_copy.hpp>
#include <moesaic/transport/recorded.hpp>
#include <moesaic/transport/simulated.hpp>
#include <moesaic/transport/slow.hpp>

#if __has_include(<liburing.h>)
#include <moesaic/transport/file/uring.hpp>
using link_type = moesaic::file::file_transport<moesaic::file::uring>;
#else
using link_type = moesaic::file::file_transport<>;
#endif

namespace {

using namespace moesaic;

constexpr std::uint32_t expert_count = 160;
constexpr std::uint64_t part_bytes = 557'056;  // 768 × 2048 × Q8_0 is 1,671,168 bytes for three
constexpr std::uint32_t open_at_once = 8;

/// A model of one layer, written to disk when first asked for.
class model_on_disk {
 public:
  model_on_disk() : path_("moesaic_bench_" + std::to_string(::getpid()) + ".bin") {}
  model_on_disk(const model_on_disk&) = delete;
  model_on_disk& operator=(const model_on_disk&) = delete;
  ~model_on_disk() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }
  result<file::expert_source> open() {
    std::vector<file::part_in_file> parts;
    for (std::uint32_t p = 0; p < 3; ++p)  // as GGUF has it: all gates of a layer, then all ups, then all downs
      for (std::uint32_t e = 0; e < expert_count; ++e)
        parts.push_back({make_expert(0, e), p, 0, 4'000 + (std::uint64_t{p} * expert_count + e) * part_bytes, bytes{part_bytes}});
    if (!written_ && !write()) return error(error_code::cannot_open, "cannot write ", path_, ": please run where there is room for 270 MB");
    written_ = true;
    return file::expert_source::open(*model_shape::uniform(1, expert_count, 8, bytes{3 * part_bytes}), std::span(&path_, 1), parts);
  }

 private:
  bool write() const {
    std::FILE* const out = std::fopen(path_.c_str(), "wb");
    if (out == nullptr) return false;
    std::vector<std::byte> chunk(1U << 20U, std::byte{42});
    bool fine = true;
    for (std::uint64_t left = 4'000 + 3 * expert_count * part_bytes; left > 0 && fine;) {
      const std::size_t n = std::min<std::uint64_t>(left, chunk.size());
      fine = std::fwrite(chunk.data(), 1, n, out) == n;
      left -= n;
    }
    fine = std::fflush(out) == 0 && ::fsync(::fileno(out)) == 0 && fine;
    return std::fclose(out) == 0 && fine;
  }
  std::string path_;
  bool written_ = false;
};

void read_experts(benchmark::State& state, model_on_disk& model, file::file_transport_options options, bool on_slab) {
  options.measure = false;
  auto source = model.open();
  if (!source) return state.SkipWithError(std::string(source.error().sentence()).c_str());
  const bytes room = source->layout().footprint(make_expert(0, 0));
  auto link = link_type::open(std::move(*source), options);
  if (!link) return state.SkipWithError(std::string(link.error().sentence()).c_str());
  const std::uint64_t stride = rounded_up(room, {file::slab::huge_page}).count;
  auto memory = file::slab::create({stride * open_at_once});
  if (!memory) return state.SkipWithError(std::string(memory.error().sentence()).c_str());
  if (!on_slab) ::madvise(memory->memory().data(), memory->memory().size(), MADV_NOHUGEPAGE);
  std::fill(memory->memory().begin(), memory->memory().end(), std::byte{1});

  std::array<completion, open_at_once> out{};
  std::array<std::uint64_t, open_at_once> ticket_of{};
  std::uint64_t number = 0;
  std::uint32_t next = 0;
  const bytes before = link->bytes_read();
  const auto submit = [&](std::uint32_t r) {
    ticket_of[r] = ++number;
    next = (next + 37) % expert_count;  // somewhere else each time
    link->submit({ticket{number}, make_expert(0, next), memory->memory().data() + stride * r, room, cause::demand, {}});
  };
  for (std::uint32_t r = 0; r < open_at_once; ++r) submit(r);
  for (auto _ : state) {
    const std::uint32_t n = link->wait(out);
    for (std::uint32_t i = 0; i < n; ++i) {
      if (out[i].status != transfer_status::arrived) return state.SkipWithError("a read failed");
      for (std::uint32_t r = 0; r < open_at_once; ++r)
        if (ticket_of[r] == out[i].number.number) submit(r);
    }
  }
  state.SetBytesProcessed(static_cast<std::int64_t>((link->bytes_read() - before).count));
  state.SetLabel(std::string(link->backend_name()) + (link->direct() ? ", direct" : ", through the page cache") +
                 (on_slab && !memory->huge_pages() ? ", no 2 MiB pages here" : ""));
}

/// `in_a_row` transfers of 64 bytes, then their completions.
template <class Link>
void bookkeeping(benchmark::State& state, Link link) {
  constexpr std::uint32_t in_a_row = 4;
  alignas(64) std::array<std::array<std::byte, 64>, in_a_row> rooms{};
  std::array<completion, in_a_row> out{};
  std::uint64_t number = 0;
  for (auto _ : state) {
    for (std::uint32_t i = 0; i < in_a_row; ++i) link.submit({ticket{++number}, make_expert(0, i), rooms[i].data(), bytes{64}, cause::demand, {}});
    for (std::uint32_t told = 0; told < in_a_row;) told += link.wait(std::span(out).subspan(told));
    benchmark::DoNotOptimize(out);
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(number));
}

transports::memory_copy copies_of(const std::array<std::byte, 64>& far) {
  transports::memory_source source(expert_space(1, 4));
  for (std::uint32_t e = 0; e < 4; ++e) source.add(make_expert(0, e), {far.data(), bytes{64}, 0});
  return transports::memory_copy(std::move(source));
}

}  // namespace

int main(int argc, char** argv) {
  model_on_disk model;
  for (const file::backend by : {file::backend::uring, file::backend::pread})
    for (const std::uint64_t longest : {256U, 1'024U, 2'048U})
      for (const std::uint32_t at_once : {2U, 4U, 8U})
        for (const bool on_slab : {true, false}) {
          if (!on_slab && at_once != 8) continue;
          file::file_transport_options options;
          options.by = by;
          options.threads = at_once;
          options.depth = at_once;
          options.longest_read = kibibytes(longest);
          const std::string name = std::string("read/") + (by == file::backend::uring ? "uring/" : "pread/") + std::to_string(longest) + "/" +
                                   std::to_string(at_once) + (on_slab ? "/slab" : "/ordinary");
          benchmark::RegisterBenchmark(name.c_str(), [=, &model](benchmark::State& state) { read_experts(state, model, options, on_slab); })
              ->UseRealTime()
              ->MinTime(0.4);
        }
  const std::array<std::byte, 64> far{};
  using namespace transports;
  benchmark::RegisterBenchmark("bookkeeping/instant", [](benchmark::State& s) { bookkeeping(s, instant()); });
  benchmark::RegisterBenchmark("bookkeeping/simulated", [](benchmark::State& s) { bookkeeping(s, simulated()); });
  benchmark::RegisterBenchmark("bookkeeping/slow over instant", [](benchmark::State& s) { bookkeeping(s, slow(instant(8))); });
  // Nine entries a round, so that the tape is not full before the end.
  benchmark::RegisterBenchmark("bookkeeping/recorded over instant", [](benchmark::State& s) {
    bookkeeping(s, recorded(instant(), 1U << 20U));
  })->Iterations(100'000);
  benchmark::RegisterBenchmark("bookkeeping/memory_copy", [&far](benchmark::State& s) { bookkeeping(s, copies_of(far)); });
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
