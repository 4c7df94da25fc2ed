// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

#include <conformance/transport_suite.hpp>
#include <moesaic/transport/file/expert_source.hpp>

/// A folder of its own for one test, gone with it. Beside the test's program, because /tmp is often no real disk.
class scratch {
 public:
  explicit scratch(const std::string& where = ".") {
    std::string name = where + "/moesaic_scratch_XXXXXX";
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    folder_ = name;
  }
  scratch(const scratch&) = delete;
  scratch& operator=(const scratch&) = delete;
  ~scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  [[nodiscard]] std::string path(const std::string& name) const { return folder_ + "/" + name; }

 private:
  std::string folder_;
};

/// Runs `what` in a child process and gives back its answer; the child may lock itself in.
template <class What>
int in_a_child(What what) {
  std::fflush(nullptr);  // or the child would write it again
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) ::_exit(what());
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  return WEXITSTATUS(status);
}

/// The byte at a place of test file `file`: no two places near each other look alike for long.
inline std::byte byte_of_file(std::uint32_t file, std::uint64_t offset) {
  std::uint64_t x = (offset >> 3U) * 0x9e3779b97f4a7c15ULL + file * 0xd1b54a32d192ed03ULL + 1;
  x = (x ^ (x >> 29U)) * 0xbf58476d1ce4e5b9ULL;
  return static_cast<std::byte>((x ^ (x >> 32U)) >> (8U * (offset & 7U)));
}

inline void write_file(const std::string& path, std::uint32_t file, std::uint64_t size) {
  std::vector<std::byte> data(size);
  for (std::uint64_t i = 0; i < size; ++i) data[i] = byte_of_file(file, i);
  std::FILE* const out = std::fopen(path.c_str(), "wb");
  REQUIRE(out != nullptr);
  if (size > 0) REQUIRE(std::fwrite(data.data(), 1, data.size(), out) == data.size());
  REQUIRE(std::fclose(out) == 0);
}

/// A small model in two files: mixed sizes, odd offsets, parts that are neighbours, and one that ends with its file.
class model_files {
 public:
  explicit model_files(std::uint64_t scale = 1, const std::string& where = ".") : folder_(where) {
    std::vector<moesaic::model_shape::layer> layers(2, {3, 2, moesaic::bytes{1}});
    shape_.emplace_back(*moesaic::model_shape::of(layers));
    std::array<std::uint64_t, 2> end{37, 4'096};
    for (std::uint32_t l = 0; l < 2; ++l)
      for (std::uint32_t e = 0; e < 3; ++e) {
        moesaic::bytes whole{};
        for (std::uint32_t p = 0; p < 3; ++p) {
          const std::uint32_t file = (e == 2 && p > 0) ? 1 : 0;  // expert 2 lies in both files
          const moesaic::bytes size{scale * (1'000 + 700 * e + 333 * p + 4'096 * l)};
          parts_.push_back({moesaic::make_expert(l, e), p, file, end[file], size});
          end[file] += size.count;
          if (p == 1) end[file] += 5'000 * scale;  // a gap before the third part; the first two are neighbours
          whole += size;
        }
        shape_[0].resize(moesaic::make_expert(l, e), whole);
        experts_.push_back(moesaic::make_expert(l, e));
      }
    for (std::uint32_t f = 0; f < 2; ++f) {
      paths_.push_back(folder_.path("model-" + std::to_string(f) + ".bin"));
      std::uint64_t size = 0;
      for (const auto& p : parts_)
        if (p.file == f) size = std::max(size, p.file_offset + p.size.count);
      write_file(paths_[f], f, size);
    }
  }
  [[nodiscard]] const moesaic::model_shape& shape() const { return shape_[0]; }
  [[nodiscard]] std::span<const std::string> paths() const { return paths_; }
  [[nodiscard]] std::span<const moesaic::file::part_in_file> parts() const { return parts_; }
  [[nodiscard]] std::span<const moesaic::expert_id> experts() const { return experts_; }
  [[nodiscard]] const scratch& folder() const { return folder_; }
  [[nodiscard]] moesaic::file::expert_source open(moesaic::file::direct_reads direct = moesaic::file::direct_reads::automatic) const {
    auto source = moesaic::file::expert_source::open(shape(), paths_, parts_, direct);
    REQUIRE_MESSAGE(source, source.error().sentence());
    return std::move(*source);
  }
  /// Whether a room laid out by `layout` holds the expert as the files have it.
  [[nodiscard]] static bool right(const moesaic::file::expert_layout& layout, moesaic::expert_id e, const std::byte* room) {
    for (const auto& p : layout.parts(e))
      for (std::uint64_t i = 0; i < p.size.count; ++i)
        if (room[p.offset_in_slot + i] != byte_of_file(p.file, p.file_offset + i)) return false;
    return true;
  }

 private:
  scratch folder_;
  std::vector<moesaic::model_shape> shape_;
  std::vector<moesaic::file::part_in_file> parts_;
  std::vector<moesaic::expert_id> experts_;
  std::vector<std::string> paths_;
};

/// The conformance bench over real files: `make(source)` opens a transport.
template <class Make>
class file_bench {
 public:
  file_bench(const model_files& files, Make make, moesaic::file::direct_reads direct = moesaic::file::direct_reads::automatic)
      : files_(&files), layout_(files.open(direct).layout()), make_(std::move(make)), direct_(direct) {}
  auto link() { return make_(files_->open(direct_)); }
  std::span<const moesaic::expert_id> experts() const { return files_->experts(); }
  moesaic::bytes size(moesaic::expert_id e) const { return layout_.footprint(e); }
  std::size_t alignment() const { return static_cast<std::size_t>(layout_.alignment().count); }
  bool right(moesaic::expert_id e, const std::byte* room) const { return model_files::right(layout_, e, room); }

 private:
  const model_files* files_;
  moesaic::file::expert_layout layout_;
  Make make_;
  moesaic::file::direct_reads direct_;
};
