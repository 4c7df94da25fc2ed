// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include <conformance/transport_suite.hpp>

#include "program/expert_link.hpp"

namespace {

using namespace moesaic;
using namespace moesaic::decoder;

const std::string model_path = MOESAIC_MODELS "/moesaic-demo-moe-q8_0.gguf";

/// The shipped model's experts, through one way of reading.
struct file_bench {
  options how;
  std::shared_ptr<ggml_model> model;
  std::shared_ptr<std::string> file_bytes;
  std::shared_ptr<file::expert_layout> layout;
  std::vector<expert_id> ids;

  explicit file_bench(options o) : how(std::move(o)) {
    auto opened = gguf_file::open(model_path);
    REQUIRE(opened);
    auto loaded = ggml_model::load(*opened, {});
    REQUIRE(loaded);
    model = std::make_shared<ggml_model>(std::move(*loaded));
    std::ifstream in(model_path, std::ios::binary);
    file_bytes = std::make_shared<std::string>(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
    layout = std::make_shared<file::expert_layout>(link().layout());
    for (std::uint32_t i = 0; i < 24; ++i) ids.push_back(make_expert(i % 8, i * 13 % 64));
  }
  expert_link link() const {
    auto opened = expert_link::open(*model, how);
    REQUIRE(opened);
    return std::move(*opened);
  }
  std::span<const expert_id> experts() const { return ids; }
  bytes size(expert_id e) const { return layout->footprint(e); }
  std::size_t alignment() const { return layout->alignment().count; }
  bool right(expert_id e, const std::byte* room) const {
    for (std::size_t i = 0; i < 3; ++i) {
      const file_range& part = model->parts(e)[i];
      if (std::memcmp(room + layout->parts(e)[i].offset_in_slot, file_bytes->data() + part.offset, part.bytes) != 0) return false;
    }
    return true;
  }
};

}  // namespace

TEST_CASE("every way of reading experts is a transport") {
  for (const io_kind by : {io_kind::automatic, io_kind::pread, io_kind::mapped})
    for (const bool buffered : {false, true})
      for (const bool throttled : {false, true}) {
        if (by == io_kind::mapped && buffered) continue;  // there is no other way to map
        options o;
        o.io = by;
        if (buffered) o.direct = false;
        if (throttled) o.throttle = bytes_per_second{4e9};
        CAPTURE(static_cast<int>(by));
        CAPTURE(buffered);
        CAPTURE(throttled);
        conformance::a_transport(file_bench(o), 300);
      }
}

TEST_CASE("what a link says about itself") {
  options o;
  o.io = io_kind::mapped;
  file_bench bench(o);
  auto link = bench.link();
  CHECK(link.backend_name() == "mmap");
  CHECK_FALSE(link.direct());
  CHECK_FALSE(link.explain(bench.ids[0], {}));  // nothing is wrong with the file
  o.io = io_kind::pread;
  o.direct = false;
  CHECK(file_bench(o).link().backend_name() == "pread");
}
