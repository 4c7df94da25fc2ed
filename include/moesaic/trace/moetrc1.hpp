// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <moesaic/trace/byte_source.hpp>
#include <moesaic/trace/moetrc1_header.hpp>
#include <moesaic/trace/routing_rows.hpp>
#include <moesaic/trace/trace_reader.hpp>

namespace moesaic::trace {

/// Reads a MOETRC1 trace from front to back, some rows at a time.
///
/// With fewer than 256 experts the id 255 means "not routed" (65535 where ids are u16). Sequences have to follow each other
/// without a gap. Gate weights lie behind all ids, so they are only read when a second source over the same bytes is given.
/// Errors: one sentence with the source's name and a byte offset, for what is wrong, too short or too long; the length is
/// held against the source's size at once where that is known, else when the end is reached.
/// Cost: memory for the sequences as they arrive and one piece of rows (64 KiB, or one token), whatever the header claims.
/// One thread at a time.
template <byte_source Source>
class moetrc1_reader {
 public:
  [[nodiscard]] static result<moetrc1_reader> open(Source ids) { return open(std::move(ids), std::nullopt); }
  [[nodiscard]] static result<moetrc1_reader> open(Source ids, std::optional<Source> weights);

  [[nodiscard]] const moetrc1_header& header() const noexcept { return header_; }
  [[nodiscard]] const trace_facts& facts() const noexcept { return facts_; }
  [[nodiscard]] const dimensions& shape() const noexcept { return header_.shape; }
  [[nodiscard]] std::span<const moetrc1_sequence> sequences() const noexcept { return sequences_; }

  /// The next rows of one sequence; nothing after the last, when the length has been found right as well.
  [[nodiscard]] result<std::optional<routing_rows>> next();

 private:
  static constexpr std::size_t piece = std::size_t{1} << 16U;

  explicit moetrc1_reader(Source ids) : ids_(std::move(ids)) {}
  [[nodiscard]] error wrong(std::uint64_t at, std::string_view what) const { return error(error_code::bad_file, ids_.name(), ": byte ", at, ": ", what); }
  [[nodiscard]] error too_short(std::uint64_t at) const {
    return error(error_code::bad_file, ids_.name(), ": ends at byte ", at, ", but its header promises ", header_.file_size(), " bytes; the file is cut");
  }
  [[nodiscard]] error too_long() const {
    return error(error_code::bad_file, ids_.name(), ": goes on after byte ", header_.file_size(), ", where its header says it ends");
  }
  [[nodiscard]] result<void> read_sequences();
  [[nodiscard]] result<void> read_ids(std::uint32_t tokens);
  [[nodiscard]] result<void> read_weights(std::uint32_t tokens);
  /// Fills the front of `raw_` with `bytes` bytes that start at offset `at`.
  [[nodiscard]] result<void> fill(Source& source, std::uint64_t at, std::size_t bytes) {
    raw_.resize(std::max(raw_.size(), bytes));
    const result<std::size_t> got = read_all_of(source, std::span(raw_).first(bytes));
    if (!got) return got.error();
    if (*got < bytes) return too_short(at + *got);
    return {};
  }
  /// Reads on and drops everything up to offset `to`.
  [[nodiscard]] result<void> skip(Source& source, std::uint64_t from, std::uint64_t to) {
    while (from < to) {
      const auto step = static_cast<std::size_t>(std::min<std::uint64_t>(piece, to - from));
      if (const result<void> filled = fill(source, from, step); !filled) return filled.error();
      from += step;
    }
    return {};
  }
  [[nodiscard]] result<void> check_end() {
    if (!weights_)
      if (const result<void> rest = skip(ids_, header_.weights_at(), header_.file_size()); !rest) return rest.error();
    std::byte beyond{};
    const result<std::size_t> got = (weights_ ? *weights_ : ids_).read({&beyond, 1});
    if (!got) return got.error();
    if (*got != 0) return too_long();
    return {};
  }

  Source ids_;
  std::optional<Source> weights_;
  moetrc1_header header_;
  trace_facts facts_;
  std::vector<moetrc1_sequence> sequences_;
  std::uint32_t sequence_ = 0;  ///< which is being read
  std::uint32_t token_ = 0;     ///< next to read, over all sequences
  std::vector<std::byte> raw_;
  std::vector<std::uint16_t> experts_;
  std::vector<gate_mass> masses_;
};

template <byte_source Source>
result<moetrc1_reader<Source>> moetrc1_reader<Source>::open(Source ids, std::optional<Source> weights) {
  moetrc1_reader reader(std::move(ids));
  std::array<std::byte, moetrc1_header::size> start{};
  const result<std::size_t> got = read_all_of(reader.ids_, start);
  if (!got) return got.error();
  if (*got < start.size()) {
    if (*got == 0) return error(error_code::bad_file, reader.ids_.name(), ": is empty, expected a MOETRC1 trace");
    if (!moetrc1_header::recognises(std::span(start).first(*got))) return reader.wrong(0, "is no MOETRC1 trace, its first eight bytes are not that word");
    return error(error_code::bad_file, reader.ids_.name(), ": ends at byte ", *got, ", inside the 32 bytes of its header");
  }
  const result<moetrc1_header> header = moetrc1_header::parse(reader.ids_.name(), start);
  if (!header) return header.error();
  reader.header_ = *header;
  if (const std::optional<std::uint64_t> size = reader.ids_.size()) {
    if (*size < header->file_size()) return reader.too_short(*size);
    if (*size > header->file_size()) return reader.too_long();
  }
  if (const result<void> read = reader.read_sequences(); !read) return read.error();
  reader.facts_ = {.format = moetrc1_header::format,
                   .shape = header->shape,
                   .tokens = header->tokens,
                   .sequences = header->sequences,
                   .weights = header->weight_bytes() > 0,
                   .weight_steps = header->weight_steps(),
                   .expert_bytes = {}};
  if (weights && header->weight_bytes() > 0) {
    reader.weights_ = std::move(weights);
    if (const result<void> there = reader.skip(*reader.weights_, 0, header->weights_at()); !there) return there.error();
  }
  return reader;
}

template <byte_source Source>
result<void> moetrc1_reader<Source>::read_sequences() {
  std::uint64_t covered = 0;
  for (std::uint32_t i = 0; i < header_.sequences; ++i) {
    const std::uint64_t at = moetrc1_header::size + std::uint64_t{16} * i;
    if (const result<void> filled = fill(ids_, at, 16); !filled) return filled.error();
    const moetrc1_sequence s{little_u32(&raw_[0]), little_u32(&raw_[4]), little_u32(&raw_[8]), little_u32(&raw_[12])};
    if (s.first_token != covered)
      return error(error_code::bad_file, ids_.name(), ": byte ", at, ": sequence ", i, " starts at token ", s.first_token, ", but the one before ends at ",
                   covered);
    covered += s.tokens;
    if (s.tokens == 0 || covered > header_.tokens)
      return error(error_code::bad_file, ids_.name(), ": byte ", at + 4, ": sequence ", i, " has ", s.tokens, " tokens; at least 1, and ", header_.tokens,
                   " in all sequences together");
    if (s.prompt_tokens > s.tokens)
      return error(error_code::bad_file, ids_.name(), ": byte ", at + 8, ": sequence ", i, " has ", s.prompt_tokens, " prompt tokens among ", s.tokens);
    sequences_.push_back(s);
  }
  if (covered != header_.tokens) return error(error_code::bad_file, ids_.name(), ": byte 24: ", header_.tokens, " tokens, but its sequences hold ", covered);
  return {};
}

template <byte_source Source>
result<std::optional<routing_rows>> moetrc1_reader<Source>::next() {
  if (token_ == header_.tokens) {
    if (const result<void> ended = check_end(); !ended) return ended.error();
    return std::optional<routing_rows>{};
  }
  const moetrc1_sequence& s = sequences_[sequence_];
  const std::uint32_t left = s.first_token + s.tokens - token_;
  const std::size_t fit = std::max<std::size_t>(1, piece / (header_.shape.row() * header_.id_bytes()));
  const auto tokens = static_cast<std::uint32_t>(std::min<std::size_t>(left, fit));
  if (const result<void> read = read_ids(tokens); !read) return read.error();
  if (weights_)
    if (const result<void> read = read_weights(tokens); !read) return read.error();
  const std::uint32_t inside = token_ - s.first_token;
  const std::uint32_t prompt = s.prompt_tokens > inside ? std::min(tokens, s.prompt_tokens - inside) : 0;
  const routing_rows rows{sequence_, token_, prompt, tokens, experts_, masses_, 0, {}, s.meta_index};
  token_ += tokens;
  if (tokens == left) ++sequence_;
  return std::optional<routing_rows>(rows);
}

template <byte_source Source>
result<void> moetrc1_reader<Source>::read_ids(std::uint32_t tokens) {
  const std::size_t ids = header_.shape.row() * tokens;
  const std::uint64_t at = header_.ids_at() + header_.shape.row() * token_ * header_.id_bytes();
  if (const result<void> filled = fill(ids_, at, ids * static_cast<std::size_t>(header_.id_bytes())); !filled) return filled.error();
  experts_.resize(ids);
  const std::uint32_t experts = header_.shape.experts;
  bool sound = true;
  for (std::size_t i = 0; i < ids; ++i) {
    const std::uint16_t raw = header_.id_bytes() == 2 ? little_u16(&raw_[2 * i]) : std::to_integer<std::uint16_t>(raw_[i]);
    const bool absent = header_.id_bytes() == 2 ? raw == 65'535 : raw == 255 && experts < 256;
    sound = sound && (raw < experts || absent);
    experts_[i] = absent ? not_routed : raw;
  }
  if (sound) return {};
  for (std::size_t i = 0;; ++i)
    if (experts_[i] >= experts && experts_[i] != not_routed)
      return error(error_code::bad_file, ids_.name(), ": byte ", at + i * header_.id_bytes(), ": expert ", experts_[i], " in a layer of ", experts,
                   "; ids go to ", experts - 1, ", or ", header_.id_bytes() == 2 ? 65'535 : 255, " for not routed");
}

template <byte_source Source>
result<void> moetrc1_reader<Source>::read_weights(std::uint32_t tokens) {
  const std::size_t count = header_.shape.row() * tokens;
  const std::uint64_t at = header_.weights_at() + header_.shape.row() * token_ * header_.weight_bytes();
  if (const result<void> filled = fill(*weights_, at, count * static_cast<std::size_t>(header_.weight_bytes())); !filled) return filled.error();
  masses_.resize(count);
  const std::uint32_t one = header_.weight_steps();
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint32_t raw = header_.weight_bytes() == 1 ? std::to_integer<std::uint32_t>(raw_[i]) : little_u16(&raw_[2 * i]);
    masses_[i] = {(raw * 65'536U + one / 2) / one};  // at most 65535 × 65536 + 5000, which fits
  }
  return {};
}

}  // namespace moesaic::trace
