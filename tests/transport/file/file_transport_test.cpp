// SPDX-License-Identifier: MIT
#include "file_transport_cases.hpp"

using namespace file_transport_cases;

namespace {
using threads_only = file_transport<>;
const file_transport_options by_pread{.by = backend::pread, .capacity = 6, .threads = 3, .longest_read = bytes{4096}, .measure = false};
}  // namespace

TEST_CASE("a file transport on threads is a transport") {
  const model_files files;
  conformance::a_transport(file_bench(files, [](expert_source s) { return open<threads_only>(std::move(s), by_pread); }), 10'000);
}

TEST_CASE("a file transport on threads is a transport through the page cache") {
  const model_files files;
  conformance::a_transport(file_bench(files, [](expert_source s) { return open<threads_only>(std::move(s), by_pread); }, direct_reads::no), 10'000);
}

TEST_CASE("a hundred thousand transfers on threads, many of them cancelled") {
  const model_files files;
  file_bench bench(files, [](expert_source s) { return open<threads_only>(std::move(s), by_pread); }, direct_reads::no);
  CHECK(conformance::survives_random_traffic(bench, 100'000, 11) == 100'000);
}

TEST_CASE("files that change under the threads") {
  SUBCASE("removed") { keeps_reading_a_removed_file<threads_only>(by_pread); }
  SUBCASE("cut") { tells_a_cut_file<threads_only>(by_pread); }
}

TEST_CASE("bytes and costs of the threads") {
  SUBCASE("bytes") { counts_what_it_reads<threads_only>(by_pread); }
  SUBCASE("bytes, by the kernel's count") { counts_as_the_kernel_does<threads_only>(by_pread); }
  SUBCASE("costs") { knows_what_it_costs<threads_only>(by_pread); }
  SUBCASE("refusals") { refuses_what_cannot_start<threads_only>(by_pread); }
}

TEST_CASE("without io_uring: automatic takes the threads, and asking for it is an error that says so") {
  const model_files files;
  auto link = threads_only::open(files.open(), {});
  REQUIRE(link);
  CHECK(link->backend_name() == "pread");
  CHECK(link->capacity() == file_transport_options{}.capacity);
  const auto refused = threads_only::open(files.open(), {.by = backend::uring});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().sentence().find("no io_uring") != std::string_view::npos);
  CHECK_FALSE(threads_only::open(files.open(), {.threads = 99}));
}

TEST_CASE("files in memory are read too, directly or not") {
  if (::access("/dev/shm", W_OK) != 0) {
    MESSAGE("left out: no file system in memory here");
    return;
  }
  const model_files files(1, "/dev/shm");
  auto link = open<threads_only>(files.open(), by_pread);
  one_by_one reader(link);
  for (const expert_id e : files.experts()) {
    CHECK(reader.bring(e).status == transfer_status::arrived);
    CHECK(reader.right(e));
  }
}
