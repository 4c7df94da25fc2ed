// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <moesaic/transport/file/file_transport.hpp>
#include <moesaic/transport/slow.hpp>
#ifdef MOESAIC_DECODER_HAS_URING
#include <moesaic/transport/file/uring.hpp>
#endif

#include "../engine/ggml_model.hpp"
#include "mapped_reader.hpp"
#include "options.hpp"

namespace moesaic::decoder {

/// The transport of the decoder: reads experts from the model's file as the command line wants it read, and no faster
/// than it allows. Models explaining_transport.
class expert_link {
 private:
  /// The reader itself, behind the throttle if there is one.
  template <class Ask>
  decltype(auto) plain(Ask&& ask) const {
    return std::visit(
        [&](const auto& r) -> decltype(auto) {
          if constexpr (requires { r.inner(); })
            return ask(r.inner());
          else
            return ask(r);
        },
        reader_);
  }

 public:
#ifdef MOESAIC_DECODER_HAS_URING
  using file_reader = file::file_transport<file::uring>;
#else
  using file_reader = file::file_transport<>;
#endif
  using readers = std::variant<file_reader, mapped_reader, transports::slow<file_reader>, transports::slow<mapped_reader>>;

  /// Errors: cannot_open, bad_file (an expert lies outside the file), bad_argument (no io_uring here).
  [[nodiscard]] static result<expert_link> open(const ggml_model& model, const options& o);

  [[nodiscard]] std::uint32_t capacity() const noexcept {
    return std::visit([](const auto& r) { return r.capacity(); }, reader_);
  }
  void submit(const transfer& what) noexcept {
    std::visit([&](auto& r) { r.submit(what); }, reader_);
  }
  std::uint32_t poll(std::span<completion> out) noexcept {
    return std::visit([&](auto& r) { return r.poll(out); }, reader_);
  }
  std::uint32_t wait(std::span<completion> out) noexcept {
    const std::uint32_t told = std::visit([&](auto& r) { return r.wait(out); }, reader_);
    if (on_wait) on_wait(bytes_read());
    return told;
  }
  std::function<void(bytes)> on_wait;  ///< hears what has been read so far; empty: nobody does
  bool cancel(ticket which) noexcept {
    return std::visit([&](auto& r) { return r.cancel(which); }, reader_);
  }
  [[nodiscard]] link_cost cost() const noexcept {
    return std::visit([](const auto& r) { return r.cost(); }, reader_);
  }
  nanoseconds now() noexcept {
    return std::visit([](auto& r) { return r.now(); }, reader_);
  }

  /// Bytes read in place take their time on a throttled link, too; on another one this does nothing.
  void charge(bytes read) noexcept {
    std::visit(
        [&](auto& r) {
          if constexpr (requires { r.charge(read); }) r.charge(read);
        },
        reader_);
  }
  [[nodiscard]] const file::expert_layout& layout() const noexcept {
    return plain([](const auto& r) -> const file::expert_layout& {
      if constexpr (requires { r.source(); })
        return r.source().layout();
      else
        return r.layout();
    });
  }
  [[nodiscard]] std::string_view backend_name() const noexcept {
    return plain([](const auto& r) -> std::string_view {
      if constexpr (requires { r.backend_name(); })
        return r.backend_name();
      else
        return "mmap";
    });
  }
  [[nodiscard]] bool direct() const noexcept {
    return plain([](const auto& r) {
      if constexpr (requires { r.direct(); })
        return r.direct();
      else
        return false;
    });
  }
  [[nodiscard]] bytes bytes_read() const noexcept {
    return plain([](const auto& r) { return r.bytes_read(); });
  }
  [[nodiscard]] std::optional<error> explain(expert_id e, const completion& how) const noexcept {
    return std::visit([&](const auto& r) { return std::optional<error>(r.explain(e, how)); }, reader_);
  }

 private:
  explicit expert_link(readers&& r) : reader_(std::move(r)) {}

  readers reader_;
};
static_assert(explaining_transport<expert_link>);

}  // namespace moesaic::decoder
