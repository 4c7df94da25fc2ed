// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <moesaic/cuda/staged.hpp>
#include <moesaic/transport/failing.hpp>
#include <moesaic/transport/memory_copy.hpp>

#include "conformance/transport_suite.hpp"
#include "cuda/host_experts.hpp"

using namespace moesaic;
using namespace moesaic_test;

namespace {
using reads = transports::memory_copy;
using staged_reads = cuda::staged<reads, stream_double>;

template <class Upstream>
struct staged_bench {
  static constexpr bool fails = !std::same_as<Upstream, reads>;
  std::shared_ptr<host_experts> far = std::make_shared<host_experts>(2, 5, 70, 31);
  std::shared_ptr<double_device> device;
  std::uint64_t staging = 0;

  cuda::staged<Upstream, stream_double> link() {
    cuda::staged_options options{.staging = {staging}, .alignment = {64}, .to_device = {.chunk = {48}, .ahead = 3}};
    return std::move(*cuda::staged<Upstream, stream_double>::create(device->api, &device->fences, upstream(), options));
  }
  Upstream upstream() const {
    reads plain(far->source(), {.capacity = 7});
    if constexpr (fails)
      return Upstream(std::move(plain), {.per_million = 200'000, .seed = 9});
    else
      return plain;
  }
  std::span<const expert_id> experts() const { return far->ids(); }
  bytes size(expert_id e) const { return far->room(e); }
  std::size_t alignment() const { return 64; }
  bool right(expert_id e, const std::byte* room) const { return far->right(e, room); }
};
template <class Upstream>
staged_bench<Upstream> bench_of(std::uint64_t staging, const stream_double::options& how) {
  staged_bench<Upstream> b;
  b.device = std::make_shared<double_device>(how);
  b.staging = staging;
  return b;
}

/// Reads that happen when the test says so, and then by the number.
class told_reads {
 public:
  explicit told_reads(transports::memory_source source) : inner_(std::move(source), {.capacity = 4}) {}
  [[nodiscard]] std::uint32_t capacity() const noexcept { return 4; }
  void submit(const transfer& what) noexcept {
    CHECK(what.after == fence{});
    order.push_back(what.number.number);
    inner_.submit(what);
  }
  std::uint32_t poll(std::span<completion> out) noexcept { return allowed == 0 ? 0 : (--allowed, inner_.poll(out)); }
  std::uint32_t wait(std::span<completion> out) noexcept { return loses ? 0 : inner_.wait(out); }
  bool cancel(ticket which) noexcept { return cancels && inner_.cancel(which); }
  [[nodiscard]] link_cost cost() const noexcept { return {microseconds(100), {5e8}}; }
  nanoseconds now() noexcept { return {}; }
  [[nodiscard]] std::optional<error> explain(expert_id, const completion& how) const noexcept {
    return error(error_code::bad_file, "model.gguf is cut, number ", how.system_error);
  }
  std::uint32_t allowed = 0;
  bool cancels = true;
  bool loses = false;
  std::vector<std::uint64_t> order;

 private:
  reads inner_;
};

struct world {
  host_experts far{4, 2, 100};
  double_device device{{.eager = 0, .own_targets_only = true}};
  cuda::device_memory<stream_double> slab = std::move(*cuda::device_memory<stream_double>::create(device.api, {8 * 4096}));
  cuda::staged<told_reads, stream_double> link;
  std::uint64_t last = 0;

  explicit world(std::uint64_t staging)
      : link(std::move(*cuda::staged<told_reads, stream_double>::create(device.api, &device.fences, told_reads(far.source()),
                                                                        {.staging = {staging}, .alignment = {64}, .to_device = {}}))) {}
  std::byte* room(std::uint32_t r) { return slab.memory().data() + std::size_t{4096} * r; }
  void ask(std::uint32_t which, cause why, fence after = {}) { link.submit({ticket{++last}, far.ids()[which], room(which), {128}, why, after}); }
  completion next() {
    std::array<completion, 1> out{};
    REQUIRE(link.wait(out) == 1);
    return out[0];
  }
};
}  // namespace

TEST_CASE("staged is a transport: room for everything, for two experts, for one") {
  for (const std::uint64_t staging : {4096U, 512U, 256U}) {
    CAPTURE(staging);
    auto bench = bench_of<reads>(staging, {.seed = staging, .eager = 300});
    conformance::a_transport(bench);
    CHECK(bench.device->api.misuses().empty());
  }
}
TEST_CASE("staged is a transport: reads and copies that fail") {
  conformance::a_transport(bench_of<transports::failing<reads>>(512, {.seed = 2, .eager = 500, .bad_copies = 50}));
}

TEST_CASE("reads go into the ring, demand before prefetch, and their number is what the ring holds") {
  world w(256);  // two pieces of 128
  w.ask(0, cause::prefetch);
  w.ask(1, cause::prefetch);
  w.ask(2, cause::prefetch);
  w.ask(3, cause::demand);
  CHECK(w.link.upstream().order == std::vector<std::uint64_t>{1, 2});
  CHECK(w.link.staging_in_use() == bytes{256});
  w.link.upstream().allowed = 100;
  while (w.next().number != ticket{3}) {}
  CHECK(w.link.upstream().order == std::vector<std::uint64_t>{1, 2, 4, 3});
  CHECK(w.link.staging_peak() == bytes{256});
  CHECK(w.link.staging_in_use() == bytes{});
  CHECK(w.device.api.pinned_bytes() == 256);
  for (std::uint32_t i = 0; i < 4; ++i) CHECK(w.far.right(w.far.ids()[i], w.room(i)));
}

TEST_CASE("at every stage a transfer can be cancelled, or is too late") {
  world w(128);
  w.ask(0, cause::demand);
  w.ask(1, cause::demand);
  CHECK(w.link.cancel(ticket{2}));  // waits for the ring
  w.ask(2, cause::prefetch);
  CHECK(w.link.cancel(ticket{1}));  // was being read; its piece goes on
  CHECK(w.link.upstream().order == std::vector<std::uint64_t>{1, 3});
  w.link.upstream().cancels = false;
  CHECK_FALSE(w.link.cancel(ticket{3}));
  CHECK(w.next().number == ticket{3});
  CHECK_FALSE(w.link.cancel(ticket{3}));
  CHECK(w.room(0)[0] == std::byte{0xEE});
  CHECK(w.room(1)[0] == std::byte{0xEE});
  CHECK(w.link.staging_in_use() == bytes{});
}

TEST_CASE("a copy waits for the room's last use, the read does not") {
  world w(256);
  const auto engine = w.device.api.make_stream(cuda::stream_priority::urgent).value;
  bool untouched = false;
  w.device.api.launch(engine, [&] { untouched = w.room(0)[0] == std::byte{0xEE}; });
  w.ask(0, cause::demand, *w.device.fences.record(engine));
  CHECK(w.link.upstream().order.size() == 1);
  CHECK(w.next().status == transfer_status::arrived);
  CHECK(untouched);
}

TEST_CASE("a stream waits for a ticket; the host waits for its read alone") {
  world w(128);
  const auto engine = w.device.api.make_stream(cuda::stream_priority::urgent).value;
  w.ask(0, cause::demand);
  w.ask(1, cause::prefetch);
  w.ask(2, cause::prefetch);  // behind both in a ring of one: is brought forward
  REQUIRE(w.link.arrives_on(ticket{3}, engine));
  bool right = false;
  w.device.api.launch(engine, [&] { right = w.far.right(w.far.ids()[2], w.room(2)); });
  CHECK(w.link.upstream().order == std::vector<std::uint64_t>{1, 3});
  w.device.api.run_all();
  CHECK(right);
  CHECK_FALSE(w.link.arrives_on(ticket{4}, engine));
  for (int i = 0; i < 3; ++i) CHECK(w.next().status == transfer_status::arrived);
  CHECK(w.link.arrives_on(ticket{1}, engine));
}

TEST_CASE("a read is not waited for behind a kernel, and its copy is given") {
  world w(256);
  const auto engine = w.device.api.make_stream(cuda::stream_priority::urgent).value;
  bool ran = false;
  w.device.api.launch(engine, [&] { ran = true; });
  w.ask(0, cause::demand, *w.device.fences.record(engine));
  std::array<completion, 1> out{};
  w.link.upstream().allowed = 1;
  CHECK(w.link.poll(out) == 0);  // is read, and its copy is held by the kernel
  w.ask(1, cause::demand);
  w.link.upstream().allowed = 0;
  REQUIRE(w.link.arrives_on(ticket{2}, engine));
  CHECK_FALSE(ran);
  w.ask(2, cause::demand);  // finds no place in the ring before the kernel has run
  CHECK(w.next().number == ticket{2});
  for (int i = 0; i < 2; ++i) (void)w.next();
  CHECK(ran);
}

TEST_CASE("a read that failed is never told to be there; a transport that takes another's place is done with the ring") {
  world w(128);
  w.link.submit({ticket{++w.last}, make_expert(0, 7), w.room(0), {128}, cause::demand, {}});
  CHECK(w.next().status == transfer_status::refused);
  const auto never = w.link.arrives_on(ticket{1}, {});
  REQUIRE_FALSE(never);
  CHECK(never.error().sentence() == "model.gguf is cut, number 0");
  w.ask(1, cause::demand);
  w.link.upstream().allowed = 1;
  std::array<completion, 1> out{};
  CHECK(w.link.poll(out) == 0);  // is being copied
  w.link = std::move(*cuda::staged<told_reads, stream_double>::create(w.device.api, &w.device.fences, told_reads(w.far.source()),
                                                                      {.staging = {128}, .alignment = {64}, .to_device = {}}));
  CHECK(w.far.right(w.far.ids()[1], w.room(1)));
  CHECK(w.device.api.misuses().empty());
  CHECK(w.link.wait(out) == 0);
}

TEST_CASE("failures keep their sentences, of either side") {
  world w(128);
  const auto sentence = [&](std::uint32_t which, std::string_view because) {
    CAPTURE(std::string(because));
    const completion told = w.next();
    CHECK(told.status != transfer_status::arrived);
    const auto why = w.link.explain(w.far.ids()[which], told);
    REQUIRE(why);
    CHECK(why->sentence().find(because) != std::string_view::npos);
  };
  w.link.submit({ticket{++w.last}, w.far.ids()[0], w.room(0), {129}, cause::demand, {}});
  sentence(0, "larger than the staging memory");
  w.link.submit({ticket{++w.last}, w.far.ids()[0], nullptr, {128}, cause::demand, {}});
  sentence(0, "no device memory was given");
  w.link.submit({ticket{++w.last}, make_expert(0, 7), w.room(0), {128}, cause::demand, {}});
  sentence(0, "model.gguf is cut, number 0");  // the upstream transport refuses
  w.device.api.set_bad_copies(1000);
  w.ask(1, cause::demand);
  const auto never = w.link.arrives_on(ticket{w.last}, {});
  REQUIRE_FALSE(never);
  CHECK(never.error().sentence().find("does not take this address") != std::string_view::npos);
  sentence(1, "(layer 0, expert 1) did not reach the device: the runtime does not take this address");
  w.device.api.set_bad_copies(0);
  w.link.upstream().loses = true;
  w.ask(2, cause::demand);
  sentence(2, "model.gguf is cut");  // it forgot the ticket
  CHECK(w.link.staging_in_use() == bytes{});
}

TEST_CASE("what it costs is the slower link and both overheads; memory refused leaves nothing behind") {
  world w(128);
  CHECK(w.link.cost().overhead == microseconds(110));
  CHECK(w.link.cost().rate.count == 5e8);
  CHECK(w.link.now() > w.link.upstream().now());  // the clock is the runtime's

  stream_double small({.pinned = {1000}});
  const host_experts far(1, 1, 100);
  for (std::uint64_t n = 1; n < 300; ++n) {
    stream_double api({.pinned = {1000}});
    if (n > 1) api.fail_call(n - 1, stream_double::no_memory);
    {
      auto made = staged_reads::create(api, nullptr, reads(far.source()), {.staging = {n > 1 ? 1000U : 1001U}, .alignment = {1}, .to_device = {}});
      if (made && n > 1 && !api.has_failed()) {
        CHECK(n > 60);  // a ring, three streams, two marks for each of 32 transfers and those of the chunks
        return;
      }
      REQUIRE_FALSE(made);
      CHECK(made.error().code() == error_code::out_of_memory);
    }
    CHECK(api.pinned_bytes() == 0);
    CHECK(api.handles() == 0);
    CHECK(api.misuses().empty());
  }
  CHECK(false);
}
