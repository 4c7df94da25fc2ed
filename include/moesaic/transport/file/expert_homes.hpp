// SPDX-License-Identifier: MIT
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <moesaic/concepts/transport.hpp>
#include <moesaic/core/model_shape.hpp>
#include <moesaic/core/result.hpp>
#include <moesaic/transport/file/expert_layout.hpp>
#include <moesaic/transport/file/slab.hpp>

namespace moesaic::file {

/// For engines that find an expert by its number times a stride: every expert has a home, an address of its own in a reserved
/// range, and what moves is memory. When the residency gives one expert's room to another, the pages of that room go from
/// the home of the one to the home of the other (mremap), and the transport inside reads into them there. The engine needs no
/// map from ids to rooms, and budgets stay exact. Moves split pages of 2 MiB.
/// A home is as long as a room. Read-in, expert e's parts lie at `home(e)`, with the offsets of the transport inside; a home
/// that has no pages reads as zeros, so an engine touches leased experts only.
/// Linux, 5.14 and later: elsewhere `create` says so. The owner of a residency with this transport keeps it as long as the
/// engine may touch a home. Threads: as the transport inside; no page moves except in `submit`.
/// Cost: for a replacement one move of page-table entries (some 10 us for 2 MB) and a look through all rooms; the first use of
/// a room writes zeros to it. 8 bytes per room, address space for all experts. Up to two kernel mappings for every expert ever used and one
/// for a room: `create` refuses where those are more than three quarters of vm.max_map_count, because past it every mmap fails.
template <transport Link>
class expert_homes {
 public:
  /// `room`: bytes of an expert at most, with what the transport inside adds. `budget`: for all rooms together.
  [[nodiscard]] static result<expert_homes> create(Link link, const expert_space& space, bytes room, bytes budget) {
#if defined(MREMAP_DONTUNMAP) && defined(MADV_POPULATE_WRITE)
    room = rounded_up(room, {static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE))});
    const std::uint64_t mappings = 2 * std::uint64_t{space.size()} + budget.count / room.count, allowed = mappings_allowed();
    if (mappings > allowed / 4 * 3)
      return error(error_code::bad_argument, "homes for ", space.size(), " experts can need ", mappings, " mappings of memory, and the system allows ", allowed,
                   " in a process; please raise vm.max_map_count to ", mappings / 3 * 4 + 8);
    auto rooms = slab::create({budget.count / room.count * room.count});
    if (!rooms) return rooms.error();
    if (const std::int32_t trouble = try_to_move(); trouble != 0)
      return error(error_code::bad_argument, "this system moves no pages between addresses (", words_for(trouble),
                   "): homes for experts need Linux 5.14 and leave to call mremap; please give the engine rooms and a map from ids to rooms");
    const std::uint64_t length = room.count * space.size();
    void* const reserved = ::mmap(nullptr, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (reserved == MAP_FAILED)
      return error(error_code::out_of_memory, "the system refused ", length, " bytes of address space for the homes of experts (", words_for(errno),
                   "); please raise the limit on virtual memory");
    return expert_homes(std::move(link), space, room.count, std::move(*rooms), static_cast<std::byte*>(reserved));
#else
    (void)link, (void)space, (void)room, (void)budget;
    return error(error_code::bad_argument, "this system cannot move pages between addresses; please give the engine rooms and a map from ids to rooms");
#endif
  }
  expert_homes(expert_homes&& other) noexcept
      : link_(std::move(other.link_)),
        space_(other.space_),
        room_(other.room_),
        rooms_(std::move(other.rooms_)),
        homes_(std::exchange(other.homes_, nullptr)),
        pages_of_(std::move(other.pages_of_)),
        refused_(std::move(other.refused_)) {}
  expert_homes& operator=(expert_homes&& other) noexcept {
    std::swap(link_, other.link_);
    std::swap(space_, other.space_);
    std::swap(room_, other.room_);
    std::swap(rooms_, other.rooms_);
    std::swap(homes_, other.homes_);
    std::swap(pages_of_, other.pages_of_);
    std::swap(refused_, other.refused_);
    return *this;
  }
  ~expert_homes() {
    if (homes_ != nullptr) ::munmap(homes_, room_ * space_.size());
  }

  /// Bytes from one home to the next, and of a room: whole pages. What the residency has to charge for every expert.
  [[nodiscard]] bytes stride() const noexcept { return {room_}; }
  /// What the residency gets as its memory. Nobody else touches it.
  [[nodiscard]] std::span<std::byte> memory() const noexcept { return rooms_.memory(); }
  [[nodiscard]] std::byte* home(expert_id e) const noexcept { return homes_ + space_.flat(e) * room_; }
  [[nodiscard]] const Link& inner() const noexcept { return link_; }

  [[nodiscard]] std::uint32_t capacity() const noexcept { return link_.capacity(); }
  void submit(const transfer& what) noexcept {
    transfer there = what;
    there.to = home(what.expert);
    if (const std::int32_t trouble = move_room(what.to, there.to); trouble != 0)
      refused_.push_back({what.number, transfer_status::refused, {}, trouble});
    else
      link_.submit(there);
  }
  std::uint32_t poll(std::span<completion> out) noexcept { return refused_.empty() ? link_.poll(out) : tell_refused(out); }
  std::uint32_t wait(std::span<completion> out) noexcept { return refused_.empty() ? link_.wait(out) : tell_refused(out); }
  bool cancel(ticket which) noexcept { return link_.cancel(which); }
  [[nodiscard]] link_cost cost() const noexcept { return link_.cost(); }
  nanoseconds now() noexcept { return link_.now(); }
  /// Only a move that failed is refused with a number of the system.
  [[nodiscard]] std::optional<error> explain(expert_id e, const completion& how) const noexcept {
    if (how.status == transfer_status::refused && how.system_error != 0)
      return error(error_code::transfer_failed, "expert ", number(e.expert), " of MoE layer ", number(e.layer),
                   " got no pages at its home: ", words_for(how.system_error), " (errno ", how.system_error, ")");
    if constexpr (explaining_transport<Link>) return link_.explain(e, how);
    return std::nullopt;
  }

 private:
  /// The system's own number; where it cannot be read, what Linux starts with.
  [[nodiscard]] static std::uint64_t mappings_allowed() noexcept {
    unsigned long long allowed = 65'530;
    if (std::FILE* const told = std::fopen("/proc/sys/vm/max_map_count", "re"); told != nullptr) {
      if (std::fscanf(told, "%llu", &allowed) != 1) allowed = 65'530;
      std::fclose(told);
    }
    return allowed;
  }
#if defined(MREMAP_DONTUNMAP) && defined(MADV_POPULATE_WRITE)
  /// One page there and back, as `move_room` moves a room's: sandboxes and old systems refuse it. 0, or an errno.
  [[nodiscard]] static std::int32_t try_to_move() noexcept {
    const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    void* const two = ::mmap(nullptr, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (two == MAP_FAILED) return errno;
    auto* const first = static_cast<std::byte*>(two);
    const auto moves = [page](std::byte* from, std::byte* to) {
      return ::mremap(from, page, page, MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP, to) != MAP_FAILED;
    };
    const bool can = ::madvise(first, page, MADV_POPULATE_WRITE) == 0 && moves(first, first + page) && moves(first + page, first);
    const std::int32_t trouble = can ? 0 : errno;
    ::munmap(two, 2 * page);
    return trouble;
  }
#endif
  expert_homes(Link link, const expert_space& space, std::uint64_t room, slab rooms, std::byte* homes)
      : link_(std::move(link)), space_(space), room_(room), rooms_(std::move(rooms)), homes_(homes) {
    for (std::uint64_t at = 0; at < rooms_.memory().size(); at += room_) pages_of_.push_back(rooms_.memory().data() + at);
    refused_.reserve(link_.capacity());
  }

  /// The pages of the room at `from` are at `home` afterwards. 0, or an errno.
  [[nodiscard]] std::int32_t move_room(const std::byte* from, std::byte* home) noexcept {
#if defined(MREMAP_DONTUNMAP) && defined(MADV_POPULATE_WRITE)
    std::byte*& pages = pages_of_[static_cast<std::size_t>(from - rooms_.memory().data()) / room_];
    // An expert that left and comes back into another room: its old room's pages lie at its home still, so the two rooms change pages.
    if (const auto there = std::find(pages_of_.begin(), pages_of_.end(), home); there != pages_of_.end()) {
      std::swap(*there, pages);
      return 0;
    }
    // Pages have to be there before they move: a home lies on no boundary of 2 MiB and would get small ones.
    const std::span<std::byte> fresh = rooms_.memory();
    if (pages >= fresh.data() && pages < fresh.data() + fresh.size() && ::madvise(pages, room_, MADV_POPULATE_WRITE) != 0) return errno;
    // Nothing is unmapped behind them: a hole could be given to somebody else.
    if (::mremap(pages, room_, room_, MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP, home) == MAP_FAILED) return errno;
    pages = home;
    return 0;
#else
    (void)from, (void)home;
    return ENOSYS;
#endif
  }
  std::uint32_t tell_refused(std::span<completion> out) noexcept {
    const std::size_t told = std::min(out.size(), refused_.size());
    std::copy_n(refused_.end() - static_cast<std::ptrdiff_t>(told), told, out.begin());
    refused_.resize(refused_.size() - told);
    return static_cast<std::uint32_t>(told);
  }

  Link link_;
  expert_space space_;
  std::uint64_t room_ = 0;
  slab rooms_;
  std::byte* homes_ = nullptr;
  std::vector<std::byte*> pages_of_;  // by room: where its pages are now
  std::vector<completion> refused_;
};

}  // namespace moesaic::file
