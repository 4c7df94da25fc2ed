// SPDX-License-Identifier: MIT
#pragma once

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <moesaic/trace/moetrc1_header.hpp>
#include <moesaic/trace/routed_arrays.hpp>

namespace moesaic::trace {

/// The arrays of a NumPy archive (.npz: a zip of .npy files, stored or deflated), in their order in the file.
///
/// Source: PKWARE's description of zip (APPNOTE, local file headers, zip64) and numpy.savez. Read from front to back by local
/// headers alone, so an archive needs no seeking. Members that are no three-dimensional arrays of integers (prompts, scores)
/// are passed over. Checksums are checked, and the directory behind the members has to be whole. Refused: encryption, methods
/// other than 0 and 8, members stored without their size.
/// Cost: 64 KiB and what zlib needs. One thread at a time.
template <byte_source Source>
class npz_arrays {
 public:
  [[nodiscard]] static bool recognises(std::span<const std::byte> start) noexcept { return start.size() >= 4 && little_u32(start.data()) == local_file; }

  explicit npz_arrays(Source source) : state_(std::make_unique<state>(std::move(source))) {}

  [[nodiscard]] result<std::optional<npy_header>> next_array() { return state_->next_array(); }
  [[nodiscard]] result<std::size_t> read(std::span<std::byte> out) { return state_->read(out); }
  /// Of what has been taken from the archive, packed.
  [[nodiscard]] std::uint64_t at() const noexcept { return state_->at; }
  [[nodiscard]] std::string_view name() const noexcept { return state_->source.name(); }

 private:
  static constexpr std::uint32_t local_file = 0x0403'4B50, directory = 0x0201'4B50, directory64_end = 0x0606'4B50, locator64 = 0x0706'4B50,
                                 directory_end = 0x0605'4B50, descriptor = 0x0807'4B50;

  /// zlib keeps pointers to its own stream, so this stays in one place.
  struct state {
    explicit state(Source s) : source(std::move(s)) {}
    state(const state&) = delete;
    state& operator=(const state&) = delete;
    ~state() { inflateEnd(&stream); }

    [[nodiscard]] result<std::optional<npy_header>> next_array();
    [[nodiscard]] result<std::size_t> read(std::span<std::byte> out);
    [[nodiscard]] result<bool> open_member();
    [[nodiscard]] result<void> finish_member();
    [[nodiscard]] result<void> finish_directory(std::uint32_t word);
    [[nodiscard]] result<std::size_t> take(std::span<std::byte> out);
    [[nodiscard]] result<void> take_all(std::span<std::byte> out);
    [[nodiscard]] result<void> refill();
    template <class... Parts>
    [[nodiscard]] error wrong(const Parts&... parts) const {
      return error(error_code::bad_file, source.name(), ": byte ", at, ": ", parts...);
    }

    Source source;
    std::array<std::byte, std::size_t{1} << 16U> buffer{};
    std::span<std::byte> waiting;
    std::uint64_t at = 0;               ///< packed bytes used
    z_stream stream{};
    bool started = false;               ///< `stream` is in use
    bool inside = false;                ///< a member, which is `deflated` or stored
    bool deflated = false;
    bool wanted = false;                ///< the member is an array that the caller reads
    bool described = false, zip64 = false;  ///< sizes and checksum stand behind the member, sizes in 8 bytes
    bool ended = false;
    std::uint64_t packed_left = 0;      ///< of a stored member
    std::uint32_t sum = 0, expected = 0;
    std::vector<std::byte> extra;
  };
  std::unique_ptr<state> state_;
};
static_assert(array_source<npz_arrays<memory_source>>);

template <byte_source Source>
result<void> npz_arrays<Source>::state::refill() {
  if (!waiting.empty()) return {};
  const result<std::size_t> got = source.read(buffer);
  if (!got) return got.error();
  if (*got == 0) return wrong("the archive ends here, before its directory does; the file is cut");
  waiting = std::span(buffer).first(*got);
  return {};
}

template <byte_source Source>
result<std::size_t> npz_arrays<Source>::state::take(std::span<std::byte> out) {
  if (const result<void> more = refill(); !more) return more.error();
  const std::size_t n = std::min(out.size(), waiting.size());
  std::copy_n(waiting.begin(), n, out.begin());
  waiting = waiting.subspan(n);
  at += n;
  return n;
}
template <byte_source Source>
result<void> npz_arrays<Source>::state::take_all(std::span<std::byte> out) {
  while (!out.empty()) {
    const result<std::size_t> got = take(out);
    if (!got) return got.error();
    out = out.subspan(*got);
  }
  return {};
}

template <byte_source Source>
result<std::optional<npy_header>> npz_arrays<Source>::state::next_array() {
  for (;;) {
    if (const result<void> finished = finish_member(); !finished) return finished.error();
    wanted = false;
    const result<bool> there = open_member();
    if (!there) return there.error();
    if (!*there) return std::optional<npy_header>{};
    // A member that is no array, or another kind of array, is passed over by going to the next.
    std::array<std::byte, 6> start{};
    std::size_t filled = 0;
    while (filled < start.size()) {
      const result<std::size_t> got = read(std::span(start).subspan(filled));
      if (!got) return got.error();
      if (*got == 0) break;
      filled += *got;
    }
    if (!npy_header::recognises(std::span(start).first(filled))) continue;
    struct {
      std::span<const std::byte> seen;
      state& rest;
      result<std::size_t> read(std::span<std::byte> out) {
        if (seen.empty()) return rest.read(out);
        const std::size_t n = std::min(out.size(), seen.size());
        std::copy_n(seen.begin(), n, out.begin());
        seen = seen.subspan(n);
        return n;
      }
    } whole{start, *this};
    result<npy_header> header = npy_header::read(whole, source.name(), at - std::min<std::uint64_t>(at, start.size()));
    if (!header) return header.error();
    if (header->shape.size() != 3 || !header->holds_integers()) continue;
    header->data_at = at;
    wanted = true;
    return std::optional<npy_header>(*std::move(header));
  }
}

/// False where the directory begins.
template <byte_source Source>
result<bool> npz_arrays<Source>::state::open_member() {
  if (ended) return false;
  std::array<std::byte, 30> header{};
  if (const result<void> got = take_all(std::span(header).first(4)); !got) return got.error();
  const std::uint32_t word = little_u32(header.data());
  if (word == directory || word == directory64_end || word == directory_end) {
    if (const result<void> whole = finish_directory(word); !whole) return whole.error();
    ended = true;
    return false;
  }
  if (word != local_file) return wrong("expected the next member of the archive or its directory; the file is damaged");
  if (const result<void> got = take_all(std::span(header).subspan(4)); !got) return got.error();
  const std::uint16_t flags = little_u16(&header[6]), method = little_u16(&header[8]);
  if ((flags & 1U) != 0) return wrong("the member is encrypted");
  if (method != 0 && method != 8) return wrong("the member is packed by method ", method, "; stored (0) and deflated (8) are read");
  deflated = method == 8;
  described = (flags & 8U) != 0;
  expected = little_u32(&header[14]);
  packed_left = little_u32(&header[18]);
  extra.resize(std::size_t{little_u16(&header[26])} + little_u16(&header[28]));
  if (const result<void> got = take_all(extra); !got) return got.error();
  // In zip64, sizes are in the extra field 1: unpacked, then packed, each where the short one is all ones.
  zip64 = false;
  for (std::size_t i = little_u16(&header[26]); i + 4 <= extra.size(); i += 4U + little_u16(&extra[i + 2])) {
    if (little_u16(&extra[i]) != 1) continue;
    zip64 = true;
    if (packed_left != 0xFFFF'FFFF) break;
    const std::size_t length = little_u16(&extra[i + 2]), packed_at = little_u32(&header[22]) == 0xFFFF'FFFF ? 8 : 0;
    if (length < packed_at + 8 || i + 4 + packed_at + 8 > extra.size()) return wrong("the member's zip64 sizes are cut; the file is damaged");
    packed_left = little_u32(&extra[i + 4 + packed_at]) | std::uint64_t{little_u32(&extra[i + 8 + packed_at])} << 32U;
    break;
  }
  if (!deflated && described) return wrong("the member is stored without its size; save the archive to a file, not to a pipe");
  if (deflated) {
    const int answer = started ? inflateReset(&stream) : inflateInit2(&stream, -MAX_WBITS);
    if (answer != Z_OK) return error(error_code::out_of_memory, source.name(), ": no memory to unpack it");
    started = true;
  }
  inside = true;
  sum = 0;
  return true;
}

template <byte_source Source>
result<std::size_t> npz_arrays<Source>::state::read(std::span<std::byte> out) {
  if (!inside || out.empty()) return std::size_t{0};
  std::size_t n = 0;
  if (!deflated) {
    if (packed_left == 0) {
      inside = false;
    } else {
      const result<std::size_t> got = take(out.first(static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), packed_left))));
      if (!got) return got.error();
      n = *got;
      packed_left -= n;
    }
  } else {
    const auto room = static_cast<uInt>(std::min<std::size_t>(out.size(), std::size_t{1} << 30U));
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = room;
    while (inside && stream.avail_out == room) {
      if (const result<void> more = refill(); !more) return more.error();
      stream.next_in = reinterpret_cast<Bytef*>(waiting.data());
      stream.avail_in = static_cast<uInt>(waiting.size());
      const int answer = inflate(&stream, Z_NO_FLUSH);
      at += waiting.size() - stream.avail_in;
      waiting = waiting.last(stream.avail_in);
      if (answer == Z_STREAM_END)
        inside = false;
      else if (answer != Z_OK && answer != Z_BUF_ERROR)
        return wrong("packed data is damaged");
    }
    n = room - stream.avail_out;
  }
  sum = static_cast<std::uint32_t>(crc32(sum, reinterpret_cast<const Bytef*>(out.data()), static_cast<uInt>(n)));
  return n;
}

/// Reads the directory, which stands last, to its end: it says nothing new, but an archive that lacks its end was cut.
template <byte_source Source>
result<void> npz_arrays<Source>::state::finish_directory(std::uint32_t word) {
  std::array<std::byte, 46> record{};
  const auto pass_over = [&](std::uint64_t bytes) -> result<void> {
    for (std::uint64_t n = 0; bytes > 0; bytes -= n) {
      n = std::min<std::uint64_t>(bytes, record.size());
      if (const result<void> got = take_all(std::span(record).first(static_cast<std::size_t>(n))); !got) return got.error();
    }
    return {};
  };
  for (;;) {
    const std::size_t fixed = word == directory ? 42 : word == directory64_end ? 8 : word == locator64 ? 16 : word == directory_end ? 18 : 0;
    if (fixed == 0) return wrong("expected the next entry of the archive's directory or its end; the file is damaged");
    if (const result<void> got = take_all(std::span(record).subspan(4, fixed)); !got) return got.error();
    const std::uint64_t more = word == directory         ? std::uint64_t{little_u16(&record[28])} + little_u16(&record[30]) + little_u16(&record[32])
                               : word == directory64_end ? little_u32(&record[4]) | std::uint64_t{little_u32(&record[8])} << 32U
                               : word == directory_end   ? little_u16(&record[20])
                                                         : 0;
    const bool last = word == directory_end;
    if (const result<void> got = pass_over(more); !got) return got.error();
    if (last) return {};
    if (const result<void> got = take_all(std::span(record).first(4)); !got) return got.error();
    word = little_u32(record.data());
  }
}

/// Reads on to the end of the member and checks it.
template <byte_source Source>
result<void> npz_arrays<Source>::state::finish_member() {
  std::array<std::byte, 4096> rest{};
  while (inside) {
    const result<std::size_t> got = read(rest);
    if (!got) return got.error();
    if (*got > 0 && wanted) return wrong("the member goes on behind the end of its array");
  }
  if (described) {  // behind the data: a signature that may be left out, the checksum, two sizes
    std::array<std::byte, 4> word{};
    if (const result<void> got = take_all(word); !got) return got.error();
    if (little_u32(word.data()) == descriptor)
      if (const result<void> got = take_all(word); !got) return got.error();
    expected = little_u32(word.data());
    described = false;
    if (const result<void> got = take_all(std::span(rest).first(zip64 ? 16 : 8)); !got) return got.error();
  }
  if (sum != expected) return wrong("the member's checksum is wrong; the file is damaged");
  return {};
}

}  // namespace moesaic::trace
