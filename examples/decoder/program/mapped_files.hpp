// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <moesaic/transport/file/mapped_file.hpp>

namespace moesaic::decoder {

/// The mapped file of a model, or all files of a split one.
class mapped_files {
 public:
  [[nodiscard]] static result<mapped_files> open(const std::vector<std::string>& paths) {
    mapped_files all;
    for (const std::string& path : paths) {
      auto one = file::mapped_file::open(path);
      if (!one) return one.error();
      all.files_.push_back(std::move(*one));
    }
    return all;
  }

  /// As of one mapped file.
  [[nodiscard]] result<const std::byte*> part(std::uint32_t file, std::uint64_t offset, bytes size) const { return files_[file].part(offset, size); }
  /// Where each begins.
  [[nodiscard]] std::vector<const std::byte*> starts() const {
    std::vector<const std::byte*> all;
    for (const file::mapped_file& f : files_) all.push_back(*f.part(0, {}));
    return all;
  }

 private:
  std::vector<file::mapped_file> files_;
};

}  // namespace moesaic::decoder
