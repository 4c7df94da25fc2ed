// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <moesaic/concepts/moe_model.hpp>

#include "command_line/output_file.hpp"

namespace moesaic::decoder {

/// What --logits and --routing write: for each committed position, in order, its row of logits and its routing lines.
/// A position waits here until it is certain: later windows or `finish` make it so, `forget` takes it back.
class evidence {
 public:
  /// Either may be empty: not wanted. Errors: cannot_open.
  [[nodiscard]] static result<evidence> open(const std::string& logits_path, const std::string& routing_path);

  [[nodiscard]] bool wants_logits() const noexcept { return logits_.has_value(); }
  [[nodiscard]] bool wants_routing() const noexcept { return routing_.has_value(); }

  /// A window begins: everything before it is final and goes out.
  result<void> begin(position first, std::uint32_t tokens);
  /// Routing of one layer (by its block number in the file) for the whole window.
  void route(std::uint32_t block, std::span<const expert_index> routes, std::span<const float> weights);
  /// Logits of the whole window.
  void rows(const logits_view& all);
  /// The window has been computed; without this, `finish` leaves it out.
  void complete() noexcept { window_ = 0; }
  /// Takes back everything at and after `p`.
  void forget(position p) noexcept;
  /// Writes what is left and closes the files.
  result<void> finish();

 private:
  struct place {
    std::uint32_t at = 0;
    std::string lines;
    std::vector<float> logits;
  };
  evidence() = default;
  result<void> write_before(std::uint64_t first);

  std::optional<command_line::output_file> logits_;
  std::optional<command_line::output_file> routing_;
  std::deque<place> open_;    // positions that may still be taken back, ascending
  std::uint32_t window_ = 0;  // positions at the end of `open_` that are being computed
};

}  // namespace moesaic::decoder
