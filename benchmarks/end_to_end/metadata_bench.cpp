// SPDX-License-Identifier: MIT
// How long a model's metadata takes to open: a GGUF header of 96 layers of so many experts, with a vocabulary of 150,000 tokens, in a sparse file
// that is written first and removed at the end. The argument is experts per layer; 1,024 make a file of a terabyte.
//
//   header/<experts>   keys and tensors, checked
//   experts/<experts>  the same, and where every part of every expert lies, as moesaic-plan and the file transports want it
#include <benchmark/benchmark.h>

#include <cstdint>
#include <cstdio>
#include <string>

#include <unistd.h>

#include <engine/gguf_file.hpp>
#include <plan/model_facts.hpp>

#include "support/sparse_model.hpp"

namespace {

/// The file of so many experts per layer, gone at the end; an empty path where the file system cannot have it.
class model_on_disk {
 public:
  explicit model_on_disk(std::int64_t experts) : path_("moesaic_bench_" + std::to_string(::getpid()) + ".gguf") {
    moesaic_test::sparse_model model;
    model.experts = experts;
    if (!model.write(path_)) path_.clear();
  }
  model_on_disk(const model_on_disk&) = delete;
  model_on_disk& operator=(const model_on_disk&) = delete;
  ~model_on_disk() {
    if (!path_.empty()) std::remove(path_.c_str());
  }
  [[nodiscard]] const std::string& path() const noexcept { return path_; }

 private:
  std::string path_;
};

template <class Open>
void opens(benchmark::State& state, Open open) {
  const model_on_disk model(state.range(0));
  if (model.path().empty()) return state.SkipWithError("no sparse files of this size here");
  for (auto _ : state) {
    auto opened = open(model.path());
    if (!opened) return state.SkipWithError(std::string(opened.error().sentence()).c_str());
    benchmark::DoNotOptimize(opened);
  }
}

void header(benchmark::State& state) { opens(state, moesaic::decoder::gguf_file::open); }
void experts(benchmark::State& state) { opens(state, moesaic::planning::read_model); }
BENCHMARK(header)->Arg(64)->Arg(1'024)->Unit(benchmark::kMillisecond);
BENCHMARK(experts)->Arg(64)->Arg(1'024)->Unit(benchmark::kMillisecond);

}  // namespace
