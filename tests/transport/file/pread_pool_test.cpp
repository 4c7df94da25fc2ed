// SPDX-License-Identifier: MIT
#include "file_bench.hpp"

#include <moesaic/transport/file/pread_pool.hpp>
#include <moesaic/transport/file/slab.hpp>

using namespace moesaic;
using namespace moesaic::file;

TEST_CASE("a pool refuses options out of range") {
  const model_files files;
  for (const pread_pool_options& o :
       {pread_pool_options{0, 1, {}}, pread_pool_options{1, 0, {}}, pread_pool_options{1, 9, {}}, pread_pool_options{1'025, 1, {}}}) {
    const auto refused = pread_pool::create(files.open(), o);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().sentence().find("1 to 8 threads") != std::string_view::npos);
  }
}

TEST_CASE("pieces of one byte of length, many threads: the expert is whole when it is told") {
  const model_files files;
  for (const std::uint32_t threads : {1U, 2U, 8U}) {
    auto pool = pread_pool::create(files.open(), {4, threads, bytes{1}});
    REQUIRE(pool);
    CHECK(pool->capacity() == 4);
    const auto& layout = pool->source().layout();
    auto memory = slab::create(bytes{1U << 20U});
    REQUIRE(memory);
    std::array<completion, 4> out{};
    std::uint64_t number = 0;
    bytes told{};
    for (int round = 0; round < 20; ++round)
      for (const expert_id e : files.experts()) {
        pool->submit({ticket{++number}, e, memory->memory().data(), layout.footprint(e), cause::demand, {}});
        REQUIRE(pool->wait(out) == 1);
        CHECK(out[0].status == transfer_status::arrived);
        CHECK(model_files::right(layout, e, memory->memory().data()));
        told += out[0].moved;
      }
    CHECK(pool->wait(out) == 0);
    CHECK(pool->open() == 0);
    CHECK(pool->moved() == told);
  }
}

TEST_CASE("a piece is read through to its end, or to the first trouble") {
  const scratch folder;
  write_file(folder.path("a"), 0, 10'000);
  for (const direct_reads direct : {direct_reads::automatic, direct_reads::no}) {
    auto opened = expert_file::open(folder.path("a"), direct);
    REQUIRE(opened);
    auto memory = slab::create(bytes{1U << 16U});
    REQUIRE(memory);
    auto status = transfer_status::arrived;
    std::int32_t system_error = 0;
    piece p{0, 0, 0, 12'288, 10'000, memory->memory().data()};
    CHECK(pread_pool::read(*opened, p, status, system_error) == 10'000);  // the file ends behind what is needed
    CHECK(status == transfer_status::arrived);
    p.needed = 10'001;
    CHECK(pread_pool::read(*opened, p, status, system_error) == 10'000);
    CHECK(status == transfer_status::short_read);
    status = transfer_status::arrived;
    p.file_offset = 1U << 20U;
    CHECK(pread_pool::read(*opened, p, status, system_error) == 0);
    CHECK(status == transfer_status::short_read);
    status = transfer_status::arrived;
    p.file_offset = ~std::uint64_t{} - 4'095;  // negative for the system
    CHECK(pread_pool::read(*opened, p, status, system_error) == 0);
    CHECK(status == transfer_status::read_error);
    CHECK(system_error == EINVAL);
  }
}
