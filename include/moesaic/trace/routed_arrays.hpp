// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <moesaic/trace/layer_numbers.hpp>
#include <moesaic/trace/npy_header.hpp>
#include <moesaic/trace/trace_reader.hpp>

namespace moesaic::trace {

/// Arrays one after the other, from one file or an archive: `next_array` goes to the next, whatever was left of the one
/// before; `read` gives its elements' bytes. `name` and `at` (the byte of the array that comes next) are for sentences.
template <class A>
concept array_source = std::movable<A> && requires(A arrays, const A& view, std::span<std::byte> out) {
  { arrays.next_array() } -> std::same_as<result<std::optional<npy_header>>>;
  { arrays.read(out) } -> std::same_as<result<std::size_t>>;
  { view.at() } noexcept -> std::same_as<std::uint64_t>;
  { view.name() } noexcept -> std::same_as<std::string_view>;
};

/// Reads vLLM routed-experts arrays: integers `[tokens][layers][top_k]` in C order, of any width and byte order.
///
/// Source: vLLM's capturer (vllm-project/vllm pull request 28284, fused_moe/routed_experts_capturer.py: a buffer over all
/// hidden layers, filled with zeros, `topk_ids` of each layer with experts) and what clients say of it: one row fewer than
/// tokens, dtype uint8, uint16 or int32; NVIDIA-NeMo/RL pull request 3113 marks a missing route with -1.
/// An array is a sequence, in the order of the file; a step is a token; nothing tells prompt from answer. A row of equal ids
/// with top-k above 1 cannot be routing: all 0 (never filled: a dense layer, padding), all 255 in bytes, all 65535 or -1 are
/// not routed, everything else that repeats is an error. Layers that are not routed in any row are dense and no layers here.
/// Experts in a layer: one more than the highest id, unless said. Two readings. Memory: 64 KiB, or one token.
/// One thread at a time.
template <array_source Arrays>
class routed_arrays_reader {
 public:
  static constexpr std::string_view format = "vLLM routed experts";

  /// `again` gives the same arrays once more: a result<Arrays>.
  template <class Again>
  [[nodiscard]] static result<routed_arrays_reader> open(Arrays arrays, Again&& again, const trace_options& options = {}) {
    routed_arrays_reader reader(std::move(arrays));
    if (const result<void> seen = reader.survey(options); !seen) return seen.error();
    result<Arrays> second = again();
    if (!second) return second.error();
    reader.arrays_ = *std::move(second);
    reader.left_ = 0;
    return reader;
  }

  [[nodiscard]] const trace_facts& facts() const noexcept { return facts_; }

  [[nodiscard]] result<std::optional<routing_rows>> next() {
    const result<bool> more = read_piece();
    if (!more) return more.error();
    if (!*more) return std::optional<routing_rows>{};
    ids_.clear();
    for (std::size_t token = 0; token < held_; ++token)
      for (const std::uint32_t block : layers_.blocks()) {
        const auto cell = raw_.begin() + static_cast<std::ptrdiff_t>((token * blocks_ + block) * top_k_);
        ids_.insert(ids_.end(), cell, cell + static_cast<std::ptrdiff_t>(top_k_));
      }
    for (const std::uint16_t id : ids_)
      if (id >= facts_.shape.experts && id != not_routed)
        return error(error_code::bad_file, arrays_.name(), ": expert ", id, " was not there at the first reading; the file has changed");
    const routing_rows rows{sequence_, tokens_ - held_, 0, static_cast<std::uint32_t>(held_), ids_, {}, 0, {}};
    return std::optional<routing_rows>(rows);
  }

 private:
  explicit routed_arrays_reader(Arrays arrays) : arrays_(std::move(arrays)) {}

  [[nodiscard]] result<void> survey(const trace_options& options) {
    std::uint32_t experts = 0;
    for (;;) {
      const result<bool> more = read_piece();
      if (!more) return more.error();
      if (!*more) break;
      if (routed_.empty()) routed_.resize(blocks_);
      for (std::size_t i = 0; i < raw_.size(); ++i)
        if (raw_[i] != not_routed) {
          experts = std::max(experts, raw_[i] + 1U);
          routed_[i / top_k_ % blocks_] = 1;
        }
    }
    for (std::uint32_t b = 0; b < routed_.size(); ++b)
      if (routed_[b] != 0) layers_.add(b);
    if (layers_.count() == 0) return error(error_code::bad_file, arrays_.name(), ": holds no routed token");
    if (options.experts != 0 && options.experts < experts)
      return error(error_code::bad_argument, arrays_.name(), ": ", options.experts, " experts were said, but expert ", experts - 1, " occurs");
    facts_ = {.format = format,
              .shape = {layers_.count(), std::max(experts, options.experts), static_cast<std::uint32_t>(top_k_)},
              .tokens = tokens_,
              .sequences = sequence_ + 1U,
              .weights = false,
              .weight_steps = 0,
              .expert_bytes = {}};
    tokens_ = 0;
    sequence_ = 0;
    if (const auto wrong = unusable(facts_.shape)) return error(error_code::bad_file, arrays_.name(), ": ", *wrong);
    return {};
  }

  /// Fills `raw_` with the next tokens of the array, or of the next array that has any. False behind the last.
  [[nodiscard]] result<bool> read_piece() {
    while (left_ == 0) {
      const result<std::optional<npy_header>> found = arrays_.next_array();
      if (!found) return found.error();
      if (!*found) return false;
      if (const result<void> usable = take(**found); !usable) return usable.error();
      if (left_ > 0 && tokens_ > 0) ++sequence_;
    }
    constexpr std::size_t piece = std::size_t{1} << 16U;
    const std::size_t row = blocks_ * top_k_, row_bytes = row * width_;
    held_ = static_cast<std::size_t>(std::min<std::uint64_t>(left_, std::max<std::size_t>(1, piece / row_bytes)));
    const std::uint64_t at = arrays_.at();
    bytes_.resize(held_ * row_bytes);
    std::size_t filled = 0;
    while (filled < bytes_.size()) {
      const result<std::size_t> got = arrays_.read(std::span(bytes_).subspan(filled));
      if (!got) return got.error();
      if (*got == 0)
        return error(error_code::bad_file, arrays_.name(), ": ends at byte ", at + filled, ", ", (left_ * row_bytes - filled),
                     " bytes before its array does; the file is cut");
      filled += *got;
    }
    raw_.resize(held_ * row);
    for (std::size_t i = 0; i < raw_.size(); ++i) {
      const std::optional<std::uint16_t> id = element(i);
      if (!id) return error(error_code::bad_file, arrays_.name(), ": byte ", at + i * width_, ": is no expert's number (0 to 65534, or -1 for not routed)");
      raw_[i] = *id;
    }
    for (std::size_t cell = 0; cell < raw_.size(); cell += top_k_)
      if (!make_sound(std::span(raw_).subspan(cell, top_k_)))
        return error(error_code::bad_file, arrays_.name(), ": byte ", at + cell * width_, ": token ", tokens_ + cell / row, ", layer ", cell / top_k_ % blocks_,
                     " names an expert twice; are these routed experts, [tokens][layers][top_k]?");
    tokens_ += held_;
    left_ -= held_;
    return true;
  }

  [[nodiscard]] result<void> take(const npy_header& header) {
    const auto wrong = [&](const auto&... what) { return error(error_code::bad_file, arrays_.name(), ": byte ", header.data_at, ": ", what...); };
    if (header.shape.size() != 3) return wrong("is an array of ", header.shape.size(), " dimensions; expected [tokens][layers][top_k]");
    if (!header.holds_integers() || (header.width != 1 && header.width != 2 && header.width != 4 && header.width != 8))
      return wrong("holds elements of another kind than integers of 1, 2, 4 or 8 bytes");
    if (header.fortran_order) return wrong("is in Fortran order; save it in C order (numpy.ascontiguousarray)");
    const std::uint64_t layers = header.shape[1], top_k = header.shape[2];
    if (layers == 0 || top_k == 0 || layers > 65'535 || top_k > 65'535 || layers * top_k > std::uint64_t{1} << 20U)
      return wrong("has ", layers, " layers of top-", top_k, "; at least 1 of both, and 1048576 ids for a token at most");
    if (top_k_ != 0 && (layers != blocks_ || top_k != top_k_))
      return wrong("has ", layers, " layers of top-", top_k, ", the array before it ", blocks_, " of top-", top_k_, "; is it of another model?");
    blocks_ = static_cast<std::size_t>(layers);
    top_k_ = static_cast<std::size_t>(top_k);
    width_ = header.width;
    big_endian_ = header.big_endian;
    signed_ = header.kind == 'i';
    left_ = header.shape[0];
    return {};
  }

  /// Element `i` of `bytes_`, as an expert or not_routed; nothing for what is neither.
  [[nodiscard]] std::optional<std::uint16_t> element(std::size_t i) const noexcept {
    std::uint64_t value = 0;
    for (std::size_t b = 0; b < width_; ++b) value = value << 8U | std::to_integer<std::uint64_t>(bytes_[i * width_ + (big_endian_ ? b : width_ - 1 - b)]);
    const std::uint64_t all_ones = width_ == 8 ? ~std::uint64_t{0} : (std::uint64_t{1} << (8 * width_)) - 1;
    if (value == all_ones && (signed_ || width_ > 1)) return not_routed;
    if (signed_ && value > all_ones / 2) return std::nullopt;
    if (value >= not_routed) return std::nullopt;
    return static_cast<std::uint16_t>(value);
  }

  /// Turns a row that was never filled into not_routed; false if it names an expert twice.
  [[nodiscard]] bool make_sound(std::span<std::uint16_t> cell) const noexcept {
    if (cell.size() > 1 && std::all_of(cell.begin(), cell.end(), [&](std::uint16_t id) { return id == cell[0]; }) &&
        (cell[0] == 0 || (width_ == 1 && !signed_ && cell[0] == 255)))
      std::fill(cell.begin(), cell.end(), not_routed);
    for (std::size_t i = 1; i < cell.size(); ++i)
      if (cell[i] != not_routed &&
          std::find(cell.begin(), cell.begin() + static_cast<std::ptrdiff_t>(i), cell[i]) != cell.begin() + static_cast<std::ptrdiff_t>(i))
        return false;
    return true;
  }

  Arrays arrays_;
  trace_facts facts_;
  layer_numbers layers_;
  std::vector<std::uint8_t> routed_;           ///< [blocks], of the first reading
  std::size_t blocks_ = 0, top_k_ = 0, width_ = 0;
  bool big_endian_ = false, signed_ = false;
  std::uint64_t left_ = 0;                     ///< tokens of the array that are not read yet
  std::uint64_t tokens_ = 0;                   ///< read, over all arrays
  std::uint32_t sequence_ = 0;
  std::size_t held_ = 0;                       ///< tokens in `raw_`
  std::vector<std::byte> bytes_;
  std::vector<std::uint16_t> raw_, ids_;
};

/// One .npy file as a source of one array. What is left behind the array is an error.
template <byte_source Source>
class npy_file {
 public:
  explicit npy_file(Source source) : source_(std::move(source)) {}

  [[nodiscard]] result<std::optional<npy_header>> next_array() {
    if (std::exchange(given_, true)) {
      std::byte beyond{};
      const result<std::size_t> got = source_.read({&beyond, 1});
      if (!got) return got.error();
      if (*got != 0) return error(error_code::bad_file, source_.name(), ": goes on after byte ", at_, ", where its array ends");
      return std::optional<npy_header>{};
    }
    result<npy_header> header = npy_header::read(source_, source_.name());
    if (!header) return header.error();
    at_ = header->data_at;
    return std::optional<npy_header>(*std::move(header));
  }
  [[nodiscard]] result<std::size_t> read(std::span<std::byte> out) {
    const result<std::size_t> got = source_.read(out);
    if (got) at_ += *got;
    return got;
  }
  [[nodiscard]] std::uint64_t at() const noexcept { return at_; }
  [[nodiscard]] std::string_view name() const noexcept { return source_.name(); }

 private:
  Source source_;
  std::uint64_t at_ = 0;
  bool given_ = false;
};
static_assert(array_source<npy_file<memory_source>>);

}  // namespace moesaic::trace
