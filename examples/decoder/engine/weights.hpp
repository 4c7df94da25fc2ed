// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <ggml-cpu.h>
#include <ggml.h>

#include "gguf_file.hpp"

namespace moesaic::decoder {

/// A matrix in memory, in the type of the file: `rows` rows of `columns` elements. Null data: there is no such matrix.
struct matrix {
  ggml_type type = GGML_TYPE_F32;
  std::int64_t columns = 0;
  std::int64_t rows = 0;
  const std::byte* data = nullptr;

  [[nodiscard]] std::size_t row_bytes() const noexcept { return ggml_row_size(type, columns); }
  [[nodiscard]] const std::byte* row(std::int64_t r) const noexcept { return data + static_cast<std::size_t>(r) * row_bytes(); }
  [[nodiscard]] explicit operator bool() const noexcept { return data != nullptr; }
};

/// Told how much of the resident weights has been read. May be empty.
using load_progress = std::function<void(std::uint64_t done, std::uint64_t total)>;

/// Hands out a model's tensors by name and checks their shapes. Resident ones are read here, in pieces and leaving nothing in
/// the page cache (the process has to live beside its experts in a fixed amount of memory); expert tensors are only looked up.
/// Every tensor has to be asked for by somebody: a tensor that nobody computes with means that the file holds another kind of
/// model than its architecture says, and `all_used` reports it.
class weight_source {
 public:
  weight_source(const gguf_file& file, load_progress progress);

  [[nodiscard]] const gguf_file& file() const noexcept { return file_; }

  /// A matrix of `columns` x `rows`. Errors: bad_file (missing, other shape, a type that cannot be multiplied),
  /// transfer_failed, out_of_memory. The optional form answers a null matrix when there is no such tensor.
  [[nodiscard]] result<matrix> take_matrix(const std::string& name, std::int64_t columns, std::int64_t rows);
  [[nodiscard]] result<matrix> take_matrix_if_any(const std::string& name, std::int64_t columns, std::int64_t rows);
  /// `slices` matrices of that shape in one tensor, as one of slices * rows rows.
  [[nodiscard]] result<matrix> take_stack(const std::string& name, std::int64_t columns, std::int64_t rows, std::int64_t slices);
  /// A vector of `length` numbers, expanded to float. The optional form answers an empty vector.
  [[nodiscard]] result<std::vector<float>> take_vector(const std::string& name, std::int64_t length);
  [[nodiscard]] result<std::vector<float>> take_vector_if_any(const std::string& name, std::int64_t length);
  /// `rows` vectors of `length` numbers in one tensor, one behind the other.
  [[nodiscard]] result<std::vector<float>> take_table(const std::string& name, std::int64_t length, std::int64_t rows);
  /// A tensor that stays in the file. Null if there is none. Errors: bad_file for a type that cannot be multiplied.
  [[nodiscard]] result<const gguf_tensor*> leave_in_file(const std::string& name);

  /// Tensors whose names start like this are known, and not computed with.
  void leave_out(const std::string& prefix);
  /// Errors: bad_file, naming the first tensor nobody asked for.
  [[nodiscard]] result<void> all_used(std::string_view architecture) const;

  /// The memory of everything read; has to outlive the matrices.
  struct release {
    void operator()(std::byte* p) const noexcept { std::free(p); }
  };
  using storage = std::vector<std::unique_ptr<std::byte[], release>>;
  [[nodiscard]] storage give_storage() noexcept { return std::move(storage_); }
  [[nodiscard]] std::uint64_t bytes_read() const noexcept { return bytes_read_; }

 private:
  [[nodiscard]] result<const gguf_tensor*> claim(const std::string& name, bool required);
  [[nodiscard]] result<void> read_all(const gguf_tensor& tensor, std::byte* out);

  const gguf_file& file_;
  load_progress progress_;
  std::vector<bool> used_;
  storage storage_;
  std::uint64_t bytes_read_ = 0;
  std::uint64_t bytes_total_ = 0;
};

/// True if this ggml can multiply rows of this type with activations.
[[nodiscard]] bool can_multiply(ggml_type type, std::uint64_t columns) noexcept;

/// Expands one row of any type ggml knows to float.
void expand_row(ggml_type type, const std::byte* row, std::int64_t columns, float* out) noexcept;

}  // namespace moesaic::decoder
