// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <moesaic/trace/byte_sink.hpp>
#include <moesaic/trace/moetrc1_header.hpp>
#include <moesaic/trace/trace_reader.hpp>

namespace moesaic::trace {

/// How MOETRC1 keeps a gate weight: not, as value / 255, or as value / 10000.
enum class moetrc1_weights : std::uint8_t { none = 0, eight_bits = 1, sixteen_bits = 2 };

/// Writes MOETRC1 from front to back, for traces of any length.
///
/// The format has its sequences before all ids and its weights behind them, so a trace is gone through three times: once to
/// know the sequences (`count_sequences` does that), then `add_ids` for all rows, then, where there are weights, `add_weights`
/// for all rows; `finish` holds what came against what was promised. What MOETRC1 has no place for is lost: batches,
/// recorded residency, bytes of experts, prompt tokens behind decoded ones.
/// Ids take 16 bits from 256 experts on. Errors: weights that the chosen form cannot hold; the sink's.
/// Cost: memory for one piece of rows. One thread at a time.
template <byte_sink Sink>
class moetrc1_writer {
 public:
  [[nodiscard]] static result<moetrc1_writer> begin(Sink to, const dimensions& shape, std::span<const moetrc1_sequence> sequences, moetrc1_weights weights) {
    moetrc1_writer writer(std::move(to));
    writer.header_.shape = shape;
    writer.header_.sequences = static_cast<std::uint32_t>(sequences.size());
    writer.header_.tokens = sequences.empty() ? 0 : sequences.back().first_token + sequences.back().tokens;
    writer.header_.flags = static_cast<std::uint32_t>(weights) | (shape.experts > 255 ? 4U : 0U);
    for (const char c : moetrc1_header::magic) writer.bytes_.push_back(static_cast<std::byte>(c));
    for (const std::uint32_t field : {shape.layers, shape.experts, shape.top_k, writer.header_.sequences, writer.header_.tokens, writer.header_.flags})
      writer.put(field, 4);
    for (const moetrc1_sequence& s : sequences) {
      for (const std::uint32_t field : {s.first_token, s.tokens, s.prompt_tokens, s.meta_index}) writer.put(field, 4);
      if (writer.bytes_.size() >= std::size_t{1} << 16U)
        if (const result<void> out = writer.flush(); !out) return out.error();
    }
    if (const result<void> out = writer.flush(); !out) return out.error();
    return writer;
  }

  [[nodiscard]] const moetrc1_header& header() const noexcept { return header_; }

  result<void> add_ids(const routing_rows& rows) {
    const auto width = static_cast<int>(header_.id_bytes());
    for (const std::uint16_t id : rows.experts) put(id == not_routed && width == 1 ? 255U : id, width);
    ids_ += rows.tokens;
    return flush();
  }
  result<void> add_weights(const routing_rows& rows) {
    const std::uint32_t steps = header_.weight_steps(), most = header_.weight_bytes() == 1 ? 255 : 65'535;
    for (std::size_t i = 0; i < rows.weights.size(); ++i) {
      const std::uint64_t value = (std::uint64_t{rows.weights[i].count} * steps + 32'768) / 65'536;
      if (value > most)
        return error(error_code::bad_argument, "a gate weight of token ", rows.first_token + i / header_.shape.row(), " is above ", most, " / ", steps,
                     ", more than MOETRC1 can hold in ", header_.weight_bytes() * 8, " bits; leave weights out",
                     header_.weight_bytes() == 1 ? " or take 16 bits" : "");
      put(static_cast<std::uint32_t>(value), static_cast<int>(header_.weight_bytes()));
    }
    weights_ += rows.weights.size() / header_.shape.row();
    return flush();
  }
  /// Says whether all that was promised has come.
  result<void> finish() const {
    if (ids_ == header_.tokens && weights_ == (header_.weight_bytes() > 0 ? header_.tokens : 0)) return {};
    return error(error_code::wrong_order, "the trace has changed while it was read: ", header_.tokens, " tokens were counted, ", ids_, " with ids and ",
                 weights_, " with weights came");
  }

 private:
  explicit moetrc1_writer(Sink to) : to_(std::move(to)) {}
  void put(std::uint32_t value, int width) {
    for (int i = 0; i < width; ++i) bytes_.push_back(static_cast<std::byte>(value >> (8 * i) & 0xFFU));
  }
  [[nodiscard]] result<void> flush() {
    const result<void> out = to_.write(bytes_);
    bytes_.clear();
    return out;
  }

  Sink to_;
  moetrc1_header header_;
  std::vector<std::byte> bytes_;
  std::uint64_t ids_ = 0, weights_ = 0;  ///< tokens that came
};

/// Goes through rows and counts sequences as MOETRC1 lists them: `add` for all rows, in order.
class moetrc1_sequences {
 public:
  /// `meta_index` goes down with a new sequence. Errors: more tokens than 32 bits count.
  result<void> add(const routing_rows& rows) { return add(rows, rows.sequence); }
  result<void> add(const routing_rows& rows, std::uint32_t meta_index) {
    if (list_.empty() || rows.sequence != sequence_) {
      list_.push_back({static_cast<std::uint32_t>(tokens_), 0, 0, meta_index});
      sequence_ = rows.sequence;
    }
    moetrc1_sequence& s = list_.back();
    if (s.prompt_tokens == s.tokens) s.prompt_tokens += rows.prompt_tokens;  // only those in front
    s.tokens += rows.tokens;
    tokens_ += rows.tokens;
    if (tokens_ > 0xFFFF'FFFFU) return error(error_code::bad_argument, "more than 4294967295 tokens, which MOETRC1 cannot count; cut the trace");
    return {};
  }
  [[nodiscard]] std::span<const moetrc1_sequence> list() const noexcept { return list_; }

 private:
  std::vector<moetrc1_sequence> list_;
  std::uint64_t tokens_ = 0;
  std::uint32_t sequence_ = 0;
};

}  // namespace moesaic::trace
