// SPDX-License-Identifier: MIT
#pragma once

#include <lzma.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include <moesaic/trace/byte_source.hpp>

namespace moesaic::trace {

/// Gives the bytes behind another source: unpacked if they start like .xz or .gz, else as they are. What a file is called
/// does not matter. Several streams or members one after the other are one content, as the tools of these formats have it.
///
/// Errors: damaged or cut data, with the byte offset in the packed source. A source that asks for more than 256 MiB to be
/// unpacked (no preset of xz does) is refused.
/// Cost: 64 KiB, and what the decoder needs (xz -9: 65 MiB). One thread at a time.
template <byte_source Inner>
class compressed_source {
 public:
  [[nodiscard]] static result<compressed_source> open(Inner inner) {
    compressed_source opened(std::move(inner));
    if (const result<void> started = opened.state_->start(); !started) return started.error();
    return opened;
  }

  result<std::size_t> read(std::span<std::byte> out) { return state_->read(out); }
  /// Known only where nothing is packed.
  [[nodiscard]] std::optional<std::uint64_t> size() const noexcept { return state_->packed == packing::none ? state_->inner.size() : std::nullopt; }
  [[nodiscard]] std::string_view name() const noexcept { return state_->inner.name(); }

 private:
  enum class packing : std::uint8_t { none, xz, gz };
  static constexpr std::uint64_t most_memory = std::uint64_t{256} << 20U;

  /// The decoders keep pointers to their own stream, so all of this stays in one place.
  struct state {
    explicit state(Inner source) : inner(std::move(source)) {}
    state(const state&) = delete;
    state& operator=(const state&) = delete;
    ~state() {
      lzma_end(&xz);
      if (packed == packing::gz) inflateEnd(&gz);
    }
    [[nodiscard]] result<void> start();
    [[nodiscard]] result<std::size_t> read(std::span<std::byte> out);
    [[nodiscard]] result<std::size_t> read_xz(std::span<std::byte> out);
    [[nodiscard]] result<std::size_t> read_gz(std::span<std::byte> out);
    /// Gets more packed bytes once all are used up; `exhausted` when there are none.
    [[nodiscard]] result<void> refill() {
      if (!waiting.empty() || exhausted) return {};
      const result<std::size_t> got = inner.read(buffer);
      if (!got) return got.error();
      waiting = std::span(buffer).first(*got);
      exhausted = *got == 0;
      return {};
    }
    void consumed(std::size_t left) noexcept {
      used += waiting.size() - left;
      waiting = waiting.last(left);
    }
    [[nodiscard]] error damaged(std::string_view what) const {
      return error(error_code::bad_file, inner.name(), ": byte ", used, ": ", what, packed == packing::xz ? " (xz)" : " (gzip)");
    }

    Inner inner;
    packing packed = packing::none;
    bool exhausted = false;  ///< the inner source has ended
    bool finished = false;   ///< the packed content has ended
    std::uint64_t used = 0;  ///< packed bytes the decoder has taken
    std::span<std::byte> waiting;
    lzma_stream xz = LZMA_STREAM_INIT;
    z_stream gz{};
    std::array<std::byte, std::size_t{1} << 16U> buffer{};
  };

  explicit compressed_source(Inner inner) : state_(std::make_unique<state>(std::move(inner))) {}
  std::unique_ptr<state> state_;
};

template <byte_source Inner>
result<void> compressed_source<Inner>::state::start() {
  constexpr std::array<std::byte, 6> xz_start{std::byte{0xFD}, std::byte{'7'}, std::byte{'z'}, std::byte{'X'}, std::byte{'Z'}, std::byte{0}};
  constexpr std::array<std::byte, 2> gz_start{std::byte{0x1F}, std::byte{0x8B}};
  const result<std::size_t> got = read_all_of(inner, std::span(buffer).first(xz_start.size()));
  if (!got) return got.error();
  waiting = std::span(buffer).first(*got);
  if (std::equal(waiting.begin(), waiting.end(), xz_start.begin(), xz_start.end())) {
    packed = packing::xz;
    if (lzma_stream_decoder(&xz, most_memory, LZMA_CONCATENATED) != LZMA_OK) return error(error_code::out_of_memory, inner.name(), ": no memory to unpack it");
  } else if (waiting.size() >= gz_start.size() && std::equal(gz_start.begin(), gz_start.end(), waiting.begin())) {
    if (inflateInit2(&gz, MAX_WBITS + 16) != Z_OK) return error(error_code::out_of_memory, inner.name(), ": no memory to unpack it");
    packed = packing::gz;
  }
  return {};
}

template <byte_source Inner>
result<std::size_t> compressed_source<Inner>::state::read(std::span<std::byte> out) {
  if (packed == packing::xz) return read_xz(out);
  if (packed == packing::gz) return read_gz(out);
  if (waiting.empty()) return inner.read(out);
  const std::size_t n = std::min(out.size(), waiting.size());  // the start that was looked at
  std::copy_n(waiting.begin(), n, out.begin());
  consumed(waiting.size() - n);
  return n;
}

template <byte_source Inner>
result<std::size_t> compressed_source<Inner>::state::read_xz(std::span<std::byte> out) {
  xz.next_out = reinterpret_cast<std::uint8_t*>(out.data());
  xz.avail_out = out.size();
  while (!finished && xz.avail_out == out.size()) {
    if (const result<void> more = refill(); !more) return more.error();
    xz.next_in = reinterpret_cast<const std::uint8_t*>(waiting.data());
    xz.avail_in = waiting.size();
    const lzma_ret answer = lzma_code(&xz, exhausted ? LZMA_FINISH : LZMA_RUN);
    consumed(xz.avail_in);
    if (answer == LZMA_STREAM_END)
      finished = true;
    else if (answer == LZMA_BUF_ERROR && exhausted)
      return damaged("packed data ends too early; the file is cut");
    else if (answer == LZMA_MEMLIMIT_ERROR)
      return damaged("asks for more than 256 MiB to be unpacked");
    else if (answer == LZMA_MEM_ERROR)
      return error(error_code::out_of_memory, inner.name(), ": no memory to unpack it");
    else if (answer != LZMA_OK && answer != LZMA_BUF_ERROR)
      return damaged("packed data is damaged");
  }
  return out.size() - xz.avail_out;
}

template <byte_source Inner>
result<std::size_t> compressed_source<Inner>::state::read_gz(std::span<std::byte> out) {
  const auto room = static_cast<uInt>(std::min<std::size_t>(out.size(), std::size_t{1} << 30U));
  gz.next_out = reinterpret_cast<Bytef*>(out.data());
  gz.avail_out = room;
  while (!finished && gz.avail_out == room) {
    if (const result<void> more = refill(); !more) return more.error();
    gz.next_in = reinterpret_cast<Bytef*>(waiting.data());
    gz.avail_in = static_cast<uInt>(waiting.size());
    const int answer = inflate(&gz, Z_NO_FLUSH);
    consumed(gz.avail_in);
    if (answer == Z_STREAM_END) {  // of one member; another may follow
      if (const result<void> more = refill(); !more) return more.error();
      finished = exhausted;
      if (!finished) inflateReset(&gz);
    } else if (answer == Z_BUF_ERROR && exhausted) {
      return damaged("packed data ends too early; the file is cut");
    } else if (answer == Z_MEM_ERROR) {
      return error(error_code::out_of_memory, inner.name(), ": no memory to unpack it");
    } else if (answer != Z_OK && answer != Z_BUF_ERROR) {
      return damaged("packed data is damaged");
    }
  }
  return static_cast<std::size_t>(room - gz.avail_out);
}

}  // namespace moesaic::trace
