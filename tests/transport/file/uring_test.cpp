// SPDX-License-Identifier: MIT
#include "file_transport_cases.hpp"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <cstddef>

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
/// From now on this process gets `answer` from a system call, as in a sandbox. False where that cannot be had.
bool refuse(long call, int answer) {
  std::array<sock_filter, 4> program{{
      {BPF_LD | BPF_W | BPF_ABS, 0, 0, static_cast<unsigned>(offsetof(seccomp_data, nr))},
      {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, static_cast<unsigned>(call)},
      {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | static_cast<unsigned>(answer)},
      {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW},
  }};
  const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

constexpr int no_sandbox = 99;

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
  SUBCASE("bytes, by the kernel's count") { counts_as_the_kernel_does<with_ring>(by_uring); }
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

TEST_CASE("a sandbox that refuses io_uring: an error, and threads instead") {
  const model_files files;
  struct refusal {
    long call;
    int answer;
  };
  for (const refusal& r : {refusal{SYS_io_uring_setup, ENOSYS}, refusal{SYS_io_uring_setup, EPERM}, refusal{SYS_io_uring_enter, EPERM}}) {
    const int answer = in_a_child([&] {
      if (!refuse(r.call, r.answer)) return no_sandbox;
      auto source = files.open();
      const auto refused = uring::create(std::move(source));
      if (refused || refused.error().sentence().find("io_uring cannot be used here") != 0) return 1;
      auto link = with_ring::open(files.open(), {.measure = false});
      if (!link || link->backend_name() != "pread") return 2;
      if (with_ring::open(files.open(), {.by = backend::uring, .measure = false})) return 3;
      return 0;
    });
    if (answer == no_sandbox)
      MESSAGE("left out: no sandbox can be made here");
    else
      CHECK(answer == 0);
  }
}

TEST_CASE("a kernel that takes nothing more: every open ticket is refused, none hangs") {
  if (!usable()) return;
  const model_files files;
  for (const int reason : {EPERM, EAGAIN})
    for (const std::uint64_t before : {0U, 2U}) {  // so many are inside when it begins
      const int answer = in_a_child([&] {
        auto link = with_ring::open(files.open(), by_uring);
        auto memory = slab::create(bytes{1U << 20U});
        if (!link || !memory) return 1;
        std::uint64_t number = 0;
        const auto ask = [&] {
          ++number;
          link->submit({ticket{number}, files.experts()[number % 6], memory->memory().data() + 65'536 * number, bytes{65'536}, cause::demand, {}});
        };
        while (number < before) ask();
        if (!refuse(SYS_io_uring_enter, reason)) return no_sandbox;
        while (number < 6) ask();
        std::array<completion, 6> out{};
        std::uint32_t told = 0;
        std::uint32_t refused = 0;
        while (const std::uint32_t n = link->wait(out)) {
          told += n;
          for (std::uint32_t i = 0; i < n; ++i) refused += out[i].status == transfer_status::refused && out[i].system_error == reason;
        }
        if (told != 6) return 2;
        return refused >= 6 - before ? 0 : 3;
      });
      if (answer == no_sandbox)
        MESSAGE("left out: no sandbox can be made here");
      else
        CHECK(answer == 0);
    }
}
