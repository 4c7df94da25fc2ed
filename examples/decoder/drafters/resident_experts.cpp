// SPDX-License-Identifier: MIT
#include "resident_experts.hpp"

#include <fcntl.h>

#include <algorithm>
#include <array>

namespace moesaic::decoder {
namespace {

constexpr std::uint64_t line = 64;
constexpr std::uint64_t piece = std::uint64_t{1} << 20U;  // what reading leaves in the page cache at any time

constexpr std::uint64_t padded(std::uint64_t n) noexcept { return (n + line - 1) / line * line; }
std::uint64_t bytes_of(const matrix& m) noexcept { return m.row_bytes() * static_cast<std::uint64_t>(m.rows); }

/// One matrix from the file to `out`, in whole rows, in the type of `to`.
class part_reader {
 public:
  explicit part_reader(const gguf_file& file) : file_(file) {}

  result<void> read(const file_range& from, const matrix& in_file, const matrix& to, std::byte* out) {
    const std::uint64_t row = in_file.row_bytes();
    const std::uint64_t rows_at_once = std::max<std::uint64_t>(1, piece / row);
    const auto rows = static_cast<std::uint64_t>(in_file.rows);
    raw_.resize(std::min(rows, rows_at_once) * row);
    for (std::uint64_t done = 0; done < rows; done += rows_at_once) {
      const std::uint64_t now = std::min(rows_at_once, rows - done);
      const std::uint64_t at = from.offset + done * row;
      if (auto got = file_.read(from.file, at, std::span(raw_).first(now * row)); !got) return got;
      ::posix_fadvise(file_.descriptor(from.file), static_cast<off_t>(at), static_cast<off_t>(now * row), POSIX_FADV_DONTNEED);
      convert(in_file, to, now, out + done * to.row_bytes());
    }
    return {};
  }

 private:
  void convert(const matrix& from, const matrix& to, std::uint64_t rows, std::byte* out) {
    if (from.type == to.type) {
      std::copy_n(raw_.begin(), static_cast<std::ptrdiff_t>(rows * from.row_bytes()), out);
      return;
    }
    const auto columns = static_cast<std::size_t>(from.columns);
    numbers_.resize(rows * columns);
    for (std::uint64_t r = 0; r < rows; ++r) expand_row(from.type, raw_.data() + r * from.row_bytes(), from.columns, numbers_.data() + r * columns);
    ggml_quantize_chunk(to.type, numbers_.data(), out, 0, static_cast<std::int64_t>(rows), to.columns, nullptr);
  }

  const gguf_file& file_;
  std::vector<std::byte> raw_;
  std::vector<float> numbers_;
};

std::array<matrix*, 3> parts_of(gated_weights& w) noexcept { return {&w.gate, &w.up, &w.down}; }

}  // namespace

result<resident_experts> resident_experts::read(const ggml_model& model, const gguf_file& file, std::optional<ggml_type> as) {
  resident_experts made;
  const std::uint32_t layers = model.moe_layers();
  if (layers == 0) return made;
  const model_shape& shape = model.shape();
  made.rooms_.resize(shape.space().size());
  made.parts_.resize(shape.space().size());
  for (std::uint32_t l = 0; l < layers; ++l) {
    const auto layer = static_cast<layer_index>(l);
    gated_weights form = model.form(layer);
    ggml_model::part_offsets offsets{};
    std::uint64_t room = 0;
    for (std::size_t i = 0; matrix * part : parts_of(form)) {
      if (as) part->type = *as;
      if (part->columns % ggml_blck_size(part->type) != 0 || !can_multiply(part->type, static_cast<std::uint64_t>(part->columns)))
        return error(error_code::bad_argument, file.path(), ": its experts have rows of ", part->columns, " numbers, and ",
                     std::string_view(ggml_type_name(part->type)), " wants a multiple of ", ggml_blck_size(part->type), "; choose another draft");
      offsets[i++] = room;
      room += padded(bytes_of(*part) + line);  // vector code may load a full register behind the last row
    }
    made.forms_.push_back(form);
    for (std::uint32_t e = 0; e < shape.experts(layer); ++e) {
      const std::uint32_t flat = shape.space().flat(make_expert(l, e));
      made.rooms_[flat] = made.size_;
      made.parts_[flat] = offsets;
      made.size_ += room;
    }
  }
  made.memory_.reset(static_cast<std::byte*>(std::aligned_alloc(line, made.size_)));
  if (made.memory_ == nullptr) return error(error_code::out_of_memory, file.path(), ": no memory for the ", made.size_, " bytes of the draft's experts");
  part_reader reader(file);
  for (std::uint32_t l = 0; l < layers; ++l)
    for (std::uint32_t e = 0; e < shape.experts(static_cast<layer_index>(l)); ++e) {
      const expert_id who = make_expert(l, e);
      const std::uint32_t flat = shape.space().flat(who);
      gated_weights from = model.form(who.layer), to = made.forms_[l];
      for (std::size_t i = 0; i < 3; ++i)
        if (auto got = reader.read(model.parts(who)[i], *parts_of(from)[i], *parts_of(to)[i], made.memory_.get() + made.rooms_[flat] + made.parts_[flat][i]);
            !got)
          return got.error();
    }
  return made;
}

}  // namespace moesaic::decoder
