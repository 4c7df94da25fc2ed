// SPDX-License-Identifier: MIT
#include "gguf_parser.hpp"

#include <algorithm>
#include <bit>

namespace moesaic::decoder {

namespace {

// Vocabularies of 250,000 tokens with merges need about 10 MB. A damaged count must not make us swallow a file of many gigabytes.
constexpr std::uint64_t longest_header = std::uint64_t{256} << 20U;
constexpr std::uint64_t piece = std::uint64_t{1} << 18U;

}  // namespace

bool gguf_parser::need(std::uint64_t length) {
  const std::uint64_t limit = std::min(file_.file_bytes_, longest_header);
  if (length > limit || at_ > limit - length) return false;
  const std::uint64_t end = at_ + length;
  while (file_.header_.size() < end) {
    const std::uint64_t have = file_.header_.size();
    const std::uint64_t more = std::min(std::max(piece, end - have), limit - have);
    file_.header_.resize(have + more);
    if (!file_.read(have, std::span(file_.header_).subspan(have, more))) {
      read_failed_ = true;
      return false;
    }
  }
  return true;
}

template <class Number>
bool gguf_parser::take(Number& out) {
  if (!need(sizeof(Number))) return false;
  out = load_number<Number>(file_.header_.data() + at_);
  at_ += sizeof(Number);
  return true;
}

bool gguf_parser::take_text(place& out) {
  std::uint64_t length = 0;
  if (!take(length) || !need(length)) return false;
  out = {at_, length};
  at_ += length;
  return true;
}

bool gguf_parser::skip_values(std::uint32_t type, std::uint64_t count) {
  if (type == static_cast<std::uint32_t>(gguf_kind::text)) {
    place ignored;
    for (std::uint64_t i = 0; i < count; ++i)  // ends at the file's end at the latest: each step consumes 8 bytes or more
      if (!take_text(ignored)) return false;
    return true;
  }
  const std::uint64_t each = fixed_bytes(type);
  if (count > longest_header / each || !need(count * each)) return false;
  at_ += count * each;
  return true;
}

error gguf_parser::cut(std::string_view where, std::uint64_t index) const {
  if (read_failed_) return bad("reading the header failed at byte ", at_, "; check the disk");
  return bad("the header ends inside ", where, " ", index, " (byte ", at_, " of a file of ", file_.file_bytes_,
             "): the file is truncated or damaged; download it again");
}

result<void> gguf_parser::parse_entry(std::uint64_t index) {
  raw_entry e;
  if (!take_text(e.key) || !take(e.type)) return cut("key", index);
  if (e.key.length == 0 || e.key.length > 65'535) return bad("key ", index, " has a name of ", e.key.length, " bytes; 1 to 65535 are possible");
  if (e.type == static_cast<std::uint32_t>(gguf_kind::array)) {
    e.array = true;
    if (!take(e.type) || !take(e.count)) return cut("key", index);
  }
  if (fixed_bytes(e.type) == 0 && e.type != static_cast<std::uint32_t>(gguf_kind::text))
    return bad("key ", printable(view(e.key)), " has a value of unknown type ", e.type);
  e.at = at_;
  if (!skip_values(e.type, e.count)) return cut("key", index);
  entries_.push_back(e);
  return {};
}

result<void> gguf_parser::parse_tensor(std::uint64_t index) {
  raw_tensor t;
  std::uint32_t dimensions = 0;
  std::uint32_t type = 0;
  if (!take_text(t.name) || !take(dimensions)) return cut("the description of tensor", index);
  const std::string name = printable(view(t.name));
  if (dimensions == 0 || dimensions > 4) return bad("tensor ", name, " has ", dimensions, " dimensions; 1 to 4 are possible");
  std::uint64_t elements = 1;
  for (std::uint32_t d = 0; d < dimensions; ++d) {
    std::uint64_t n = 0;
    if (!take(n)) return cut("the description of tensor", index);
    if (n == 0 || n > (std::uint64_t{1} << 48U) / elements) return bad("tensor ", name, " has an impossible extent ", n);
    elements *= n;
    t.rest.extent[d] = n;
  }
  if (!take(type) || !take(t.rest.file_offset)) return cut("the description of tensor", index);
  if (type >= GGML_TYPE_COUNT) return bad("tensor ", name, " has type ", type, ", which this ggml does not know; a newer ggml may");
  t.rest.type = static_cast<ggml_type>(type);
  const auto block = static_cast<std::uint64_t>(std::max<std::int64_t>(0, ggml_blck_size(t.rest.type)));
  const std::uint64_t block_bytes = block == 0 ? 0 : ggml_type_size(t.rest.type);
  if (block == 0 || block_bytes == 0) return bad("tensor ", name, " has type ", type, ", which this ggml no longer supports");
  if (t.rest.extent[0] % block != 0)
    return bad("tensor ", name, " has rows of ", t.rest.extent[0], " elements, no multiple of the ", block, " of ", ggml_type_name(t.rest.type));
  t.rest.bytes = elements / block * block_bytes;  // elements <= 2^48 and a block is at least a byte per 8 elements: no overflow
  tensors_.push_back(t);
  return {};
}

result<void> gguf_parser::place_tensors() {
  std::uint64_t alignment = 32;
  for (const raw_entry& e : entries_) {
    if (view(e.key) != "general.alignment") continue;
    if (e.array || e.type != static_cast<std::uint32_t>(gguf_kind::u32)) return bad("general.alignment is not a u32");
    alignment = load_number<std::uint32_t>(file_.header_.data() + e.at);
    if (!std::has_single_bit(alignment)) return bad("general.alignment is ", alignment, "; a power of two was expected");
  }
  const std::uint64_t data = (at_ + alignment - 1) / alignment * alignment;
  for (raw_tensor& t : tensors_) {
    const std::string name = printable(view(t.name));
    if (t.rest.file_offset % alignment != 0) return bad("tensor ", name, " does not start at a multiple of ", alignment, " bytes");
    const std::uint64_t room = file_.file_bytes_ < data ? 0 : file_.file_bytes_ - data;
    if (t.rest.file_offset > room || t.rest.bytes > room - t.rest.file_offset)
      return bad("tensor ", name, " lies outside the file (", t.rest.bytes, " bytes at ", t.rest.file_offset, " of ", room,
                 " bytes of data): the file is truncated or damaged; download it again");
    t.rest.file_offset += data;
  }
  return {};
}

result<void> gguf_parser::publish() {
  file_.header_.resize(at_);
  file_.header_.shrink_to_fit();
  for (const raw_entry& e : entries_) file_.entries_.push_back({view(e.key), e.type, e.array, e.count, file_.header_.data() + e.at});
  for (raw_tensor& t : tensors_) {
    t.rest.name = view(t.name);
    file_.tensors_.push_back(t.rest);
  }
  std::ranges::sort(file_.entries_, {}, &gguf_file::entry::key);
  std::ranges::sort(file_.tensors_, {}, &gguf_tensor::name);
  for (std::size_t i = 1; i < file_.entries_.size(); ++i)
    if (file_.entries_[i].key == file_.entries_[i - 1].key) return bad("key ", printable(file_.entries_[i].key), " is there twice");
  for (std::size_t i = 1; i < file_.tensors_.size(); ++i)
    if (file_.tensors_[i].name == file_.tensors_[i - 1].name) return bad("tensor ", printable(file_.tensors_[i].name), " is there twice");
  return {};
}

result<void> gguf_parser::parse() {
  std::uint32_t magic = 0;
  std::uint32_t version = 0;
  std::uint64_t tensors = 0;
  std::uint64_t entries = 0;
  if (!take(magic)) return bad("not a GGUF model: the file has ", file_.file_bytes_, " bytes, no room for the magic number");
  if (magic != 0x46554747U) return bad("not a GGUF model: it does not begin with the letters GGUF");
  if (!take(version)) return cut("the version field, value", 0);
  if (version != 2 && version != 3)
    return (version & 0xffffU) == 0 && version != 0 ? bad("a big-endian GGUF; this decoder reads little-endian ones only")
                                                    : bad("GGUF version ", version, "; this decoder reads 2 and 3, convert the model with a current tool");
  if (!take(tensors) || !take(entries)) return cut("the counts, value", 0);
  for (std::uint64_t i = 0; i < entries; ++i)
    if (auto done = parse_entry(i); !done) return done;
  for (std::uint64_t i = 0; i < tensors; ++i)
    if (auto done = parse_tensor(i); !done) return done;
  if (auto done = place_tensors(); !done) return done;
  return publish();
}

}  // namespace moesaic::decoder
