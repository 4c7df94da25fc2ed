// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <moesaic/core/model_shape.hpp>
#include <moesaic/core/result.hpp>

namespace moesaic::file {

/// One part of one expert, as the model file has it: an expert is usually three matrices in three places.
struct part_in_file {
  expert_id expert{};
  std::uint32_t part = 0;         ///< number of the part within the expert, from 0 without gaps
  std::uint32_t file = 0;         ///< which file, where a model is split over several
  std::uint64_t file_offset = 0;  ///< of the part's first byte
  bytes size{};                   ///< at least 1
};

/// Where a part lies: in the file, and from the start of the expert's room.
struct placed_part {
  std::uint32_t file = 0;
  std::uint64_t file_offset = 0;
  bytes size{};
  std::uint64_t offset_in_slot = 0;
};

/// One read that brings one part, or several neighbours: `length` bytes from `file_offset` to `offset_in_slot`, all three
/// multiples of the alignment. Only the first `needed` bytes have to be there; behind them the file may end.
struct aligned_read {
  std::uint32_t file = 0;
  std::uint64_t file_offset = 0;
  std::uint64_t length = 0;
  std::uint64_t needed = 0;
  std::uint64_t offset_in_slot = 0;
};

/// Where every part of every expert lies in the files and in a room, and what a room has to hold.
///
/// Direct reads want offset, length and address to be multiples of the device's block. So each part is read from the block
/// it begins in to the block it ends in, and its `offset_in_slot` includes the distance to that block's start:
///
///     file   ...|....pppp|pppppppp|ppp.....|...     one part, alignment |
///     room      |....pppp|pppppppp|ppp.....|        footprint: three blocks; offset_in_slot: the four dots
///
/// Parts of one expert whose blocks touch or overlap in the file become one read. offset_in_slot and file_offset differ by a
/// multiple of the alignment, so data that is 32-byte aligned in its file is 32-byte aligned in a room that is.
/// The footprint is what an expert is charged for. Immutable once made.
/// Cost: O(parts log parts) to make, O(1) to ask; 40 bytes per part and read, 16 per expert.
class expert_layout {
 public:
  /// Reads begin and end on multiples of this even where the device would allow less: a cache line.
  static constexpr std::uint64_t least_alignment = 64;

  /// `parts` in any order; every expert of `shape` needs at least one. `alignment`: a power of two up to 2 MiB.
  [[nodiscard]] static result<expert_layout> create(const model_shape& shape, std::span<const part_in_file> parts, bytes alignment) {
    if (!std::has_single_bit(alignment.count) || alignment.count > (1U << 21U))
      return error(error_code::bad_argument, "reads cannot be aligned to ", alignment.count, " bytes; expected a power of two up to 2097152");
    expert_layout made;
    made.space_ = shape.space();
    made.alignment_ = {std::max(alignment.count, least_alignment)};
    std::vector<part_in_file> sorted(parts.begin(), parts.end());
    for (const part_in_file& p : sorted) {
      if (!shape.contains(p.expert))
        return error(error_code::bad_argument, "part ", p.part, " belongs to expert ", number(p.expert.expert), " of MoE layer ", number(p.expert.layer),
                     ", which the model does not have");
      if (p.size.count == 0 || p.file_offset > furthest || p.size.count > furthest - p.file_offset)
        return broken(p, "has no bytes, or ends beyond what a file can hold");
    }
    const auto order = [](const part_in_file& a, const part_in_file& b) { return std::pair(a.expert, a.part) < std::pair(b.expert, b.part); };
    if (!std::is_sorted(sorted.begin(), sorted.end(), order)) std::sort(sorted.begin(), sorted.end(), order);  // as readers of headers name them
    made.parts_.reserve(sorted.size());
    made.reads_.reserve(sorted.size());
    made.rows_.assign(made.space_.size() + 1, {});
    made.footprints_.assign(made.space_.size(), {});
    std::size_t next = 0;
    for (std::uint32_t flat = 0; flat < made.space_.size(); ++flat) {
      const std::size_t first = next;
      while (next < sorted.size() && made.space_.flat(sorted[next].expert) == flat) {
        if (sorted[next].part != next - first) return broken(sorted[next], "is there twice, or one before it is missing");
        ++next;
      }
      made.rows_[flat] = {made.parts_.size(), made.reads_.size()};
      if (first == next && shape.contains(made.space_.id(flat))) {
        const expert_id e = made.space_.id(flat);
        return error(error_code::bad_argument, "expert ", number(e.expert), " of MoE layer ", number(e.layer), " has no parts in any file");
      }
      made.place(flat, std::span(sorted).subspan(first, next - first));
    }
    made.rows_.back() = {made.parts_.size(), made.reads_.size()};
    return made;
  }

  /// The parts of an expert, by part number.
  [[nodiscard]] std::span<const placed_part> parts(expert_id e) const noexcept {
    const std::uint32_t flat = space_.flat(e);
    return std::span(parts_).subspan(rows_[flat].part, rows_[flat + 1].part - rows_[flat].part);
  }
  /// What to read to bring an expert, by offset in the room.
  [[nodiscard]] std::span<const aligned_read> reads(expert_id e) const noexcept {
    const std::uint32_t flat = space_.flat(e);
    return std::span(reads_).subspan(rows_[flat].read, rows_[flat + 1].read - rows_[flat].read);
  }
  [[nodiscard]] bool contains(expert_id e) const noexcept { return space_.flat(e) < space_.size() && space_.id(space_.flat(e)) == e && footprint(e).count > 0; }
  /// Bytes of room an expert is charged for, blocks at its edges included; a multiple of the alignment.
  [[nodiscard]] bytes footprint(expert_id e) const noexcept { return footprints_[space_.flat(e)]; }
  /// The same by flat index; 0 where there is no such expert.
  [[nodiscard]] std::span<const bytes> footprints() const noexcept { return footprints_; }
  /// What rooms have to be aligned to: the device's block, at least 64.
  [[nodiscard]] bytes alignment() const noexcept { return alignment_; }
  [[nodiscard]] const expert_space& space() const noexcept { return space_; }
  /// All parts, by flat index of their expert; for checks of the whole.
  [[nodiscard]] std::span<const placed_part> all_parts() const noexcept { return parts_; }

 private:
  static constexpr std::uint64_t furthest = std::uint64_t{1} << 48U;
  struct row {
    std::size_t part = 0;
    std::size_t read = 0;
  };

  [[nodiscard]] static error broken(const part_in_file& p, std::string_view how) {
    return error(error_code::bad_argument, "part ", p.part, " of expert ", number(p.expert.expert), " of MoE layer ", number(p.expert.layer), " (file ", p.file,
                 ", offset ", p.file_offset, ", ", p.size.count, " bytes) ", how);
  }

  void place(std::uint32_t flat, std::span<const part_in_file> own) {
    std::vector<part_in_file> by_offset(own.begin(), own.end());
    std::sort(by_offset.begin(), by_offset.end(),
              [](const part_in_file& a, const part_in_file& b) { return std::pair(a.file, a.file_offset) < std::pair(b.file, b.file_offset); });
    const std::size_t first_part = parts_.size();
    const std::size_t first_read = reads_.size();
    parts_.resize(first_part + own.size());
    std::uint64_t room = 0;
    for (const part_in_file& p : by_offset) {
      const std::uint64_t end = p.file_offset + p.size.count;
      const std::uint64_t from = p.file_offset / alignment_.count * alignment_.count;
      const std::uint64_t to = rounded_up({end}, alignment_).count;
      aligned_read* last = reads_.size() > first_read ? &reads_.back() : nullptr;
      if (last == nullptr || last->file != p.file || from > last->file_offset + last->length) {
        reads_.push_back({p.file, from, 0, 0, room});
        last = &reads_.back();
      }
      last->length = std::max(last->length, to - last->file_offset);
      last->needed = std::max(last->needed, end - last->file_offset);
      room = last->offset_in_slot + last->length;
      parts_[first_part + p.part] = {p.file, p.file_offset, p.size, last->offset_in_slot + (p.file_offset - last->file_offset)};
    }
    footprints_[flat] = {room};
  }

  expert_space space_;
  bytes alignment_{least_alignment};
  std::vector<row> rows_;
  std::vector<placed_part> parts_;
  std::vector<aligned_read> reads_;
  std::vector<bytes> footprints_;
};

/// Whether a part begins at the same place in the room of every expert of its layer, so that an engine with one stride finds it in
/// all homes. It does where the bytes of an expert's part are a multiple of the alignment of the layout. Cost: O(parts).
[[nodiscard]] inline bool same_in_every_room(const expert_layout& layout, const model_shape& shape) noexcept {
  const auto begins_alike = [](const placed_part& a, const placed_part& b) { return a.offset_in_slot == b.offset_in_slot; };
  for (std::uint32_t l = 0; l < shape.layers(); ++l)
    for (std::uint32_t e = 1; e < shape.experts(static_cast<layer_index>(l)); ++e)
      if (!std::ranges::equal(layout.parts(make_expert(l, e)), layout.parts(make_expert(l, 0)), begins_alike)) return false;
  return true;
}

}  // namespace moesaic::file
