// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include <moesaic/core/quantity.hpp>

namespace moesaic::cuda {

/// The number a stream runtime gives for what went wrong; 0: nothing did.
struct api_code {
  std::int32_t number = 0;
  [[nodiscard]] constexpr bool ok() const noexcept { return number == 0; }
  friend constexpr bool operator==(api_code, api_code) = default;
};

/// What such a number means for somebody who has to act on it.
enum class fault : std::uint8_t {
  none,
  not_ready,      ///< the answer of `query` before its time: no failure
  no_device,      ///< there is none, or no driver for it
  device_lost,    ///< nothing can be asked of this device any more by this process
  out_of_memory,
  capturing,      ///< the stream, or another thread's, is being captured into a graph: not now
  unsupported,    ///< this device or driver cannot do it, or the program was not built for it
  bad_request,    ///< an address, size or handle that the runtime does not take
  other,
};

/// An answer, or the number that says why there is none.
template <class T>
struct answered {
  api_code code{};
  T value{};
};

struct stream_handle {
  void* raw = nullptr;
  friend constexpr bool operator==(stream_handle, stream_handle) = default;
};
struct event_handle {
  void* raw = nullptr;
  friend constexpr bool operator==(event_handle, event_handle) = default;
};

/// Two classes suffice: what is waited for, and what is brought ahead.
enum class stream_priority : std::uint8_t { urgent, idle };

/// Bytes from host memory (pinned, if the copy is not to hold up the caller) to device memory.
struct copy_piece {
  std::byte* to = nullptr;
  const std::byte* from = nullptr;
  bytes size{};
};

/// What this folder asks of a stream runtime. The models are `runtime_api` and the double of the tests.
///
/// Contract. A stream does what it was given in order; two streams do not wait for each other except by `wait`. `record` marks
/// what its stream has been given until now; `wait(stream, event)` holds back what that stream is given from now on until the
/// mark set last before this call is reached (a later `record` does not change that); an event that was never recorded is past.
/// `query` answers ok, or a number that means not_ready; `finish` blocks the calling thread. `copy` and `copy_batch` return
/// before the bytes have travelled: their source may not change until then. In a batch the pieces have no order among
/// themselves. A call that fails has given its stream nothing, except `copy_batch`, which may have given some of its pieces.
/// Device memory is usable by every stream when `device_allocate` returns, and may be given back when all that used it is done.
/// `elapsed` is the device's time between two marks that were reached. `now` never goes back.
/// No failure stays behind: the next call's answer is about that call alone, unless the device is lost.
/// Threads: one at a time for one object. Users keep a reference: an object that models this outlives them.
/// Cost: memory, streams and events are made where things are created; what runs while the engine computes is record, query, wait,
/// copy and now, which have to be cheap and may not allocate.
template <class T>
concept stream_api = requires(T api, const T& view, bytes size, std::byte* memory, stream_handle stream, event_handle event, stream_priority priority,
                              const copy_piece& piece, std::span<const copy_piece> pieces, api_code code) {
  { api.device_allocate(size) } noexcept -> std::same_as<answered<std::byte*>>;
  { api.device_free(memory) } noexcept -> std::same_as<void>;
  { api.pinned_allocate(size) } noexcept -> std::same_as<answered<std::byte*>>;
  { api.pinned_free(memory) } noexcept -> std::same_as<void>;
  { api.make_stream(priority) } noexcept -> std::same_as<answered<stream_handle>>;
  { api.end_stream(stream) } noexcept -> std::same_as<void>;
  { api.make_event() } noexcept -> std::same_as<answered<event_handle>>;
  { api.end_event(event) } noexcept -> std::same_as<void>;
  { api.record(event, stream) } noexcept -> std::same_as<api_code>;
  { api.query(event) } noexcept -> std::same_as<api_code>;
  { api.wait(stream, event) } noexcept -> std::same_as<api_code>;
  { api.finish(event) } noexcept -> std::same_as<api_code>;
  { api.finish(stream) } noexcept -> std::same_as<api_code>;
  { api.elapsed(event, event) } noexcept -> std::same_as<answered<nanoseconds>>;
  { api.copy(piece, stream) } noexcept -> std::same_as<api_code>;
  { api.copy_batch(pieces, stream) } noexcept -> std::same_as<api_code>;
  { api.now() } noexcept -> std::same_as<nanoseconds>;
  { view.meaning(code) } noexcept -> std::same_as<fault>;
  { view.words(code) } noexcept -> std::same_as<std::string_view>;
};

namespace archetype {
struct streams {
  answered<std::byte*> device_allocate(bytes) noexcept;
  void device_free(std::byte*) noexcept;
  answered<std::byte*> pinned_allocate(bytes) noexcept;
  void pinned_free(std::byte*) noexcept;
  answered<stream_handle> make_stream(stream_priority) noexcept;
  void end_stream(stream_handle) noexcept;
  answered<event_handle> make_event() noexcept;
  void end_event(event_handle) noexcept;
  api_code record(event_handle, stream_handle) noexcept;
  api_code query(event_handle) noexcept;
  api_code wait(stream_handle, event_handle) noexcept;
  api_code finish(event_handle) noexcept;
  api_code finish(stream_handle) noexcept;
  answered<nanoseconds> elapsed(event_handle, event_handle) noexcept;
  api_code copy(const copy_piece&, stream_handle) noexcept;
  api_code copy_batch(std::span<const copy_piece>, stream_handle) noexcept;
  nanoseconds now() noexcept;
  [[nodiscard]] fault meaning(api_code) const noexcept;
  [[nodiscard]] std::string_view words(api_code) const noexcept;
};
}  // namespace archetype
static_assert(stream_api<archetype::streams>);

/// Compiles if `T` models stream_api; else stops with a sentence that names what is missing.
template <class T>
consteval bool explain_stream_api() {
  constexpr bool device = requires(T api, bytes n, std::byte* m) { api.device_allocate(n), api.device_free(m); };
  static_assert(device, "stream_api lacks  answered<std::byte*> device_allocate(bytes) noexcept  or  void device_free(std::byte*) noexcept");
  constexpr bool pinned = requires(T api, bytes n, std::byte* m) { api.pinned_allocate(n), api.pinned_free(m); };
  static_assert(pinned, "stream_api lacks  answered<std::byte*> pinned_allocate(bytes) noexcept  or  void pinned_free(std::byte*) noexcept");
  constexpr bool streams = requires(T api, stream_priority p, stream_handle s) { api.make_stream(p), api.end_stream(s); };
  static_assert(streams, "stream_api lacks  answered<stream_handle> make_stream(stream_priority) noexcept  or  void end_stream(stream_handle) noexcept");
  constexpr bool events = requires(T api, event_handle e) { api.make_event(), api.end_event(e); };
  static_assert(events, "stream_api lacks  answered<event_handle> make_event() noexcept  or  void end_event(event_handle) noexcept");
  constexpr bool records = requires(T api, event_handle e, stream_handle s) { api.record(e, s); };
  static_assert(records, "stream_api lacks  api_code record(event_handle, stream_handle) noexcept");
  constexpr bool queries = requires(T api, event_handle e) { api.query(e); };
  static_assert(queries, "stream_api lacks  api_code query(event_handle) noexcept");
  constexpr bool waits = requires(T api, stream_handle s, event_handle e) { api.wait(s, e); };
  static_assert(waits, "stream_api lacks  api_code wait(stream_handle, event_handle) noexcept");
  constexpr bool finishes = requires(T api, stream_handle s, event_handle e) { api.finish(e), api.finish(s); };
  static_assert(finishes, "stream_api lacks  api_code finish(event_handle) noexcept  or  api_code finish(stream_handle) noexcept");
  constexpr bool times = requires(T api, event_handle e) { api.elapsed(e, e), api.now(); };
  static_assert(times, "stream_api lacks  answered<nanoseconds> elapsed(event_handle, event_handle) noexcept  or  nanoseconds now() noexcept");
  constexpr bool copies = requires(T api, const copy_piece& p, stream_handle s) { api.copy(p, s); };
  static_assert(copies, "stream_api lacks  api_code copy(const copy_piece&, stream_handle) noexcept");
  constexpr bool batches = requires(T api, std::span<const copy_piece> p, stream_handle s) { api.copy_batch(p, s); };
  static_assert(batches, "stream_api lacks  api_code copy_batch(std::span<const copy_piece>, stream_handle) noexcept");
  constexpr bool speaks = requires(const T& view, api_code c) { view.meaning(c), view.words(c); };
  static_assert(speaks, "stream_api lacks  fault meaning(api_code) const noexcept  or  std::string_view words(api_code) const noexcept");
  static_assert(!(device && pinned && streams && events && records && queries && waits && finishes && times && copies && batches && speaks) || stream_api<T>,
                "stream_api has every call, but a return type or a noexcept differs");
  return stream_api<T>;
}

}  // namespace moesaic::cuda
