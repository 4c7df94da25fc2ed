// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <ggml.h>
#include <moesaic/core/result.hpp>

namespace moesaic::decoder {

/// A file descriptor opened for reading, closed at the end of its life.
class file_descriptor {
 public:
  file_descriptor() = default;
  explicit file_descriptor(int number) noexcept : number_(number) {}
  file_descriptor(file_descriptor&& other) noexcept : number_(other.number_) { other.number_ = -1; }
  file_descriptor& operator=(file_descriptor&& other) noexcept;
  ~file_descriptor();
  [[nodiscard]] int number() const noexcept { return number_; }

 private:
  int number_ = -1;
};

/// One tensor as the header describes it; checked: the type is one ggml knows, the extents multiply without overflow, and
/// [file_offset, file_offset + bytes) lies inside the file.
struct gguf_tensor {
  std::string_view name;
  ggml_type type = GGML_TYPE_F32;
  std::array<std::uint64_t, 4> extent{1, 1, 1, 1};  ///< extent[0] runs fastest; 1 where there is no such dimension
  std::uint64_t file_offset = 0;                    ///< from the start of the file
  std::uint64_t bytes = 0;
  std::uint32_t file = 0;  ///< which file of a split model
};

/// The header of a GGUF file (versions 2 and 3): keys and tensors. Nothing of the header is trusted: every count, length, type
/// and offset is checked against the bytes that are really there before it is used, and memory grows only with bytes read, so
/// a damaged file ends in one sentence. This is also why ggml's own reader is not used here: it stops the process on
/// some of the inputs that this one has to survive, and checking for it means parsing everything anyway.
/// Memory: the header's bytes once (token lists are read from there), released with the object. Text views live as long as it.
class gguf_file {
 public:
  /// A model split over files (NAME-00001-of-00003.gguf) is opened by the first, and then the tensors are those of all.
  /// Errors: cannot_open (missing, not a regular file), bad_file (everything else; the sentence starts with the path).
  [[nodiscard]] static result<gguf_file> open(const std::string& path);

  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  /// Of all files, in their order; one where a model is not split.
  [[nodiscard]] std::vector<std::string> paths() const;
  [[nodiscard]] int descriptor(std::uint32_t file = 0) const noexcept { return at(file).file_.number(); }
  [[nodiscard]] std::uint64_t file_bytes() const noexcept { return file_bytes_; }
  [[nodiscard]] std::span<const gguf_tensor> tensors() const noexcept { return tensors_; }  ///< ascending by name
  [[nodiscard]] const gguf_tensor* find(std::string_view tensor) const noexcept;

  [[nodiscard]] bool has(std::string_view key) const noexcept { return lookup(key) != nullptr; }
  /// The value of a key. Any integer type is taken for a whole number, any number for a real one. Errors: bad_file, naming the
  /// key and what was expected, when it is missing or of another kind.
  [[nodiscard]] result<std::uint64_t> whole(std::string_view key) const;
  [[nodiscard]] result<double> real(std::string_view key) const;
  [[nodiscard]] result<bool> flag(std::string_view key) const;
  [[nodiscard]] result<std::string_view> text(std::string_view key) const;
  /// Arrays; a single value of the right kind does not count as an array of one.
  [[nodiscard]] result<std::vector<std::string_view>> texts(std::string_view key) const;
  [[nodiscard]] result<std::vector<std::int64_t>> wholes(std::string_view key) const;
  [[nodiscard]] result<std::vector<float>> reals(std::string_view key) const;
  /// True if the key holds an array.
  [[nodiscard]] bool is_array(std::string_view key) const noexcept;

  /// Reads file bytes [offset, offset + out.size()) completely. Errors: transfer_failed (read error, file shrunk).
  [[nodiscard]] result<void> read(std::uint64_t offset, std::span<std::byte> out) const;
  /// The same of one file of a split model.
  [[nodiscard]] result<void> read(std::uint32_t file, std::uint64_t offset, std::span<std::byte> out) const { return at(file).read(offset, out); }

 private:
  [[nodiscard]] static result<gguf_file> open_one(const std::string& path);
  [[nodiscard]] result<void> open_others();
  [[nodiscard]] result<void> take_part(gguf_file part, std::uint64_t number, std::uint64_t count);
  [[nodiscard]] const gguf_file& at(std::uint32_t file) const noexcept { return file == 0 ? *this : others_[file - 1]; }
  friend class gguf_parser;
  struct entry {
    std::string_view key;
    std::uint32_t type = 0;  // of the value, or of the elements of an array
    bool array = false;
    std::uint64_t count = 1;
    const std::byte* raw = nullptr;  // first value; strings are length-prefixed
  };
  [[nodiscard]] const entry* lookup(std::string_view key) const noexcept;
  [[nodiscard]] result<const entry*> expect(std::string_view key, bool array, std::string_view what) const;

  std::string path_;
  file_descriptor file_;
  std::uint64_t file_bytes_ = 0;
  std::vector<std::byte> header_;
  std::vector<entry> entries_;        // ascending by key
  std::vector<gguf_tensor> tensors_;  // ascending by name
  std::vector<gguf_file> others_;     // of a split model, from the second on
};

/// Text of unknown origin for an error sentence: at most 80 bytes, everything but printable ASCII replaced by '?'.
[[nodiscard]] std::string printable(std::string_view text);

}  // namespace moesaic::decoder
