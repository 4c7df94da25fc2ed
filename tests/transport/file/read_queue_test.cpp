// SPDX-License-Identifier: MIT
#include <array>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <conformance/transport_suite.hpp>
#include <moesaic/transport/file/read_queue.hpp>

using namespace moesaic;
using namespace moesaic::file;

namespace {
/// Experts of two reads: 1,500 bytes at 4096·(10·e) and 600 at 4096·(10·e + 5).
expert_layout layout() {
  std::vector<part_in_file> parts;
  for (std::uint32_t e = 0; e < 4; ++e) {
    parts.push_back({make_expert(0, e), 0, 0, 40'960 * e, bytes{1'500}});
    parts.push_back({make_expert(0, e), 1, 0, 40'960 * e + 20'480, bytes{600}});
  }
  return *expert_layout::create(*model_shape::uniform(1, 4, 1, bytes{1}), parts, bytes{512});
}
struct rooms {
  alignas(512) std::array<std::byte, 4 * 4096> memory{};
  transfer of(std::uint64_t ticket_number, std::uint32_t e, cause why = cause::demand) {
    return {ticket{ticket_number}, make_expert(0, e), memory.data() + 4096 * e, bytes{4096}, why, {}};
  }
};
}  // namespace

TEST_CASE("an expert is cut into pieces that cover what is needed, in order, and no more") {
  const auto l = layout();
  rooms r;
  read_queue queue(l, 4, bytes{700});  // rounded to 1024
  queue.submit(r.of(1, 1));
  std::vector<piece> pieces;
  while (const auto p = queue.take()) pieces.push_back(*p);
  REQUIRE(pieces.size() == 3);
  CHECK(pieces[0].file_offset == 40'960);
  CHECK(pieces[0].length == 1024);
  CHECK(pieces[0].needed == 1024);
  CHECK(pieces[1].file_offset == 40'960 + 1024);
  CHECK(pieces[1].length == 512);
  CHECK(pieces[1].needed == 476);
  CHECK(pieces[1].to == r.memory.data() + 4096 + 1024);
  CHECK(pieces[2].file_offset == 40'960 + 20'480);
  CHECK(pieces[2].needed == 600);
  CHECK(pieces[2].to == r.memory.data() + 4096 + 1536);
  std::array<completion, 2> out{};
  CHECK_FALSE(queue.finished(pieces[2], 1024, transfer_status::arrived, 0));
  CHECK_FALSE(queue.finished(pieces[0], 1024, transfer_status::arrived, 0));
  CHECK(queue.collect(out) == 0);
  CHECK(queue.finished(pieces[1], 512, transfer_status::arrived, 0));
  REQUIRE(queue.collect(out) == 1);
  CHECK(out[0].number == ticket{1});
  CHECK(out[0].status == transfer_status::arrived);
  CHECK(out[0].moved == bytes{2560});
  CHECK(queue.moved() == bytes{2560});
  CHECK(queue.open() == 0);
}

TEST_CASE("demand comes before prefetch, even before the rest of one that has begun") {
  const auto l = layout();
  rooms r;
  read_queue queue(l, 4, bytes{512});
  queue.submit(r.of(1, 0, cause::prefetch));
  queue.submit(r.of(2, 1, cause::prefetch));
  const auto first = queue.take();
  REQUIRE(first);
  CHECK(first->file_offset == 0);
  queue.submit(r.of(3, 2, cause::demand));
  queue.submit(r.of(4, 3, cause::demand));
  std::vector<std::uint64_t> experts;
  while (const auto p = queue.take())
    if (experts.empty() || experts.back() != p->file_offset / 40'960) experts.push_back(p->file_offset / 40'960);
  CHECK(experts == std::vector<std::uint64_t>{2, 3, 0, 1});
}

TEST_CASE("only what nobody has begun can be cancelled") {
  const auto l = layout();
  rooms r;
  read_queue queue(l, 4, bytes{4096});
  queue.submit(r.of(1, 0));
  queue.submit(r.of(2, 1));
  (void)queue.take();
  CHECK_FALSE(queue.cancel(ticket{1}));
  CHECK(queue.cancel(ticket{2}));
  CHECK_FALSE(queue.cancel(ticket{2}));
  CHECK_FALSE(queue.cancel(ticket{9}));
  CHECK(queue.open() == 1);
  CHECK(queue.take()->file_offset == 20'480);
  CHECK_FALSE(queue.take());
}

TEST_CASE("after a failed piece the rest is not begun, and the first trouble is told when nothing travels any more") {
  const auto l = layout();
  rooms r;
  read_queue queue(l, 4, bytes{512});
  queue.submit(r.of(1, 0));
  const auto a = queue.take();
  const auto b = queue.take();
  REQUIRE((a && b));
  CHECK_FALSE(queue.finished(*b, 100, transfer_status::short_read, 0));
  CHECK_FALSE(queue.has_waiting());
  CHECK(queue.finished(*a, 0, transfer_status::read_error, 5));
  std::array<completion, 2> out{};
  REQUIRE(queue.collect(out) == 1);
  CHECK(out[0].status == transfer_status::short_read);
  CHECK(out[0].system_error == 0);
  CHECK(out[0].moved == bytes{100});
}

TEST_CASE("what cannot be started is refused: no room, a crooked one, a small one, no such expert") {
  const auto l = layout();
  rooms r;
  for (int kind = 0; kind < 4; ++kind) {
    read_queue queue(l, 1, bytes{4096});
    transfer t = r.of(1, 0);
    if (kind == 0) t.to = nullptr;
    if (kind == 1) t.to += 64;
    if (kind == 2) t.size = {2'048};
    if (kind == 3) t.expert = make_expert(3, 0);
    queue.submit(t);
    CHECK_FALSE(queue.take());
    std::array<completion, 2> out{};
    REQUIRE(queue.collect(out) == 1);
    CHECK(out[0].status == transfer_status::refused);
    CHECK(out[0].system_error == EINVAL);
  }
}

TEST_CASE("random pieces, failures and cancels: every ticket ends exactly once") {
  const auto l = layout();
  rooms r;
  read_queue queue(l, 6, bytes{512});
  conformance::die chance(5);
  std::vector<std::uint64_t> open;
  std::vector<piece> taken;
  std::array<completion, 3> out{};
  std::uint64_t ended = 0;
  std::uint64_t last = 0;
  const auto collect = [&] {
    const std::uint32_t n = queue.collect(out);
    for (std::uint32_t i = 0; i < n; ++i) {
      REQUIRE(std::erase(open, out[i].number.number) == 1);
      ++ended;
    }
    return n;
  };
  while (last < 20'000) {
    switch (chance.below(4)) {
      case 0:
        if (queue.open() < queue.capacity()) {
          queue.submit(r.of(++last, static_cast<std::uint32_t>(chance.below(4)), chance.below(2) == 0 ? cause::prefetch : cause::demand));
          open.push_back(last);
        }
        break;
      case 1:
        if (const auto p = queue.take()) taken.push_back(*p);
        break;
      case 2:
        if (!taken.empty()) {
          const std::size_t i = chance.below(taken.size());
          const bool fails = chance.below(8) == 0;
          queue.finished(taken[i], taken[i].needed, fails ? transfer_status::read_error : transfer_status::arrived, fails ? 5 : 0);
          taken.erase(taken.begin() + static_cast<std::ptrdiff_t>(i));
        }
        break;
      default:
        if (!open.empty() && chance.below(3) == 0) {
          const std::uint64_t which = open[chance.below(open.size())];
          if (queue.cancel(ticket{which})) {
            REQUIRE(std::erase(open, which) == 1);
            ++ended;
          }
        }
        collect();
    }
    REQUIRE(queue.open() == open.size());
  }
  while (const auto p = queue.take()) taken.push_back(*p);
  for (const piece& p : taken) queue.finished(p, p.needed, transfer_status::arrived, 0);
  while (collect() > 0) {}
  CHECK(open.empty());
  CHECK(ended == last);
}
