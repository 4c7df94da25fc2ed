// SPDX-License-Identifier: MIT
#include <algorithm>
#include <utility>

#include <moesaic/cuda/staged.hpp>

#include "support/stream_double.hpp"
#include "transport/file/file_transport_cases.hpp"

// From model files through the pinned ring to the device: the whole way, but for the device.
using namespace file_transport_cases;
using moesaic_test::stream_double;

namespace {
const file_transport_options by_pread{.by = backend::pread, .capacity = 6, .threads = 3, .longest_read = bytes{4096}, .measure = false};
using staged_files = cuda::staged<file_transport<>, stream_double>;

staged_files staged_over(stream_double& api, expert_source source, bytes staging) {
  const bytes alignment{source.layout().alignment()};
  return std::move(*staged_files::create(api, nullptr, open<file_transport<>>(std::move(source), by_pread), {staging, alignment, {}}));
}
}  // namespace

TEST_CASE("files through staging are a transport") {
  const model_files files;
  for (const direct_reads direct : {direct_reads::automatic, direct_reads::no}) {
    stream_double api({.eager = 300});
    bytes largest{};
    {
      const expert_source source = files.open();
      for (const expert_id e : files.experts()) largest = std::max(largest, rounded_up(source.layout().footprint(e), {4096}));
    }
    file_bench bench(files, [&](expert_source s) { return staged_over(api, std::move(s), largest * 2U); }, direct);
    conformance::a_transport(bench);
    CHECK(api.misuses().empty());
    CHECK(api.pinned_peak() <= 4 * largest.count);  // two of them where one is moved into another
    CHECK(api.pinned_bytes() == 0);
  }
}
