// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <moesaic/transport/file/file_transport.hpp>
#ifdef MOESAIC_DECODER_HAS_URING
#include <moesaic/transport/file/uring.hpp>
#endif

#include "../engine/ggml_model.hpp"
#include "options.hpp"

namespace moesaic::decoder {

/// The transport of the decoder: reads experts from the model's file, as the command line wants it read, and remembers why the
/// last transfer failed, in words. Models transport.
class expert_link {
 public:
#ifdef MOESAIC_DECODER_HAS_URING
  using reader = file::file_transport<file::uring>;
#else
  using reader = file::file_transport<>;
#endif

  /// Errors: cannot_open, bad_file (an expert lies outside the file), bad_argument (no io_uring here).
  [[nodiscard]] static result<expert_link> open(const ggml_model& model, const std::string& path, const options& o);

  [[nodiscard]] std::uint32_t capacity() const noexcept { return reader_.capacity(); }
  void submit(const transfer& what) noexcept {
    for (open_transfer& t : open_)
      if (t.number == ticket{}) {
        t = {what.number, what.expert};
        break;
      }
    reader_.submit(what);
  }
  std::uint32_t poll(std::span<completion> out) noexcept { return note(out, reader_.poll(out)); }
  std::uint32_t wait(std::span<completion> out) noexcept { return note(out, reader_.wait(out)); }
  bool cancel(ticket which) noexcept {
    const bool withdrawn = reader_.cancel(which);
    if (withdrawn) (void)forget(which);
    return withdrawn;
  }
  [[nodiscard]] link_cost cost() const noexcept { return reader_.cost(); }
  nanoseconds now() noexcept { return reader_.now(); }

  [[nodiscard]] const file::expert_layout& layout() const noexcept { return reader_.source().layout(); }
  [[nodiscard]] std::string_view backend_name() const noexcept { return reader_.backend_name(); }
  [[nodiscard]] bool direct() const noexcept { return reader_.direct(); }
  [[nodiscard]] bytes bytes_read() const noexcept { return reader_.bytes_read(); }
  /// Why the last transfer that failed did; nothing if none has.
  [[nodiscard]] std::optional<error> last_failure() const;

 private:
  struct open_transfer {
    ticket number{};
    expert_id expert{};
  };
  explicit expert_link(reader&& r) : reader_(std::move(r)), open_(reader_.capacity()) {}

  expert_id forget(ticket which) noexcept {
    for (open_transfer& t : open_)
      if (t.number == which) return std::exchange(t, open_transfer{}).expert;
    return {};
  }
  std::uint32_t note(std::span<const completion> out, std::uint32_t told) noexcept {
    for (const completion& c : out.first(told)) {
      const expert_id who = forget(c.number);
      if (c.status != transfer_status::arrived) failed_ = {who, c};
    }
    return told;
  }

  reader reader_;
  std::vector<open_transfer> open_;
  std::optional<std::pair<expert_id, completion>> failed_;
};
static_assert(transport<expert_link>);

}  // namespace moesaic::decoder
