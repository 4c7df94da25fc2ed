// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <vector>

#include "../engine/ggml_model.hpp"
#include "../engine/gguf_file.hpp"

namespace moesaic::decoder {

/// All experts of a model in memory: as its file has them, or quantised again to another type, row by row.
///
/// Source: MoE-SpeQ's drafter (arXiv 2511.14102, 3.4.1) quantises the routed experts alone, to 4 bits with GPTQ in groups of 128; here it
/// is ggml's Q4_0, rounding to nearest in groups of 32, because that needs no calibration and happens at load.
/// Memory: the experts' bytes in the type they have here, in one piece. Cost of reading: every expert once; nothing stays in the
/// page cache.
class resident_experts {
 public:
  /// Errors: bad_argument (rows that cannot be cut into the type's groups), transfer_failed, out_of_memory.
  [[nodiscard]] static result<resident_experts> read(const ggml_model& model, const gguf_file& file, std::optional<ggml_type> as);

  [[nodiscard]] const std::byte* room(const model_shape& shape, expert_id e) const noexcept { return memory_.get() + rooms_[shape.space().flat(e)]; }
  /// Types and extents, one for each MoE layer, and where an expert's parts lie in its room: what ggml_model::twin and
  /// place_parts want.
  [[nodiscard]] const std::vector<gated_weights>& forms() const noexcept { return forms_; }
  [[nodiscard]] const std::vector<ggml_model::part_offsets>& parts() const noexcept { return parts_; }
  [[nodiscard]] bytes size() const noexcept { return {size_}; }

 private:
  struct release {
    void operator()(std::byte* p) const noexcept { std::free(p); }
  };
  std::unique_ptr<std::byte[], release> memory_;
  std::uint64_t size_ = 0;
  std::vector<std::uint64_t> rooms_;
  std::vector<gated_weights> forms_;
  std::vector<ggml_model::part_offsets> parts_;
};

}  // namespace moesaic::decoder
