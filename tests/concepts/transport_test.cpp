// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <concepts>
#include <optional>
#include <type_traits>

#include <moesaic/concepts/transport.hpp>
#include <moesaic/transport/borrowed.hpp>
#include <moesaic/transport/failing.hpp>
#include <moesaic/transport/recorded.hpp>
#include <moesaic/transport/reordering.hpp>
#include <moesaic/transport/slow.hpp>

namespace {
using namespace moesaic;

static_assert(transport<archetype::link> && explain_transport<archetype::link>());
static_assert(std::is_trivially_copyable_v<transfer> && std::is_trivially_copyable_v<completion>);
static_assert(transfer_status{} == transfer_status::arrived && sizeof(transfer_status) == 1);

// Each lacks one thing of a transport.
struct has_no_capacity : archetype::link {
  std::uint32_t capacity() const noexcept = delete;
};
struct has_a_capacity_that_changes : archetype::link {
  std::uint32_t capacity() noexcept;
};
struct has_a_signed_capacity : archetype::link {
  int capacity() const noexcept;
};
struct submits_nothing : archetype::link {
  void submit(const transfer&) noexcept = delete;
};
struct may_refuse_to_submit : archetype::link {
  bool submit(const transfer&) noexcept;
};
struct may_throw_while_submitting : archetype::link {
  void submit(const transfer&);
};
struct keeps_the_transfer : archetype::link {
  void submit(transfer&) noexcept;
};
struct has_no_poll : archetype::link {
  std::uint32_t poll(std::span<completion>) noexcept = delete;
};
struct polls_without_a_count : archetype::link {
  void poll(std::span<completion>) noexcept;
};
struct may_throw_while_polling : archetype::link {
  std::uint32_t poll(std::span<completion>);
};
struct has_no_wait : archetype::link {
  std::uint32_t wait(std::span<completion>) noexcept = delete;
};
struct may_throw_while_waiting : archetype::link {
  std::uint32_t wait(std::span<completion>);
};
struct cannot_cancel : archetype::link {
  bool cancel(ticket) noexcept = delete;
};
struct cancels_without_an_answer : archetype::link {
  void cancel(ticket) noexcept;
};
struct may_throw_while_cancelling : archetype::link {
  bool cancel(ticket);
};
struct has_no_price : archetype::link {
  link_cost cost() const noexcept = delete;
};
struct changes_when_asked_for_its_price : archetype::link {
  link_cost cost() noexcept;
};
struct has_no_clock : archetype::link {
  nanoseconds now() noexcept = delete;
};
struct has_a_clock_in_plain_numbers : archetype::link {
  std::int64_t now() noexcept;
};
struct may_throw_about_the_time : archetype::link {
  nanoseconds now();
};
struct cannot_be_moved : archetype::link {
  cannot_be_moved(cannot_be_moved&&) = delete;
};
struct cannot_be_assigned : archetype::link {
  cannot_be_assigned(cannot_be_assigned&&) noexcept;
  cannot_be_assigned& operator=(cannot_be_assigned&&) = delete;
};
static_assert(!transport<has_no_capacity> && !transport<has_a_capacity_that_changes> && !transport<has_a_signed_capacity> && !transport<submits_nothing> &&
              !transport<may_refuse_to_submit> && !transport<may_throw_while_submitting> && !transport<keeps_the_transfer> && !transport<has_no_poll> &&
              !transport<polls_without_a_count> && !transport<may_throw_while_polling> && !transport<has_no_wait> && !transport<may_throw_while_waiting> &&
              !transport<cannot_cancel> && !transport<cancels_without_an_answer> && !transport<may_throw_while_cancelling> && !transport<has_no_price> &&
              !transport<changes_when_asked_for_its_price> && !transport<has_no_clock> && !transport<has_a_clock_in_plain_numbers> &&
              !transport<may_throw_about_the_time> && !transport<cannot_be_moved> && !transport<cannot_be_assigned>);

struct explains : archetype::link {
  std::optional<error> explain(expert_id, const completion&) const noexcept;
};
struct always_explains : archetype::link {
  error explain(expert_id, const completion&) const noexcept;
};
struct may_throw_while_explaining : archetype::link {
  error explain(expert_id, const completion&) const;
};
struct explains_in_plain_text : archetype::link {
  const char* explain(expert_id, const completion&) const noexcept;
};
static_assert(explaining_transport<explains> && explaining_transport<always_explains> && explain_transport<always_explains>());
static_assert(!explaining_transport<archetype::link> && !explaining_transport<may_throw_while_explaining> && !explaining_transport<explains_in_plain_text>);
static_assert(explaining_transport<transports::borrowed<explains>> && explaining_transport<transports::recorded<explains>> &&
              explaining_transport<transports::reordering<explains>> && explaining_transport<transports::slow<explains>>);
static_assert(!explaining_transport<transports::slow<archetype::link>> && !explaining_transport<transports::failing<explains>>);
static_assert(transport<may_throw_while_explaining>);  // the ladder refuses it; the core would not ask

TEST_CASE("a transfer without an address is bookkeeping, and starts at once") {
  const transfer what{.number = {1}, .expert = make_expert(0, 3), .size = {10}};
  CHECK(what.to == nullptr);
  CHECK(what.after == fence{});
  CHECK(what.why == cause::demand);
}

}  // namespace
