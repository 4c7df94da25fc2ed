// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include <moesaic/trace/peeked_source.hpp>
#include <moesaic/trace/trace_reader.hpp>

namespace moesaic::trace {

/// A reader of some format, for programs that take them all. Cost: one call through a pointer for each piece of rows.
class any_trace {
 public:
  template <trace_reader Reader>
  [[nodiscard]] static any_trace holding(Reader reader) {
    any_trace made;
    made.held_ = std::make_unique<holder<Reader>>(std::move(reader));
    return made;
  }

  [[nodiscard]] const trace_facts& facts() const noexcept { return held_->facts(); }
  [[nodiscard]] result<std::optional<routing_rows>> next() { return held_->next(); }
  /// After the last rows: the trace lacks its end, as a run that was stopped leaves it, in a format that can tell.
  [[nodiscard]] bool interrupted() const noexcept { return held_->interrupted(); }

 private:
  struct face {
    virtual ~face() = default;
    [[nodiscard]] virtual const trace_facts& facts() const noexcept = 0;
    [[nodiscard]] virtual result<std::optional<routing_rows>> next() = 0;
    [[nodiscard]] virtual bool interrupted() const noexcept = 0;
  };
  template <trace_reader Reader>
  struct holder final : face {
    explicit holder(Reader held) : reader(std::move(held)) {}
    [[nodiscard]] const trace_facts& facts() const noexcept override { return reader.facts(); }
    [[nodiscard]] result<std::optional<routing_rows>> next() override { return reader.next(); }
    [[nodiscard]] bool interrupted() const noexcept override {
      if constexpr (requires { reader.interrupted(); })
        return reader.interrupted();
      else
        return false;
    }
    Reader reader;
  };
  any_trace() = default;
  std::unique_ptr<face> held_;
};
static_assert(trace_reader<any_trace>);

/// The same bytes once more, from their start: formats that say their dimensions nowhere are read through twice.
template <byte_source Source>
using source_again = std::function<result<peeked_source<Source>>()>;

/// How a format is recognised and opened. `recognises` gets the first bytes of a source (up to `formats_look_at`, all of a
/// shorter one); `open` gets the source from its start and, where it needs that, again.
template <byte_source Source>
struct trace_format {
  bool (*recognises)(std::span<const std::byte> start) noexcept;
  result<any_trace> (*open)(peeked_source<Source> from_start, const source_again<Source>& again, const trace_options& options);
};
inline constexpr std::size_t formats_look_at = 4096;

/// Adapts a reader's `open`, which gives a result<Reader>, to trace_format::open.
[[nodiscard]] auto erased(auto reader) -> result<any_trace> {
  if (!reader) return reader.error();
  return any_trace::holding(*std::move(reader));
}

}  // namespace moesaic::trace
