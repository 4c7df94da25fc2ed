// SPDX-License-Identifier: MIT
#include "gguf_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>

#include "gguf_parser.hpp"

namespace moesaic::decoder {

file_descriptor& file_descriptor::operator=(file_descriptor&& other) noexcept {
  std::swap(number_, other.number_);
  return *this;
}

file_descriptor::~file_descriptor() {
  if (number_ >= 0) ::close(number_);
}

std::string printable(std::string_view text) {
  std::string out(text.substr(0, 80));
  for (char& c : out)
    if (c < ' ' || c > '~') c = '?';
  if (text.size() > 80) out += "...";
  return out;
}

result<gguf_file> gguf_file::open_one(const std::string& path) {
  gguf_file file;
  file.path_ = path;
  file.file_ = file_descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.descriptor() < 0)
    return error(error_code::cannot_open, path, ": cannot be opened (", std::string_view(std::strerror(errno)), "); check the name and the permissions");
  struct stat about{};
  if (::fstat(file.descriptor(), &about) != 0 || !S_ISREG(about.st_mode))
    return error(error_code::cannot_open, path, ": not a regular file; expected a GGUF model");
  file.file_bytes_ = static_cast<std::uint64_t>(about.st_size);
  ::posix_fadvise(file.descriptor(), 0, 0, POSIX_FADV_RANDOM);  // no read-ahead: what is read ahead would stay in the page cache
  try {
    if (auto done = gguf_parser(file).parse(); !done) return done.error();
  } catch (const std::bad_alloc&) {
    return error(error_code::out_of_memory, path, ": no memory for the header of this file");
  }
  return file;
}

result<void> gguf_file::read(std::uint64_t offset, std::span<std::byte> out) const {
  while (!out.empty()) {
    const ssize_t got = ::pread(descriptor(), out.data(), std::min<std::size_t>(out.size(), std::size_t{1} << 30U), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return error(error_code::transfer_failed, path_, ": reading at byte ", offset, " failed (", std::string_view(std::strerror(errno)), ")");
    if (got == 0) return error(error_code::transfer_failed, path_, ": ends at byte ", offset, ", but had ", file_bytes_, " bytes when it was opened");
    out = out.subspan(static_cast<std::size_t>(got));
    offset += static_cast<std::uint64_t>(got);
  }
  return {};
}

const gguf_tensor* gguf_file::find(std::string_view tensor) const noexcept {
  const auto at = std::ranges::lower_bound(tensors_, tensor, {}, &gguf_tensor::name);
  return at != tensors_.end() && at->name == tensor ? &*at : nullptr;
}

const gguf_file::entry* gguf_file::lookup(std::string_view key) const noexcept {
  const auto at = std::ranges::lower_bound(entries_, key, {}, &entry::key);
  return at != entries_.end() && at->key == key ? &*at : nullptr;
}

bool gguf_file::is_array(std::string_view key) const noexcept {
  const entry* e = lookup(key);
  return e != nullptr && e->array;
}

result<const gguf_file::entry*> gguf_file::expect(std::string_view key, bool array, std::string_view what) const {
  const entry* e = lookup(key);
  if (e == nullptr) return error(error_code::bad_file, path_, ": the key ", printable(key), " is missing; expected ", what);
  if (e->array != array) return error(error_code::bad_file, path_, ": the key ", printable(key), " is not ", what);
  return e;
}

namespace {

constexpr bool is_kind(std::uint32_t type, gguf_kind kind) noexcept { return type == static_cast<std::uint32_t>(kind); }

std::optional<std::int64_t> whole_at(std::uint32_t type, const std::byte* raw) noexcept {
  switch (static_cast<gguf_kind>(type)) {
    case gguf_kind::u8: return load_number<std::uint8_t>(raw);
    case gguf_kind::i8: return load_number<std::int8_t>(raw);
    case gguf_kind::u16: return load_number<std::uint16_t>(raw);
    case gguf_kind::i16: return load_number<std::int16_t>(raw);
    case gguf_kind::u32: return load_number<std::uint32_t>(raw);
    case gguf_kind::i32: return load_number<std::int32_t>(raw);
    case gguf_kind::i64: return load_number<std::int64_t>(raw);
    case gguf_kind::u64: {
      const auto value = load_number<std::uint64_t>(raw);
      if (value > static_cast<std::uint64_t>(INT64_MAX)) return std::nullopt;
      return static_cast<std::int64_t>(value);
    }
    default: return std::nullopt;
  }
}

std::optional<double> real_at(std::uint32_t type, const std::byte* raw) noexcept {
  if (is_kind(type, gguf_kind::f32)) return static_cast<double>(load_number<float>(raw));
  if (is_kind(type, gguf_kind::f64)) return load_number<double>(raw);
  if (const auto value = whole_at(type, raw)) return static_cast<double>(*value);
  return std::nullopt;
}

}  // namespace

result<std::uint64_t> gguf_file::whole(std::string_view key) const {
  const auto e = expect(key, false, "a whole number");
  if (!e) return e.error();
  const auto value = whole_at((*e)->type, (*e)->raw);
  if (!value || *value < 0) return error(error_code::bad_file, path_, ": the key ", printable(key), " is not a whole number of 0 or more");
  return static_cast<std::uint64_t>(*value);
}

result<double> gguf_file::real(std::string_view key) const {
  const auto e = expect(key, false, "a number");
  if (!e) return e.error();
  const auto value = real_at((*e)->type, (*e)->raw);
  if (!value) return error(error_code::bad_file, path_, ": the key ", printable(key), " is not a number");
  return *value;
}

result<bool> gguf_file::flag(std::string_view key) const {
  const auto e = expect(key, false, "true or false");
  if (!e) return e.error();
  if (!is_kind((*e)->type, gguf_kind::flag)) return error(error_code::bad_file, path_, ": the key ", printable(key), " is not true or false");
  return load_number<std::uint8_t>((*e)->raw) != 0;
}

result<std::string_view> gguf_file::text(std::string_view key) const {
  const auto e = expect(key, false, "text");
  if (!e) return e.error();
  if (!is_kind((*e)->type, gguf_kind::text)) return error(error_code::bad_file, path_, ": the key ", printable(key), " is not text");
  return std::string_view(reinterpret_cast<const char*>((*e)->raw) + 8, load_number<std::uint64_t>((*e)->raw));
}

result<std::vector<std::string_view>> gguf_file::texts(std::string_view key) const {
  const auto e = expect(key, true, "a list of texts");
  if (!e) return e.error();
  if (!is_kind((*e)->type, gguf_kind::text)) return error(error_code::bad_file, path_, ": the key ", printable(key), " is not a list of texts");
  std::vector<std::string_view> out;
  out.reserve((*e)->count);
  const std::byte* at = (*e)->raw;
  for (std::uint64_t i = 0; i < (*e)->count; ++i) {
    out.emplace_back(reinterpret_cast<const char*>(at) + 8, load_number<std::uint64_t>(at));
    at += 8 + out.back().size();
  }
  return out;
}

result<std::vector<std::int64_t>> gguf_file::wholes(std::string_view key) const {
  const auto e = expect(key, true, "a list of whole numbers");
  if (!e) return e.error();
  std::vector<std::int64_t> out;
  const std::uint64_t each = fixed_bytes((*e)->type);
  for (std::uint64_t i = 0; i < (*e)->count; ++i) {
    const auto value = each == 0 ? std::nullopt : whole_at((*e)->type, (*e)->raw + i * each);
    if (!value) return error(error_code::bad_file, path_, ": the key ", printable(key), " is not a list of whole numbers");
    out.push_back(*value);
  }
  return out;
}

result<std::vector<float>> gguf_file::reals(std::string_view key) const {
  const auto e = expect(key, true, "a list of numbers");
  if (!e) return e.error();
  std::vector<float> out;
  const std::uint64_t each = fixed_bytes((*e)->type);
  for (std::uint64_t i = 0; i < (*e)->count; ++i) {
    const auto value = each == 0 ? std::nullopt : real_at((*e)->type, (*e)->raw + i * each);
    if (!value) return error(error_code::bad_file, path_, ": the key ", printable(key), " is not a list of numbers");
    out.push_back(static_cast<float>(*value));
  }
  return out;
}

}  // namespace moesaic::decoder
