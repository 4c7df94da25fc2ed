// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "conformance/transport_suite.hpp"
#include "cuda/host_experts.hpp"

using namespace moesaic;
using namespace moesaic_test;

namespace {
/// Rooms are plain memory here: to the double it is all the same.
struct stream_bench {
  static constexpr bool fails = true;  // only with bad copies; the cases without count for themselves
  std::shared_ptr<host_experts> far = std::make_shared<host_experts>(2, 5, 70, 31);
  std::shared_ptr<double_device> device;
  cuda::lane_options options{.capacity = 7, .chunk = {48}, .ahead = 3, .own_copy = {40}};

  explicit stream_bench(const stream_double::options& how) : device(std::make_shared<double_device>(how)) {}
  double_transport link() { return std::move(*double_transport::create(device->api, &device->fences, far->source(), options)); }
  std::span<const expert_id> experts() const { return far->ids(); }
  bytes size(expert_id e) const { return far->room(e); }
  std::size_t alignment() const { return 1; }
  bool right(expert_id e, const std::byte* room) const { return far->right(e, room); }
};
struct faithful_bench : stream_bench {
  static constexpr bool fails = false;
  using stream_bench::stream_bench;
};

/// One expert a layer of `size` bytes, rooms in the double's device memory.
struct world {
  host_experts far;
  double_device device;
  cuda::device_memory<stream_double> slab;
  double_transport link;
  std::uint64_t last = 0;

  explicit world(const cuda::lane_options& options, std::uint64_t size = 100, const stream_double::options& how = {.eager = 0, .own_targets_only = true})
      : far(4, 2, size),
        device(how),
        slab(std::move(*cuda::device_memory<stream_double>::create(device.api, {8 * 4096}))),
        link(std::move(*double_transport::create(device.api, &device.fences, far.source(), options))) {}
  std::byte* room(std::uint32_t r) { return slab.memory().data() + std::size_t{4096} * r; }
  ticket ask(std::uint32_t which, cause why, fence after = {}) { return ask_into(which, which, why, after); }
  ticket ask_into(std::uint32_t which, std::uint32_t r, cause why, fence after = {}) {
    const ticket t{++last};
    link.submit({t, far.ids()[which], room(r), {4096}, why, after});
    return t;
  }
  completion next() {
    std::array<completion, 1> out{};
    REQUIRE(link.wait(out) == 1);
    return out[0];
  }
};
}  // namespace

TEST_CASE("stream_transport is a transport: copies that are late, or prompt") {
  faithful_bench late({.seed = 3, .eager = 100});
  conformance::a_transport(late);
  CHECK(late.device->api.misuses().empty());
}
TEST_CASE("stream_transport is a transport: copies that are refused") { conformance::a_transport(stream_bench({.seed = 5, .eager = 700, .bad_copies = 60})); }

TEST_CASE("small parts travel in a batch, large ones alone") {
  for (const bool small : {true, false}) {
    world w({.capacity = 8, .own_copy = {small ? 101U : 10U}});
    const std::uint64_t before = w.device.api.calls();
    w.ask(0, cause::demand);  // three parts
    CHECK(w.device.api.batches() == (small ? 1 : 0));
    CHECK(w.device.api.calls() - before == (small ? 3 : 5));  // and a mark on either side
    CHECK(w.next().moved == bytes{100});
    CHECK(w.far.right(w.far.ids()[0], w.room(0)));
  }
}

TEST_CASE("a demand overtakes the prefetches that were not given yet") {
  for (const bool one_link : {true, false}) {
    world w({.capacity = 8, .chunk = {50}, .ahead = 2}, 200, {.eager = 0, .one_link = one_link, .own_targets_only = true});
    for (std::uint32_t i = 0; i < 4; ++i) w.ask(i, cause::prefetch);
    CHECK(w.ask(4, cause::demand) == ticket{5});
    // 100 of the 800 bytes were given before it: two chunks.
    CHECK(w.next().number == ticket{5});
    CHECK(w.device.api.copied() <= 300 + (one_link ? 0 : 100));
    for (std::uint64_t i = 1; i <= 4; ++i) CHECK(w.next().number == ticket{i});
    for (std::uint32_t i = 0; i < 5; ++i) CHECK(w.far.right(w.far.ids()[i], w.room(i)));
  }
}

TEST_CASE("what was not given to the device can be cancelled, also a half") {
  world w({.capacity = 8, .chunk = {50}, .ahead = 1}, 200);
  w.ask(0, cause::prefetch);
  w.ask(1, cause::prefetch);
  w.ask(2, cause::demand);
  CHECK_FALSE(w.link.cancel(ticket{3}));  // is with its stream
  CHECK(w.link.cancel(ticket{2}));        // waits here
  CHECK_FALSE(w.link.cancel(ticket{2}));
  CHECK_FALSE(w.link.cancel(ticket{1}));  // a chunk of it travels
  w.device.api.run_all();
  std::array<completion, 2> out{};
  REQUIRE(w.link.poll(out) == 1);  // and by this call the second chunk of the first was given
  CHECK(out[0].number == ticket{3});
  w.device.api.run_all();
  CHECK(w.link.cancel(ticket{1}));  // what was given has arrived
  CHECK(w.link.wait(out) == 0);
  const std::byte left = w.room(0)[199];
  w.device.api.run_all();
  CHECK(w.room(0)[199] == left);
  CHECK(w.room(1)[0] == std::byte{0xEE});
}

TEST_CASE("a room is not written before its last use") {
  for (const cause why : {cause::demand, cause::prefetch}) {
    CAPTURE(static_cast<int>(why));
    world w({.capacity = 8});
    const auto engine = w.device.api.make_stream(cuda::stream_priority::urgent).value;
    bool read = false, untouched = false;
    w.device.api.launch(engine, [&] { read = true, untouched = w.room(0)[0] == std::byte{0xEE}; });
    const fence last = *w.device.fences.record(engine);
    w.ask(0, why, last);
    CHECK(w.next().status == transfer_status::arrived);
    CHECK(read);
    CHECK(untouched);
  }
}

TEST_CASE("a demand for a free room does not wait behind one whose room is in use") {
  world w({.capacity = 8});
  const auto engine = w.device.api.make_stream(cuda::stream_priority::urgent).value;
  const auto gate = w.device.api.make_event().value;
  const auto other = w.device.api.make_stream(cuda::stream_priority::idle).value;
  bool open = false;
  // A kernel that does not end until `other` has done something.
  w.device.api.launch(other, [&] { open = true; });
  REQUIRE(w.device.api.record(gate, other).ok());
  REQUIRE(w.device.api.wait(engine, gate).ok());
  const fence last = *w.device.fences.record(engine);
  w.ask(0, cause::demand, last);
  w.ask(1, cause::demand);
  CHECK(w.next().number == ticket{2});
  CHECK(w.next().number == ticket{1});
  CHECK(open);
}

TEST_CASE("a stream waits for a ticket without the host") {
  for (const cause why : {cause::demand, cause::prefetch}) {
    world w({.capacity = 8, .chunk = {16}, .ahead = 1}, 300);
    const auto engine = w.device.api.make_stream(cuda::stream_priority::urgent).value;
    w.ask(0, cause::prefetch);  // keeps the idle stream full
    const ticket t = w.ask(1, why);
    REQUIRE(w.link.arrives_on(t, engine));
    bool right = false;
    w.device.api.launch(engine, [&] { right = w.far.right(w.far.ids()[1], w.room(1)); });
    CHECK(w.device.api.copied() == 0);  // nobody waited
    w.device.api.run_all();
    CHECK(right);
    // Half of it given already: the rest is given now.
    REQUIRE(w.link.arrives_on(ticket{1}, engine));
    bool first = false;
    w.device.api.launch(engine, [&] { first = w.far.right(w.far.ids()[0], w.room(0)); });
    w.device.api.run_all();
    CHECK(first);
    (void)w.next(), (void)w.next();
    CHECK(w.link.arrives_on(t, engine));  // was told: there
    const auto never = w.link.arrives_on(ticket{77}, engine);
    REQUIRE_FALSE(never);
    CHECK(never.error().code() == error_code::wrong_order);
  }
}

TEST_CASE("a room that another transfer still writes is written after it") {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    world w({.capacity = 8, .chunk = {30}, .ahead = 2}, 200, {.seed = seed, .eager = 500, .own_targets_only = true});
    splitmix dice{seed};
    const auto engine = w.device.api.make_stream(cuda::stream_priority::urgent).value;
    std::uint32_t newest = 0;
    for (std::uint32_t i = 0; i < 4; ++i) {
      fence after{};
      if (dice.chance(400)) {
        w.device.api.launch(engine, [] {});
        after = *w.device.fences.record(engine);
      }
      w.ask_into(newest = dice.below(8), 3, dice.chance(500) ? cause::demand : cause::prefetch, after);
    }
    for (std::uint32_t i = 0; i < 4; ++i) CHECK(w.next().status == transfer_status::arrived);
    CHECK(w.far.right(w.far.ids()[newest], w.room(3)));
  }
}

TEST_CASE("what cannot be sent is refused, with a sentence") {
  world w({.capacity = 8, .own_copy = {1}});  // no batches: of those some may have been given
  const auto refused = [&](expert_id e, std::byte* to, std::uint64_t size, fence after, std::string_view because) {
    CAPTURE(std::string(because));
    w.link.submit({ticket{++w.last}, e, to, bytes{size}, cause::demand, after});
    const completion told = w.next();
    CHECK(told.status == transfer_status::refused);
    CHECK(told.moved == bytes{});
    const auto why = w.link.explain(e, told);
    REQUIRE(why);
    CHECK(why->sentence().find(because) != std::string_view::npos);
    return told;
  };
  const expert_id good = w.far.ids()[0];
  refused(make_expert(9, 0), w.room(0), 4096, {}, "source has no such expert");
  refused(good, nullptr, 4096, {}, "no device memory was given");
  refused(good, w.room(0), w.far.room(good).count - 1, {}, "footprint");
  refused(good, w.room(0), 4096, fence{1}, "the fence it has to wait for was not recorded");
  w.device.api.set_bad_copies(1000);
  CHECK(refused(good, w.room(0), 4096, {}, "(layer 0, expert 0) did not reach the device: the runtime does not take this address").system_error ==
        stream_double::invalid);
  w.device.api.set_bad_copies(0);
  w.ask(0, cause::demand);
  const completion fine = w.next();
  CHECK(fine.status == transfer_status::arrived);
  CHECK_FALSE(w.link.explain(good, fine));

  double_transport blind = std::move(*double_transport::create(w.device.api, nullptr, w.far.source(), {}));
  blind.submit({ticket{1}, good, w.room(0), {4096}, cause::demand, fence{1}});
  std::array<completion, 1> out{};
  REQUIRE(blind.wait(out) == 1);
  CHECK(out[0].system_error == cuda::refusal::unknown_fence);
}

TEST_CASE("a lost device fails what is open and what comes, and says so") {
  world w({.capacity = 4, .chunk = {16}, .ahead = 1}, 300);
  w.ask(0, cause::demand);
  w.ask(1, cause::prefetch);
  w.ask(2, cause::prefetch);
  w.device.api.lose();
  for (std::uint64_t i = 1; i <= 3; ++i) {
    const completion told = w.next();
    CHECK(told.number == ticket{i});
    CHECK(told.status == (i == 3 ? transfer_status::refused : transfer_status::read_error));
    CHECK(told.system_error == stream_double::lost);
    CHECK(w.link.explain(w.far.ids()[0], told)->sentence().find("the device is lost") != std::string_view::npos);
  }
  const ticket late = w.ask(3, cause::demand);
  const auto never = w.link.arrives_on(late, {});
  REQUIRE_FALSE(never);
  CHECK(never.error().sentence().find("compute-sanitizer") != std::string_view::npos);
  CHECK(w.next().status == transfer_status::refused);
}

TEST_CASE("a runtime that will not say what has become of copies counts as lost, and nobody waits for what was not given") {
  world w({.capacity = 4, .chunk = {16}, .ahead = 1}, 300);
  w.ask(0, cause::prefetch);
  w.ask(1, cause::prefetch);  // was not given
  for (int i = 0; i < 8; ++i) {
    w.device.api.fail_call(1, stream_double::invalid);
    CHECK(w.link.poll({}) == 0);
  }
  const auto engine = w.device.api.make_stream(cuda::stream_priority::urgent).value;
  CHECK_FALSE(w.link.arrives_on(ticket{2}, engine));
  CHECK(w.next().status == transfer_status::read_error);
  CHECK(w.next().status == transfer_status::refused);
}

TEST_CASE("a ticket that was told as failed is never told to be there") {
  world w({.capacity = 4, .own_copy = {1}});
  const auto engine = w.device.api.make_stream(cuda::stream_priority::urgent).value;
  w.device.api.set_bad_copies(1000);
  const ticket failed = w.ask(0, cause::demand);
  CHECK(w.next().status == transfer_status::refused);
  w.device.api.set_bad_copies(0);
  for (std::uint32_t i = 0; i < 9; ++i) {
    w.ask(i % 8, cause::demand);
    CHECK(w.next().status == transfer_status::arrived);
  }
  const auto never = w.link.arrives_on(failed, engine);
  REQUIRE_FALSE(never);
  CHECK(never.error().sentence().starts_with("expert (layer 0, expert 0) did not reach the device"));
  CHECK(w.link.arrives_on(ticket{w.last}, engine));
}

TEST_CASE("while somebody captures nothing is said about copies, and nothing is lost") {
  world w({.capacity = 4});
  w.ask(0, cause::demand);
  std::array<completion, 1> out{};
  for (int i = 0; i < 20; ++i) {
    w.device.api.fail_call(1, stream_double::capturing);
    CHECK(w.link.poll(out) == 0);
  }
  CHECK(w.next().status == transfer_status::arrived);
}

TEST_CASE("a transport that takes another's place has nothing travelling any more") {
  host_experts far(1, 4, 100);
  double_device device({.eager = 0});
  std::vector<std::byte> rooms(4096);
  const auto made = [&] { return std::move(*double_transport::create(device.api, &device.fences, far.source(), {.capacity = 4, .chunk = {20}, .ahead = 2})); };
  auto link = made();
  for (std::uint32_t i = 0; i < 4; ++i) link.submit({ticket{i + 1}, far.ids()[i], rooms.data() + 1000 * i, {200}, i < 2 ? cause::demand : cause::prefetch, {}});
  link = made();
  CHECK(far.right(far.ids()[0], rooms.data()));
  const std::vector<std::byte> then = rooms;
  device.api.run_all();
  CHECK(rooms == then);
  std::array<completion, 1> out{};
  CHECK(link.wait(out) == 0);
}

TEST_CASE("the rate is learnt from the device's times of what is long enough") {
  host_experts far(1, 2, 1'000'000);
  double_device device({.eager = 0});
  std::vector<std::byte> room(2'000'200);
  auto link = std::move(*double_transport::create(device.api, &device.fences, far.source(), {.capacity = 2, .prior = {microseconds(3), {4e9}}}));
  std::array<completion, 1> out{};
  for (int i = 0; i < 60; ++i) {
    link.submit({ticket{static_cast<std::uint64_t>(i) + 1}, far.ids()[0], room.data(), {room.size()}, cause::demand, {}});
    REQUIRE(link.wait(out) == 1);
  }
  CHECK(link.cost().rate.count == doctest::Approx(1e9).epsilon(0.01));  // the double moves a byte a nanosecond
  CHECK(link.cost().overhead == microseconds(3));

  // Beside another stream's bytes: no telling whose time it was.
  auto beside = std::move(*double_transport::create(device.api, &device.fences, far.source(), {.chunk = {300'000}, .ahead = 1, .prior = {{}, {4e9}}}));
  beside.submit({ticket{1}, far.ids()[1], room.data() + 1'000'100, {1'000'100}, cause::prefetch, {}});
  beside.submit({ticket{2}, far.ids()[0], room.data(), {1'000'100}, cause::demand, {}});
  REQUIRE(beside.wait(out) == 1);
  CHECK(out[0].number == ticket{2});
  CHECK(beside.cost().rate.count == 4e9);

  // In several chunks: what lay between them was somebody else's time.
  auto by_chunks = std::move(*double_transport::create(device.api, &device.fences, far.source(), {.chunk = {300'000}, .ahead = 1, .prior = {{}, {4e9}}}));
  by_chunks.submit({ticket{1}, far.ids()[0], room.data(), {room.size()}, cause::prefetch, {}});
  REQUIRE(by_chunks.wait(out) == 1);
  CHECK(out[0].moved == bytes{1'000'000});
  CHECK(by_chunks.cost().rate.count == 4e9);
}
