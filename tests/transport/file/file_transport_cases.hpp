// SPDX-License-Identifier: MIT
#pragma once

#include "file_bench.hpp"

#include <optional>
#include <string_view>

#include <moesaic/transport/file/file_transport.hpp>

/// What a file transport has to do beyond the conformance suite, for each backend. `Transport` is a file_transport<...>.
namespace file_transport_cases {

using namespace moesaic;
using namespace moesaic::file;

template <class Transport>
Transport open(expert_source source, const file_transport_options& options) {
  auto made = Transport::open(std::move(source), options);
  REQUIRE_MESSAGE(made, made.error().sentence());
  return std::move(*made);
}

/// One expert, brought alone into a slab of its own.
template <class Transport>
struct one_by_one {
  explicit one_by_one(Transport& from) : link(&from), memory(*slab::create(bytes{8U << 20U})) {}
  completion bring(expert_id e) {
    std::array<completion, 4> out{};
    link->submit({ticket{++number}, e, memory.memory().data(), link->source().layout().footprint(e), cause::demand, {}});
    REQUIRE(link->wait(out) == 1);
    CHECK(out[0].number == ticket{number});
    return out[0];
  }
  bool right(expert_id e) const { return model_files::right(link->source().layout(), e, memory.memory().data()); }
  Transport* link;
  slab memory;
  std::uint64_t number = 0;
};

template <class Transport>
void keeps_reading_a_removed_file(const file_transport_options& options) {
  const model_files files;
  auto link = open<Transport>(files.open(), options);
  for (const std::string& path : files.paths()) std::filesystem::remove(path);
  one_by_one reader(link);
  for (const expert_id e : files.experts()) {
    CHECK(reader.bring(e).status == transfer_status::arrived);
    CHECK(reader.right(e));
  }
}

/// Cut at every kind of place: what lies before the cut still comes, what does not is told short, and explained.
template <class Transport>
void tells_a_cut_file(const file_transport_options& options) {
  const model_files files;
  for (const direct_reads direct : {direct_reads::automatic, direct_reads::no})
    for (const std::uint64_t end : {std::uint64_t{20'000}, std::uint64_t{16'384}, std::uint64_t{5'000}, std::uint64_t{1}, std::uint64_t{0}}) {
      auto link = open<Transport>(files.open(direct), options);
      const std::uint64_t whole = std::filesystem::file_size(files.paths()[0]);
      std::filesystem::resize_file(files.paths()[0], end);
      one_by_one reader(link);
      int cut = 0;
      for (const expert_id e : files.experts()) {
        bool there = true;
        for (const placed_part& p : link.source().layout().parts(e)) there = there && (p.file != 0 || p.file_offset + p.size.count <= end);
        const completion told = reader.bring(e);
        CHECK(told.status == (there ? transfer_status::arrived : transfer_status::short_read));
        if (there) CHECK(reader.right(e));
        if (there) continue;
        ++cut;
        const std::string why(link.explain(e, told).sentence());
        CHECK(why.find(files.paths()[0] + " has been cut to " + std::to_string(end) + " bytes") != std::string::npos);
      }
      CHECK(cut > 0);
      std::filesystem::resize_file(files.paths()[0], whole);
      write_file(files.paths()[0], 0, whole);
    }
}

/// What `bytes_read` says, against the reads the layout asks for.
template <class Transport>
void counts_what_it_reads(file_transport_options options) {
  const model_files files(40);
  options.measure = false;
  for (const direct_reads direct : {direct_reads::automatic, direct_reads::no}) {
    auto link = open<Transport>(files.open(direct), options);
    const bytes before = link.bytes_read();
    CHECK(before == link.source().probed());
    one_by_one reader(link);
    std::uint64_t expected = 0;
    for (const expert_id e : files.experts()) {
      std::uint64_t moved = 0;
      for (const aligned_read& r : link.source().layout().reads(e))
        moved += std::min(r.length, std::filesystem::file_size(files.paths()[r.file]) - r.file_offset);
      const completion told = reader.bring(e);
      CHECK(told.moved == bytes{moved});
      expected += moved;
    }
    CHECK(link.bytes_read() - before == bytes{expected});
    CHECK(link.direct() == (direct != direct_reads::no && link.source().direct()));
  }
}

/// What the kernel says that this process has read from devices so far; nothing where it does not say.
inline std::optional<std::uint64_t> read_by_the_kernels_count() {
  std::FILE* const io = std::fopen("/proc/self/io", "r");
  if (io == nullptr) return {};
  std::optional<std::uint64_t> found;
  std::array<char, 128> line{};
  while (std::fgets(line.data(), line.size(), io) != nullptr)
    if (std::string_view(line.data()).starts_with("read_bytes: ")) found = std::strtoull(line.data() + 12, nullptr, 10);
  (void)std::fclose(io);
  return found;
}

/// Under direct reads `bytes_read` is what the kernel counts, within 1 %, probing and cancelled transfers included.
template <class Transport>
void counts_as_the_kernel_does(file_transport_options options) {
  const model_files files(100);
  options.measure = true;
  const auto before = read_by_the_kernels_count();
  auto link = open<Transport>(files.open(), options);
  if (!before || !link.direct()) {
    MESSAGE("left out: the kernel does not count here, or direct reads are refused");
    return;
  }
  auto memory = *slab::create(bytes{16U << 20U});
  std::array<completion, 4> out{};
  for (std::uint64_t n = 1; n <= 200; ++n) {
    const expert_id e = files.experts()[n % files.experts().size()];
    link.submit({ticket{n}, e, memory.memory().data() + (n % 4) * (4U << 20U), link.source().layout().footprint(e), cause::demand, {}});
    if (n % 7 == 0) (void)link.cancel(ticket{n});
    if (n % 4 == 0)
      while (link.wait(out) > 0) {}
  }
  while (link.wait(out) > 0) {}
  const double counted = static_cast<double>(*read_by_the_kernels_count() - *before);
  CHECK(static_cast<double>(link.bytes_read().count) == doctest::Approx(counted).epsilon(0.01));
}

template <class Transport>
void knows_what_it_costs(file_transport_options options) {
  const model_files files(400);
  options.measure = true;
  auto link = open<Transport>(files.open(), options);
  CHECK(link.cost().rate.count > 0);
  CHECK(link.cost().overhead >= nanoseconds{});
  CHECK(link.bytes_read() > link.source().probed());
  CHECK(link.bytes_read() <= link.source().probed() + mebibytes(5));
  options.measure = false;
  options.prior = {microseconds(7), {3e9}};
  auto told = open<Transport>(files.open(), options);
  CHECK(told.cost().overhead == microseconds(7));
  CHECK(told.cost().rate.count == doctest::Approx(3e9));
}

template <class Transport>
void refuses_what_cannot_start(const file_transport_options& options) {
  const model_files files;
  auto link = open<Transport>(files.open(), options);
  auto memory = *slab::create(bytes{1U << 20U});
  std::array<completion, 4> out{};
  link.submit({ticket{1}, make_expert(0, 0), nullptr, bytes{1U << 20U}, cause::demand, {}});
  link.submit({ticket{2}, make_expert(0, 0), memory.memory().data() + 8, bytes{1U << 19U}, cause::demand, {}});
  link.submit({ticket{3}, make_expert(0, 0), memory.memory().data(), bytes{1}, cause::demand, {}});
  std::uint32_t n = 0;
  while (n < 3) n += link.wait(std::span(out).subspan(n));
  for (std::uint32_t i = 0; i < 3; ++i) CHECK(out[i].status == transfer_status::refused);
  CHECK(link.wait(out) == 0);
}

}  // namespace file_transport_cases
