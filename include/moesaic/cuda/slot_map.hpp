// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <utility>
#include <vector>

#include <moesaic/core/result.hpp>
#include <moesaic/cuda/device_memory.hpp>
#include <moesaic/cuda/error.hpp>
#include <moesaic/cuda/handles.hpp>
#include <moesaic/cuda/pinned_ring.hpp>
#include <moesaic/cuda/stream_api.hpp>

namespace moesaic::cuda {

/// What the map holds for an expert that has no seat.
inline constexpr std::uint64_t absent_slot = ~std::uint64_t{};

struct slot_map_options {
  std::uint32_t publications = 64;  ///< on their way at once; one more waits for the oldest
};

/// Where each expert lies, readable by kernels: an array on the device, by flat index, of offsets in bytes from the slab's start.
/// The array's address never changes, so a captured graph reads what was published before its launch, whoever has come and gone
/// since the capture.
///
/// The engine sets what it was handed (`set(flat, seat.address)`), clears what it released if kernels ask about it, and publishes on
/// the stream of its kernels before it launches them: kernels given earlier still see the map as it was. That is why a map is of one
/// stream; engines with several have one for each. Changes are gathered in
/// this object and copied from pinned memory of their own, so a change made after `publish` does not reach what is on its way.
/// Cost: set O(1); publish O(changes · log changes) and one batch of copies, near changes joined. 8 bytes an index on the device, and
/// twice that in pinned memory. No allocation after creation. Threads: one at a time. The api outlives it. Kernels that
/// read the array are done before it ends: settle their streams first.
template <stream_api Api>
class slot_map {
 public:
  /// `indices`: `expert_space::size()`. `slab`: what the residency divides.
  [[nodiscard]] static result<slot_map> create(Api& api, std::uint32_t indices, std::span<const std::byte> slab, slot_map_options options = {}) {
    if (indices == 0 || slab.empty()) return error(error_code::bad_argument, "a slot map needs at least one expert and the memory that seats lie in");
    const bytes size{sizeof(std::uint64_t) * std::uint64_t{indices}};
    const std::uint32_t publications = std::max(options.publications, std::uint32_t{1});
    auto table = device_memory<Api>::create(api, size);
    if (!table) return table.error();
    auto ring = pinned_ring<Api>::create(api, bytes{2 * size.count + 4096}, {sizeof(std::uint64_t)}, publications);
    if (!ring) return ring.error();
    auto events = owned_events<Api>::make(api, publications);
    if (!events) return events.error();
    auto stream = owned_stream<Api>::make(api, stream_priority::urgent);
    if (!stream) return stream.error();
    slot_map made(api, indices, slab, std::move(*table), std::move(*ring), std::move(*events));
    if (result<void> filled = made.publish(stream->get()); !filled) return filled.error();
    if (const api_code code = stream->settle(); !code.ok()) return explained(api, code, "filled a slot map of ", indices, " entries");
    made.published_ = false;
    return result<slot_map>(std::move(made));
  }
  slot_map(slot_map&&) noexcept = default;
  slot_map& operator=(slot_map&&) = delete;
  ~slot_map() {
    std::uint32_t refusals = 0;
    while (events_.count() != 0 && oldest_ < newest_ && refusals < 8) {
      const api_code code = retire(true);
      refusals = code.ok() ? 0 : api_->meaning(code) == fault::device_lost ? 8 : refusals + 1;  // lost: nobody reads the ring any more
    }
  }

  /// For kernels: one entry per flat index.
  [[nodiscard]] const std::uint64_t* table() const noexcept { return reinterpret_cast<const std::uint64_t*>(table_.memory().data()); }
  [[nodiscard]] std::uint32_t size() const noexcept { return static_cast<std::uint32_t>(now_.size()); }

  /// The expert lies at `address`, inside the slab; outside (or null: on the host): it has no seat. Beyond `size()` nothing happens.
  void set(std::uint32_t flat, const std::byte* address) noexcept {
    const std::uint64_t offset = reinterpret_cast<std::uintptr_t>(address) - reinterpret_cast<std::uintptr_t>(slab_.data());
    write(flat, offset < slab_.size() ? offset : absent_slot);
  }
  void clear(std::uint32_t flat) noexcept { write(flat, absent_slot); }
  /// What was set last, published or not.
  [[nodiscard]] std::uint64_t at(std::uint32_t flat) const noexcept { return flat < now_.size() ? now_[flat] : absent_slot; }

  /// What `stream` is given from now on sees the map as it is now. After an error it may see some of the changes, and the next call
  /// publishes them again. Blocks only where the pinned memory is full of publications that have not been copied.
  result<void> publish(stream_handle stream) noexcept {
    if (published_ && stream != stream_)
      return error(error_code::wrong_order,
                   "a slot map belongs to the stream it was first published on: a change on another could reach kernels that still read; "
                   "please make one for each stream");
    if (changed_.empty()) return {};
    const bytes needed = gather();
    std::span<std::byte> room;
    while (newest_ - oldest_ == events_.count() || (room = ring_.take(needed)).data() == nullptr) {
      if (newest_ == oldest_) return error(error_code::out_of_memory, "the pinned memory of a slot map was lost with its stream; please make a new one");
      if (const api_code code = retire(true); !code.ok()) return explained(*api_, code, "waited for an earlier change of the slot map to be copied");
    }
    std::byte* from = room.data();
    for (copy_piece& p : pieces_) {
      std::memcpy(from, now_.data() + (p.to - table_.memory().data()) / entry, static_cast<std::size_t>(p.size.count));
      p.from = from;
      from += p.size.count;
    }
    const api_code copied = pieces_.size() == 1 ? api_->copy(pieces_[0], stream) : api_->copy_batch(pieces_, stream);
    // Also where it was refused: a batch may have begun, and reads the ring.
    api_code marked = api_->record(events_[newest_ % events_.count()], stream);
    if (marked.ok())
      out_[newest_++ % events_.count()] = room.data();
    else if (marked = api_->finish(stream); marked.ok())
      ring_.give_back(room.data());
    stream_ = stream;
    published_ = true;
    if (!copied.ok() || !marked.ok()) return explained(*api_, copied.ok() ? marked : copied, "asked to copy ", changed_.size(), " changes of the slot map");
    for (const std::uint32_t flat : changed_) is_changed_[flat] = 0;
    changed_.clear();
    while (oldest_ < newest_ && retire(false).ok()) {}
    return {};
  }

 private:
  static constexpr std::ptrdiff_t entry = sizeof(std::uint64_t);
  static constexpr std::uint32_t near = 32;  ///< indices: copying so many that did not change is cheaper than a copy of its own

  slot_map(Api& api, std::uint32_t indices, std::span<const std::byte> slab, device_memory<Api>&& table, pinned_ring<Api>&& ring, owned_events<Api>&& events)
      : api_(&api),
        slab_(slab),
        now_(indices, absent_slot),
        is_changed_(indices, 1),
        changed_(indices),
        out_(events.count()),
        table_(std::move(table)),
        ring_(std::move(ring)),
        events_(std::move(events)) {
    for (std::uint32_t i = 0; i < indices; ++i) changed_[i] = i;
    pieces_.reserve(indices / near + 1);
  }

  void write(std::uint32_t flat, std::uint64_t offset) noexcept {
    if (flat >= now_.size() || now_[flat] == offset) return;
    now_[flat] = offset;
    if (is_changed_[flat] != 0) return;
    is_changed_[flat] = 1;
    changed_.push_back(flat);
  }
  /// The changes as pieces without a source; answers their bytes.
  bytes gather() noexcept {
    std::sort(changed_.begin(), changed_.end());
    pieces_.clear();
    bytes all{};
    for (std::size_t i = 0, last = 0; i < changed_.size(); i = last + 1) {
      for (last = i; last + 1 < changed_.size() && changed_[last + 1] - changed_[last] <= near; ++last) {}
      const std::uint64_t length = sizeof(std::uint64_t) * (std::uint64_t{changed_[last]} - changed_[i] + 1);
      pieces_.push_back({table_.memory().data() + entry * static_cast<std::ptrdiff_t>(changed_[i]), nullptr, {length}});
      all += {length};
    }
    return all;
  }
  /// The oldest publication's memory comes back, if it has been copied; `block`: after it has.
  api_code retire(bool block) noexcept {
    const event_handle event = events_[oldest_ % events_.count()];
    const api_code code = block ? api_->finish(event) : api_->query(event);
    if (code.ok()) ring_.give_back(out_[oldest_++ % events_.count()]);
    return code;
  }

  Api* api_;
  std::span<const std::byte> slab_;
  std::vector<std::uint64_t> now_;
  std::vector<std::uint8_t> is_changed_;
  std::vector<std::uint32_t> changed_;
  std::vector<copy_piece> pieces_;
  std::vector<const std::byte*> out_;  // by publication
  stream_handle stream_{};
  bool published_ = false;
  std::uint64_t newest_ = 0;
  std::uint64_t oldest_ = 0;
  device_memory<Api> table_;
  pinned_ring<Api> ring_;
  owned_events<Api> events_;
};

}  // namespace moesaic::cuda
