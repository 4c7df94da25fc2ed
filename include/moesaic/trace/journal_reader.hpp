// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>

#include <moesaic/trace/journal_blocks.hpp>
#include <moesaic/trace/journal_decoder.hpp>

namespace moesaic::trace {

/// Reads a journal from front to back, record by record.
///
/// A journal without an end (its run broke off) is read up to its last complete record, and `interrupted` is true then.
/// Errors: one sentence with the source's name and a byte offset. Cost: memory for one block and the largest event.
/// One thread at a time.
template <byte_source Source>
class journal_reader {
 public:
  [[nodiscard]] static result<journal_reader> open(Source from) {
    journal_reader made(std::move(from));
    auto& bytes = made.fields_.bytes();
    if (result<void> opened = bytes.open(); !opened) return opened.error();
    const auto first = static_cast<journal::tag>(bytes.byte());
    if (bytes.good() && first != journal::tag::header) return made.wrong("the first record is no header");
    result<journal::header> read = journal::read_header(made.fields_);
    if (bytes.failure()) return *bytes.failure();
    if (!bytes.good())
      return error(error_code::bad_file, bytes.name(), ": ends at byte ", bytes.offset(), ", inside its header; the run broke off before its first step");
    if (made.fields_.wrong() != nullptr) return made.wrong(made.fields_.wrong());
    if (!read) return made.wrong(read.error().sentence());
    made.header_ = std::make_unique<const journal::header>(*std::move(read));
    made.decoder_.emplace(*made.header_->shape);
    return result<journal_reader>(std::move(made));
  }

  [[nodiscard]] const journal::header& header() const noexcept { return *header_; }

  /// The next record, valid until the next call; nothing behind the last, and behind an error.
  [[nodiscard]] result<std::optional<journal::record>> next() {
    using answer = std::optional<journal::record>;
    if (over_) return answer{};
    auto& bytes = fields_.bytes();
    if (!bytes.more()) return broke_off();
    at_ = bytes.offset();
    journal::record got = decoder_->next(fields_);
    if (!bytes.good()) return broke_off();
    over_ = fields_.wrong() != nullptr;
    if (over_) return wrong(fields_.wrong());
    ++count_;
    if (std::holds_alternative<journal::ended>(got)) {
      over_ = true;
      if (bytes.more()) return wrong("goes on behind its end");
      if (bytes.failure() || bytes.cut()) return wrong("goes on behind its end");
    }
    return answer{std::move(got)};
  }
  /// Whether the journal ended before its run did. Known at its end.
  [[nodiscard]] bool interrupted() const noexcept { return interrupted_; }
  /// Where the record read last starts in the file, and the how many-th it is, from 1.
  [[nodiscard]] std::uint64_t offset() const noexcept { return at_; }
  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
  [[nodiscard]] std::string_view name() const noexcept { return fields_.bytes().name(); }

 private:
  explicit journal_reader(Source from) : fields_(journal::block_reader<Source>(std::move(from))) {}
  [[nodiscard]] error wrong(std::string_view what) const { return error(error_code::bad_file, name(), ": byte ", at_, ": ", what); }
  [[nodiscard]] result<std::optional<journal::record>> broke_off() {
    over_ = true;
    if (fields_.bytes().failure()) return *fields_.bytes().failure();
    interrupted_ = true;
    return std::optional<journal::record>{};
  }

  journal::field_reader<journal::block_reader<Source>> fields_;
  std::unique_ptr<const journal::header> header_;  // on the heap: the decoder refers to its shape
  std::optional<journal::decoder> decoder_;
  std::uint64_t at_ = journal::preamble;
  std::uint64_t count_ = 0;
  bool over_ = false;
  bool interrupted_ = false;
};

}  // namespace moesaic::trace
