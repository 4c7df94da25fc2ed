// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "thread_team.hpp"
#include "weights.hpp"

namespace moesaic::decoder {

/// Rows of activations, and the same rows in the forms that ggml's dot products want them in (Q8_0, Q8_K, F16, ... by the
/// type of the weights), made once when first asked for. The buffers keep their memory from one use to the next.
class activations {
 public:
  /// Points at `rows` rows of `columns` floats; what was converted before is forgotten. The floats have to stay.
  void assign(const float* values, std::int64_t rows, std::int64_t columns) noexcept;
  /// Converts for weights of this type. Has to be called before `form_for`, by one thread.
  void prepare(ggml_type weights);
  /// The rows as weights of this type want them.
  struct prepared {
    const std::byte* base;
    std::size_t stride;
    [[nodiscard]] const void* row(std::int64_t r) const noexcept { return base + static_cast<std::size_t>(r) * stride; }
  };
  [[nodiscard]] prepared form_for(ggml_type weights) const noexcept;
  [[nodiscard]] std::int64_t rows() const noexcept { return rows_; }
  [[nodiscard]] std::int64_t columns() const noexcept { return columns_; }

 private:
  struct form {
    ggml_type type;
    bool current;
    std::vector<std::byte> bytes;
  };
  const float* values_ = nullptr;
  std::int64_t rows_ = 0;
  std::int64_t columns_ = 0;
  std::vector<form> forms_;
};

/// One product of a list that shares its input: out[row of the input * stride + row of the weights].
struct product {
  const matrix* weights;
  float* out;
  std::int64_t stride;
  const float* bias = nullptr;  // one number per row of the weights, or null
};

/// Computes all products of the list with all rows of the input.
///
/// Every element is one dot product of one row of weights with one row of activations, with the bits of ggml's, or for F32 of row_math.hpp's.
/// So it has the same bits whether its token is computed alone or in a window, by one thread or by several, and at whatever
/// address the weights lie. ggml_mul_mat does not promise that: where it is built with the llamafile kernels, F32, F16, BF16, Q8_0, Q4_0, Q5_0 and
/// IQ4_NL products of two tokens or more sum in another order than those of one, and repacked weights do so as well. (Without
/// them, as in ggml 0.20's packages for Python, all 28 types gave equal bits; but the next installation may have them.) The rows of
/// input are taken eight at a time (dot_tile.hpp), and a piece's rows of weights stay in the second-level cache meanwhile.
void multiply(thread_team& team, activations& input, std::span<const product> list);

}  // namespace moesaic::decoder
