// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <moesaic/concepts/transport.hpp>
#include <moesaic/transport/file/expert_file.hpp>
#include <moesaic/transport/file/expert_layout.hpp>

namespace moesaic::file {

/// The files of a model together with where its experts lie in them: what a file transport reads from. Files are opened
/// first, because what they demand of reads decides the layout; every part is checked against its file's size.
/// Thread-safe to read; owned by the transport.
class expert_source {
 public:
  /// `part_in_file::file` counts in `paths`.
  [[nodiscard]] static result<expert_source> open(const model_shape& shape, std::span<const std::string> paths, std::span<const part_in_file> parts,
                                                  direct_reads direct = direct_reads::automatic) {
    std::vector<expert_file> files;
    bytes alignment{1};
    for (const std::string& path : paths) {
      auto opened = expert_file::open(path, direct);
      if (!opened) return opened.error();
      alignment = std::max(alignment, opened->alignment());
      files.push_back(std::move(*opened));
    }
    for (const part_in_file& p : parts) {
      if (p.file >= files.size())
        return error(error_code::bad_argument, "part ", p.part, " of expert ", number(p.expert.expert), " of MoE layer ", number(p.expert.layer),
                     " lies in file ", p.file, ", but only ", files.size(), " files are given");
      const expert_file& f = files[p.file];
      if (p.size.count > f.size() || p.file_offset > f.size() - p.size.count)
        return error(error_code::bad_file, f.path(), " has ", f.size(), " bytes, but part ", p.part, " of expert ", number(p.expert.expert), " of MoE layer ",
                     number(p.expert.layer), " should lie at offset ", p.file_offset, " (", p.size.count, " bytes); the file is cut, please fetch it again");
    }
    auto layout = expert_layout::create(shape, parts, alignment);
    if (!layout) return layout.error();
    return expert_source(std::move(files), std::move(*layout));
  }
  /// The same for an engine that finds an expert by its number times a stride (`same_in_every_room`). Where an expert's bytes are no multiple of the disk's
  /// block that takes reads through the page cache; where they are none of `least_alignment`, nothing helps: bad_file.
  [[nodiscard]] static result<expert_source> open_for_strides(const model_shape& shape, std::span<const std::string> paths,
                                                              std::span<const part_in_file> parts) {
    for (const direct_reads how : {direct_reads::automatic, direct_reads::no}) {
      auto opened = open(shape, paths, parts, how);
      if (!opened || same_in_every_room(opened->layout(), shape)) return opened;
    }
    return error(error_code::bad_file, paths.empty() ? std::string_view("the model") : paths.front(), ": the bytes of an expert are no multiple of ",
                 expert_layout::least_alignment, ", so no stride leads from one to the next; please map numbers of experts to addresses, or load them all");
  }

  [[nodiscard]] const expert_layout& layout() const noexcept { return layout_; }
  [[nodiscard]] std::span<const expert_file> files() const noexcept { return files_; }
  /// Whether every file is read past the page cache.
  [[nodiscard]] bool direct() const noexcept {
    return std::all_of(files_.begin(), files_.end(), [](const expert_file& f) { return f.direct(); });
  }
  /// Bytes read while opening.
  [[nodiscard]] bytes probed() const noexcept {
    bytes sum{};
    for (const expert_file& f : files_) sum += f.probed();
    return sum;
  }

  /// Why a transfer of `e` failed, in a sentence: which file, where, and what is wrong with it now.
  [[nodiscard]] error explain(expert_id e, transfer_status status, std::int32_t system_error) const noexcept {
    error why(error_code::transfer_failed, "expert ", number(e.expert), " of MoE layer ", number(e.layer), " could not be read: ");
    if (!layout_.contains(e)) return why.append("the model has no such expert");
    for (const placed_part& p : layout_.parts(e)) {
      const expert_file& f = files_[p.file];
      const std::uint64_t now = f.size_now();
      if (status == transfer_status::short_read && p.file_offset + p.size.count > now)
        return why.append(f.path())
            .append(" has been cut to ")
            .append(now)
            .append(" bytes, this expert lies at offset ")
            .append(p.file_offset)
            .append(" (")
            .append(p.size.count)
            .append(" bytes); please restore the file");
    }
    const placed_part& first = layout_.parts(e).front();
    why.append(files_[first.file].path()).append(", offset ").append(first.file_offset).append(": ");
    if (status == transfer_status::short_read) return why.append("the file ended early; please check whether something writes to it");
    return why.append(words_for(system_error)).append(" (errno ").append(system_error).append(")");
  }

 private:
  expert_source(std::vector<expert_file> files, expert_layout layout) : files_(std::move(files)), layout_(std::move(layout)) {}
  std::vector<expert_file> files_;
  expert_layout layout_;
};

}  // namespace moesaic::file
