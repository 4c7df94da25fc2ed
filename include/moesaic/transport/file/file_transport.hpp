// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <variant>

#include <moesaic/transport/file/expert_source.hpp>
#include <moesaic/transport/file/link_meter.hpp>
#include <moesaic/transport/file/pread_pool.hpp>
#include <moesaic/transport/file/slab.hpp>

namespace moesaic::file {

/// How files are read.
enum class backend : std::uint8_t { automatic, uring, pread };

struct file_transport_options {
  backend by = backend::automatic;  ///< automatic: io_uring where the build and the kernel have it, else threads
  std::uint32_t capacity = 32;      ///< tickets open at once, 1 to 1024
  std::uint32_t threads = 4;        ///< of the pread backend, 1 to 8
  std::uint32_t depth = 8;          ///< reads of the uring backend inside the kernel at once, 1 to 256; more cannot be cancelled
  bytes longest_read = mebibytes(1);          ///< larger reads are cut
  bool measure = true;                        ///< read up to 5 MiB at the start to learn what the link costs
  link_cost prior{microseconds(150), {1e9}};  ///< taken where nothing is measured
};

/// Stands in for io_uring in builds without it: it is never created.
class no_ring {
 public:
  [[nodiscard]] static result<no_ring> create(expert_source&&, const file_transport_options&) {
    return error(error_code::bad_argument, "this build has no io_uring (liburing was not found); please choose pread");
  }
  [[nodiscard]] std::uint32_t capacity() const noexcept { return 1; }
  void submit(const transfer&) noexcept {}
  std::uint32_t poll(std::span<completion>) noexcept { return 0; }
  std::uint32_t wait(std::span<completion>) noexcept { return 0; }
  bool cancel(ticket) noexcept { return false; }
  [[nodiscard]] bytes moved() const noexcept { return {}; }
  [[nodiscard]] const expert_source& source() const noexcept { return *none_; }

 private:
  no_ring() = default;
  const expert_source* none_ = nullptr;
};

/// Brings experts from model files into rooms, by the real clock. One type for both ways of reading, so that a program
/// chooses at run time: `file_transport<>` has threads only, `file_transport<uring>` io_uring as well.
/// It knows what the link costs: measured at the start by a few reads, then from the transfers themselves.
/// A room has to be aligned to `source().layout().alignment()` and as large as the expert's footprint, else: refused.
/// Threads: as the transport concept says. Cost: a clock reading a submission and per successful poll or wait, no
/// allocation after opening.
template <class Ring = no_ring>
class file_transport {
 public:
  [[nodiscard]] static result<file_transport> open(expert_source source, const file_transport_options& options = {}) {
    link_cost cost = options.prior;
    bytes probed = source.probed();
    if (options.measure) probed += measure(source, cost);
    if (options.by != backend::pread) {
      auto ring = Ring::create(std::move(source), options);  // leaves the source alone if it fails
      if (ring) return file_transport(backends(std::in_place_index<1>, std::move(*ring)), cost, probed);
      if (options.by == backend::uring) return ring.error();
    }
    // NOLINTNEXTLINE(bugprone-use-after-move): a ring that fails has left it alone
    auto pool = pread_pool::create(std::move(source), {options.capacity, options.threads, options.longest_read});
    if (!pool) return pool.error();
    return file_transport(backends(std::in_place_index<0>, std::move(*pool)), cost, probed);
  }

  [[nodiscard]] std::uint32_t capacity() const noexcept {
    return with(*this, [](const auto& b) { return b.capacity(); });
  }
  void submit(const transfer& what) noexcept {
    meter_.submitted(now());
    with(*this, [&](auto& b) { b.submit(what); });
  }
  std::uint32_t poll(std::span<completion> out) noexcept {
    const std::uint32_t told = with(*this, [&](auto& b) { return b.poll(out); });
    if (told > 0) note(out.first(told), false);
    return told;
  }
  std::uint32_t wait(std::span<completion> out) noexcept {
    std::uint32_t told = poll(out);
    if (told > 0) return told;
    told = with(*this, [&](auto& b) { return b.wait(out); });
    if (told > 0) note(out.first(told), true);
    return told;
  }
  bool cancel(ticket which) noexcept {
    const bool withdrawn = with(*this, [&](auto& b) { return b.cancel(which); });
    if (withdrawn) meter_.withdrawn();
    return withdrawn;
  }
  [[nodiscard]] link_cost cost() const noexcept { return meter_.cost(); }
  /// Since the clock of the machine began.
  nanoseconds now() noexcept { return clock(); }

  /// "uring" or "pread": what really reads.
  [[nodiscard]] std::string_view backend_name() const noexcept { return backends_.index() == 1 ? "uring" : "pread"; }
  /// Whether all files are read past the page cache.
  [[nodiscard]] bool direct() const noexcept { return source().direct(); }
  /// Bytes asked from the system and brought, as it would count them: blocks at the edges, probing at the start and failed
  /// transfers included.
  [[nodiscard]] bytes bytes_read() const noexcept {
    return probed_ + with(*this, [](const auto& b) { return b.moved(); });
  }
  [[nodiscard]] const expert_source& source() const noexcept {
    return with(*this, [](const auto& b) -> const expert_source& { return b.source(); });
  }
  /// Why a transfer of `e` failed: which file, where, what to do.
  [[nodiscard]] error explain(expert_id e, const completion& how) const noexcept { return source().explain(e, how.status, how.system_error); }

 private:
  using backends = std::variant<pread_pool, Ring>;
  file_transport(backends&& b, link_cost cost, bytes probed) : backends_(std::move(b)), meter_(cost), probed_(probed) {}

  template <class Self, class Call>
  static decltype(auto) with(Self& self, Call&& call) noexcept {
    if (auto* const ring = std::get_if<1>(&self.backends_)) return call(*ring);
    return call(*std::get_if<0>(&self.backends_));
  }
  [[nodiscard]] static nanoseconds clock() noexcept {
    const auto since = std::chrono::steady_clock::now().time_since_epoch();
    return {std::chrono::duration_cast<std::chrono::nanoseconds>(since).count()};
  }
  void note(std::span<const completion> told, bool blocked) noexcept {
    bytes moved{};
    for (const completion& c : told) moved += c.moved;
    meter_.completed(static_cast<std::uint32_t>(told.size()), moved, blocked, now());
  }

  /// Times a few short and a few long reads spread over the experts; the best of each kind tells overhead and rate.
  /// Where reads fail, the cost stays as it was: the trouble will come back with a ticket to report it by.
  [[nodiscard]] static bytes measure(const expert_source& source, link_cost& cost) noexcept {
    const auto places = source.layout().all_parts();
    auto memory = slab::create({slab::huge_page});
    if (!memory || places.empty()) return {};
    const std::uint64_t block = source.layout().alignment().count;
    std::array best{nanoseconds::highest(), nanoseconds::highest()};
    std::array<std::uint64_t, 2> brought{};
    std::uint64_t all = 0;
    constexpr std::uint64_t tries = 4;
    for (std::uint64_t i = 0; i < 2 * tries; ++i) {
      const std::uint64_t kind = i % 2;
      const placed_part& p = places[static_cast<std::size_t>(i * (places.size() - 1) / (2 * tries - 1))];
      const std::uint64_t length = kind == 0 ? std::max<std::uint64_t>(block, 4096) : std::uint64_t{1} << 20U;
      const piece wanted{p.file, 0, p.file_offset / block * block, length, length, memory->memory().data()};
      auto status = transfer_status::arrived;
      std::int32_t system_error = 0;
      const nanoseconds begin = clock();
      const std::uint64_t got = pread_pool::read(source.files()[p.file], wanted, status, system_error);
      const nanoseconds took = clock() - begin;
      all += got;
      if (status != transfer_status::arrived || took >= best[kind]) continue;  // near the end of a file it comes up short
      best[kind] = took;
      brought[kind] = got;
    }
    if (brought[0] > 0 && brought[1] > brought[0] && best[1] > best[0]) {
      const double rate = static_cast<double>(brought[1] - brought[0]) * 1e9 / static_cast<double>((best[1] - best[0]).count);
      cost = {std::max(best[0] - duration_of(bytes{brought[0]}, bytes_per_second{rate}), nanoseconds{}), {rate}};
    }
    return {all};
  }

  backends backends_;
  link_meter meter_;
  bytes probed_;
};

static_assert(transport<file_transport<>>, "file_transport no longer models transport");

}  // namespace moesaic::file
