// SPDX-License-Identifier: MIT
#include "weights.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cstring>

namespace moesaic::decoder {

namespace {

constexpr std::uint64_t piece = std::uint64_t{1} << 20U;  // what a load leaves in the page cache at any time

/// Routed experts stay in the file, so they do not count as bytes to load.
bool names_an_expert(std::string_view name) noexcept {
  if (name.find("_exps.") != std::string_view::npos) return true;
  const auto part = name.find(".ffn_");  // blk.3.ffn_gate.7.weight, one tensor per expert, as older files have it
  if (part == std::string_view::npos) return false;
  const auto dot = name.find('.', part + 1);
  return dot != std::string_view::npos && dot + 1 < name.size() && name[dot + 1] >= '0' && name[dot + 1] <= '9';
}

}  // namespace

bool can_multiply(ggml_type type, std::uint64_t columns) noexcept {
  const ggml_type_traits_cpu* traits = ggml_get_type_traits_cpu(type);
  if (traits == nullptr || traits->vec_dot == nullptr) return false;
  const ggml_type other = traits->vec_dot_type;
  const ggml_type_traits_cpu* activations = ggml_get_type_traits_cpu(other);
  if (other != GGML_TYPE_F32 && (activations == nullptr || activations->from_float == nullptr)) return false;
  return ggml_blck_size(other) > 0 && columns % static_cast<std::uint64_t>(ggml_blck_size(other)) == 0;
}

void expand_row(ggml_type type, const std::byte* row, std::int64_t columns, float* out) noexcept {
  if (type == GGML_TYPE_F32)
    std::memcpy(out, row, static_cast<std::size_t>(columns) * sizeof(float));
  else
    ggml_get_type_traits(type)->to_float(row, out, columns);
}

weight_source::weight_source(const gguf_file& file, load_progress progress) : file_(file), progress_(std::move(progress)), used_(file.tensors().size()) {
  for (const gguf_tensor& t : file.tensors())
    if (!names_an_expert(t.name)) bytes_total_ += t.bytes;
}

result<const gguf_tensor*> weight_source::claim(const std::string& name, bool required) {
  const gguf_tensor* t = file_.find(name);
  if (t == nullptr) {
    if (!required) return t;
    return error(error_code::bad_file, file_.path(), ": the tensor ", name, " is missing; the model is incomplete or of another architecture");
  }
  used_[static_cast<std::size_t>(t - file_.tensors().data())] = true;
  return t;
}

result<void> weight_source::read_all(const gguf_tensor& tensor, std::byte* out) {
  for (std::uint64_t done = 0; done < tensor.bytes;) {
    const std::uint64_t now = std::min(piece, tensor.bytes - done);
    const std::uint64_t from = tensor.file_offset + done;
    if (auto read = file_.read(tensor.file, from, {out + done, now}); !read) return read;
    ::posix_fadvise(file_.descriptor(tensor.file), static_cast<off_t>(from), static_cast<off_t>(now), POSIX_FADV_DONTNEED);
    done += now;
    bytes_read_ += now;
    if (progress_) progress_(bytes_read_, bytes_total_);
  }
  return {};
}

result<matrix> weight_source::take_matrix_if_any(const std::string& name, std::int64_t columns, std::int64_t rows) {
  if (file_.find(name) == nullptr) return matrix{};
  return take_matrix(name, columns, rows);
}

result<matrix> weight_source::take_matrix(const std::string& name, std::int64_t columns, std::int64_t rows) { return take_stack(name, columns, rows, 1); }

result<matrix> weight_source::take_stack(const std::string& name, std::int64_t columns, std::int64_t rows, std::int64_t slices) {
  const auto found = claim(name, true);
  if (!found) return found.error();
  const gguf_tensor& t = **found;
  if (t.extent[0] != static_cast<std::uint64_t>(columns) || t.extent[1] != static_cast<std::uint64_t>(rows) ||
      t.extent[2] != static_cast<std::uint64_t>(slices) || t.extent[3] != 1) {
    error why(error_code::bad_file, file_.path(), ": the tensor ", name, " is ", t.extent[0], " x ", t.extent[1], " x ", t.extent[2], "; its keys say ",
              columns, " x ", rows);
    if (slices > 1) why.append(" x ").append(std::to_string(slices));
    return why;
  }
  if (!can_multiply(t.type, t.extent[0]))
    return error(error_code::bad_file, file_.path(), ": the tensor ", name, " has type ", std::string_view(ggml_type_name(t.type)),
                 ", which this ggml cannot multiply at a width of ", columns);
  constexpr std::size_t line = 64;
  // A little room behind the last row: vector code may load a full register of it.
  const std::size_t room = (t.bytes + 2 * line - 1) / line * line;
  storage::value_type memory(static_cast<std::byte*>(std::aligned_alloc(line, room)));
  if (memory == nullptr) return error(error_code::out_of_memory, file_.path(), ": no memory for the ", t.bytes, " bytes of the tensor ", name);
  if (auto read = read_all(t, memory.get()); !read) return read.error();
  storage_.push_back(std::move(memory));
  return matrix{t.type, columns, rows * slices, storage_.back().get()};
}

result<std::vector<float>> weight_source::take_vector_if_any(const std::string& name, std::int64_t length) {
  if (file_.find(name) == nullptr) return std::vector<float>{};
  return take_vector(name, length);
}

result<std::vector<float>> weight_source::take_vector(const std::string& name, std::int64_t length) { return take_table(name, length, 1); }

result<std::vector<float>> weight_source::take_table(const std::string& name, std::int64_t length, std::int64_t rows) {
  const auto found = claim(name, true);
  if (!found) return found.error();
  const gguf_tensor& t = **found;
  if (t.extent[0] != static_cast<std::uint64_t>(length) || t.extent[1] != static_cast<std::uint64_t>(rows) || t.extent[2] * t.extent[3] != 1) {
    error why(error_code::bad_file, file_.path(), ": the tensor ", name, " has ", t.extent[0], " x ", t.extent[1], " elements; its keys say ", length);
    if (rows > 1) why.append(" x ").append(std::to_string(rows));
    return why;
  }
  if (t.type != GGML_TYPE_F32 && ggml_get_type_traits(t.type)->to_float == nullptr)
    return error(error_code::bad_file, file_.path(), ": the tensor ", name, " has type ", std::string_view(ggml_type_name(t.type)),
                 "; expected numbers that can be expanded to float");
  std::vector<std::byte> raw(t.bytes);
  std::vector<float> out(static_cast<std::size_t>(length * rows));
  if (auto read = read_all(t, raw.data()); !read) return read.error();
  expand_row(t.type, raw.data(), length * rows, out.data());
  return out;
}

result<const gguf_tensor*> weight_source::leave_in_file(const std::string& name) {
  auto found = claim(name, false);
  if (found && *found != nullptr && !can_multiply((*found)->type, (*found)->extent[0]))
    return error(error_code::bad_file, file_.path(), ": the tensor ", name, " has type ", std::string_view(ggml_type_name((*found)->type)),
                 ", which this ggml cannot multiply at a width of ", (*found)->extent[0]);
  return found;
}

void weight_source::leave_out(const std::string& prefix) {
  for (std::size_t i = 0; i < used_.size(); ++i) used_[i] = used_[i] || file_.tensors()[i].name.starts_with(prefix);
}

result<void> weight_source::all_used(std::string_view architecture) const {
  for (std::size_t i = 0; i < used_.size(); ++i) {
    const std::string_view name = file_.tensors()[i].name;
    if (used_[i] || name.ends_with(".attn_rot_embd.weight") || name.ends_with(".rotary_emb.inv_freq")) continue;  // written by old converters, never used
    return error(error_code::bad_file, file_.path(), ": the tensor ", printable(name), " has no place in the architecture ", architecture,
                 " as this decoder knows it; computing without it would be wrong");
  }
  return {};
}

}  // namespace moesaic::decoder
