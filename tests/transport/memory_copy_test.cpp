// SPDX-License-Identifier: MIT
#include "pattern_bench.hpp"

#include <moesaic/transport/memory_copy.hpp>

using namespace moesaic;
using namespace moesaic::transports;

namespace {
/// Experts of two parts; the second lies first in slow memory.
struct slow_memory {
  static constexpr std::uint64_t first = 37;
  static constexpr std::uint64_t gap = 11;  // nobody's bytes, between the parts of a room
  std::vector<expert_id> ids;
  std::vector<std::vector<std::byte>> bytes_of;

  slow_memory() {
    for (std::uint32_t l = 0; l < 2; ++l)
      for (std::uint32_t e = 0; e < 3; ++e) {
        ids.push_back(make_expert(l, e));
        auto& own = bytes_of.emplace_back(first + 100 + 50 * e);
        for (std::uint64_t i = 0; i < own.size(); ++i) own[i] = pattern_at(ids.back(), i);
      }
  }
  memory_source source() const {
    memory_source s(expert_space(2, 3));
    for (std::size_t i = 0; i < ids.size(); ++i) {
      const auto& own = bytes_of[i];
      s.add(ids[i], {own.data() + first, bytes{own.size() - first}, 0});
      s.add(ids[i], {own.data(), bytes{first}, own.size() - first + gap});
    }
    return s;
  }
};
const slow_memory far;

struct copy_bench {
  memory_copy link() const { return memory_copy(far.source(), {.capacity = 5}); }
  std::span<const expert_id> experts() const { return far.ids; }
  bytes size(expert_id e) const { return far.source().room(e); }
  std::size_t alignment() const { return 1; }
  bool right(expert_id e, const std::byte* room) const {
    const auto& own = far.bytes_of[number(e.layer) * 3 + number(e.expert)];
    const std::size_t second = own.size() - slow_memory::first;
    return std::equal(own.begin() + slow_memory::first, own.end(), room) &&
           std::equal(own.begin(), own.begin() + slow_memory::first, room + second + slow_memory::gap);
  }
};
}  // namespace

TEST_CASE("memory_copy is a transport") { conformance::a_transport(copy_bench{}); }

TEST_CASE("one copy for each poll, demand first") {
  memory_copy link(far.source(), {.capacity = 3});
  std::vector<std::byte> room(3 * 1024);
  const auto ask = [&](std::uint64_t n, cause why) { link.submit({ticket{n}, far.ids[n], room.data() + 1024 * (n - 1), bytes{1024}, why, {}}); };
  ask(1, cause::prefetch);
  ask(2, cause::demand);
  ask(3, cause::prefetch);
  std::array<completion, 4> out{};
  REQUIRE(link.poll(out) == 1);
  CHECK(out[0].number == ticket{2});
  CHECK(out[0].moved == bytes{far.bytes_of[2].size()});
  CHECK(link.cancel(ticket{1}));
  CHECK_FALSE(link.cancel(ticket{2}));
  REQUIRE(link.wait(out) == 1);
  CHECK(out[0].number == ticket{3});
  CHECK(link.wait(out) == 0);
  CHECK(std::all_of(room.begin(), room.begin() + 1024, [](std::byte b) { return b == std::byte{}; }));  // the cancelled one
}

TEST_CASE("what cannot be copied is refused") {
  memory_copy link(far.source());
  std::vector<std::byte> room(1024);
  std::array<completion, 1> out{};
  const auto status = [&](expert_id e, std::byte* to, std::uint64_t size) {
    link.submit({ticket{1}, e, to, bytes{size}, cause::demand, {}});
    REQUIRE(link.wait(out) == 1);
    return out[0].status;
  };
  CHECK(status(far.ids[0], nullptr, 1024) == transfer_status::refused);
  CHECK(status(far.ids[0], room.data(), 147) == transfer_status::refused);
  CHECK(status(far.ids[0], room.data(), 148) == transfer_status::arrived);
  CHECK(status(make_expert(0, 3), room.data(), 1024) == transfer_status::refused);
  CHECK(status(make_expert(9, 0), room.data(), 1024) == transfer_status::refused);
}

TEST_CASE("the cost is learnt from copies that are long enough") {
  std::vector<std::byte> large(1U << 22U);
  std::vector<std::byte> room(large.size());
  memory_source source(expert_space(1, 2));
  source.add(make_expert(0, 0), {large.data(), bytes{large.size()}, 0});
  source.add(make_expert(0, 1), {large.data(), bytes{100}, 0});
  memory_copy link(std::move(source), {.capacity = 1, .prior = {nanoseconds{100}, {1.0}}});  // a byte a second
  std::array<completion, 1> out{};
  link.submit({ticket{1}, make_expert(0, 1), room.data(), bytes{room.size()}, cause::demand, {}});
  REQUIRE(link.wait(out) == 1);
  CHECK(link.cost().rate.count == 1.0);
  link.submit({ticket{2}, make_expert(0, 0), room.data(), bytes{room.size()}, cause::demand, {}});
  REQUIRE(link.wait(out) == 1);
  CHECK(link.cost().rate.count > 1e3);  // any memory is faster than this
}
