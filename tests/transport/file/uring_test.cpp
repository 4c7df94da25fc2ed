// SPDX-License-Identifier: MIT
#include "file_transport_cases.hpp"

#include <moesaic/transport/file/uring.hpp>

using namespace file_transport_cases;

namespace {
using with_ring = file_transport<uring>;
const file_transport_options by_uring{.by = backend::uring, .capacity = 6, .depth = 3, .longest_read = bytes{4096}, .measure = false};

bool usable() {
  const model_files files;
  const auto made = uring::create(files.open());
  if (!made) MESSAGE("left out: " << std::string(made.error().sentence()));
  return static_cast<bool>(made);
}
with_ring make(expert_source s) { return open<with_ring>(std::move(s), by_uring); }
}  // namespace

TEST_CASE("a file transport on io_uring is a transport") {
  if (!usable()) return;
  const model_files files;
  conformance::a_transport(file_bench(files, make), 10'000);
}

TEST_CASE("a file transport on io_uring is a transport through the page cache") {
  if (!usable()) return;
  const model_files files;
  conformance::a_transport(file_bench(files, make, direct_reads::no), 10'000);
}

TEST_CASE("a hundred thousand transfers on io_uring, many of them cancelled") {
  if (!usable()) return;
  const model_files files;
  file_bench bench(files, make, direct_reads::no);
  CHECK(conformance::survives_random_traffic(bench, 100'000, 12) == 100'000);
}

TEST_CASE("files that change under io_uring") {
  if (!usable()) return;
  SUBCASE("removed") { keeps_reading_a_removed_file<with_ring>(by_uring); }
  SUBCASE("cut") { tells_a_cut_file<with_ring>(by_uring); }
}

TEST_CASE("bytes and costs of io_uring") {
  if (!usable()) return;
  SUBCASE("bytes") { counts_what_it_reads<with_ring>(by_uring); }
  SUBCASE("costs") { knows_what_it_costs<with_ring>(by_uring); }
  SUBCASE("refusals") { refuses_what_cannot_start<with_ring>(by_uring); }
}

TEST_CASE("what is not inside the kernel can be cancelled, and demand goes first") {
  if (!usable()) return;
  const model_files files;
  auto options = by_uring;
  options.depth = 1;
  auto link = open<with_ring>(files.open(), options);
  CHECK(link.backend_name() == "uring");
  auto memory = *slab::create(bytes{1U << 20U});
  const auto ask = [&](std::uint64_t number, cause why) {
    link.submit({ticket{number}, files.experts()[number], memory.memory().data() + 65'536 * number, bytes{65'536}, why, {}});
  };
  ask(1, cause::prefetch);
  ask(2, cause::prefetch);
  ask(3, cause::prefetch);
  ask(4, cause::demand);
  CHECK_FALSE(link.cancel(ticket{1}));
  CHECK(link.cancel(ticket{3}));
  std::array<completion, 4> out{};
  std::vector<std::uint64_t> order;
  while (const std::uint32_t n = link.wait(std::span(out).first(1)))
    for (std::uint32_t i = 0; i < n; ++i) order.push_back(out[i].number.number);
  REQUIRE(order.size() == 3);
  CHECK(std::find(order.begin(), order.end(), 4) < std::find(order.begin(), order.end(), 2));
}

TEST_CASE("a kernel that gives no ring: automatic goes on with threads, and the source is not lost") {
  const model_files files;
  for (const std::uint32_t depth : {0U, 257U}) {  // refused for a reason that every kernel shares
    auto source = files.open();
    const auto refused = uring::create(std::move(source), {.depth = depth});
    REQUIRE_FALSE(refused);
    CHECK(source.files().size() == 2);  // NOLINT(bugprone-use-after-move): left alone, as promised
    auto link = with_ring::open(files.open(), {.depth = depth, .measure = false});
    REQUIRE(link);
    CHECK(link->backend_name() == "pread");
    one_by_one reader(*link);
    CHECK(reader.bring(files.experts()[0]).status == transfer_status::arrived);
    CHECK(reader.right(files.experts()[0]));
    CHECK_FALSE(with_ring::open(files.open(), {.by = backend::uring, .depth = depth}));
  }
}
