// SPDX-License-Identifier: MIT
// The transport of docs/how_to/write_a_transport.md: complete, and held to the contract.
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <span>
#include <utility>
#include <vector>

#include <conformance/transport_suite.hpp>
#include <moesaic/concepts/transport.hpp>

namespace {

// [transport]
/// Copies experts out of one array, where each has `size` bytes; time is what the copies would take at `rate`.
class array_copy {
 public:
  array_copy(std::span<const std::byte> all, moesaic::bytes size, std::uint32_t per_layer, moesaic::link_cost rate)
      : all_(all), size_(size), per_layer_(per_layer), rate_(rate) {
    waiting_.reserve(capacity());
  }

  std::uint32_t capacity() const noexcept { return 8; }  // the core never has more open, so submit cannot fail
  void submit(const moesaic::transfer& what) noexcept { waiting_.push_back(what); }
  std::uint32_t poll(std::span<moesaic::completion> out) noexcept {  // never blocks; one expert each time
    if (waiting_.empty() || out.empty()) return 0;
    const auto demanded = [](const moesaic::transfer& t) { return t.why == moesaic::cause::demand; };
    const auto first = std::find_if(waiting_.begin(), waiting_.end(), demanded);  // demand passes prefetch
    const auto next = first == waiting_.end() ? waiting_.begin() : first;
    const moesaic::transfer what = *next;
    waiting_.erase(next);
    out[0] = bring(what);
    return 1;
  }
  std::uint32_t wait(std::span<moesaic::completion> out) noexcept { return poll(out); }  // 0 only if nothing is open
  bool cancel(moesaic::ticket which) noexcept {  // true: not another byte is written, and no completion follows
    return std::erase_if(waiting_, [&](const moesaic::transfer& t) { return t.number == which; }) != 0;
  }
  moesaic::link_cost cost() const noexcept { return rate_; }
  moesaic::nanoseconds now() noexcept { return now_; }  // never goes back

 private:
  moesaic::completion bring(const moesaic::transfer& what) noexcept {
    const std::uint64_t at = (std::uint64_t{number(what.expert.layer)} * per_layer_ + number(what.expert.expert)) * size_.count;
    if (at + size_.count > all_.size()) return {what.number, moesaic::transfer_status::short_read, {}, 0};  // failures are completions
    if (what.to != nullptr) std::memcpy(what.to, all_.data() + at, size_.count);  // null: only the bookkeeping is wanted
    now_ += rate_.overhead + moesaic::nanoseconds{static_cast<std::int64_t>(1e9 * static_cast<double>(size_.count) / rate_.rate.count)};
    return {what.number, moesaic::transfer_status::arrived, size_, 0};
  }
  std::span<const std::byte> all_;
  moesaic::bytes size_;
  std::uint32_t per_layer_;
  moesaic::link_cost rate_;
  moesaic::nanoseconds now_{};
  std::vector<moesaic::transfer> waiting_;  // oldest first
};
static_assert(moesaic::explain_transport<array_copy>());  // says what is missing, if something is
// [/transport]

using namespace moesaic;
constexpr std::uint32_t layer_count = 2, expert_count = 5, expert_size = 24;

std::vector<std::byte> numbered() {
  std::vector<std::byte> all(layer_count * expert_count * expert_size);
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::byte>(i / expert_size + 3 * (i % expert_size));
  return all;
}

// [bench]
struct array_bench {
  std::vector<std::byte> all = numbered();
  std::vector<expert_id> ids = everyone();

  array_copy link() const { return {all, {expert_size}, expert_count, {{100}, {1e9}}}; }  // a fresh transport
  std::span<const expert_id> experts() const { return ids; }  // what it can bring
  bytes size(expert_id) const { return {expert_size}; }     // what one is charged for
  std::size_t alignment() const { return 1; }                 // of rooms
  bool right(expert_id e, const std::byte* room) const {      // does the room hold it?
    return std::equal(room, room + expert_size, all.begin() + static_cast<std::ptrdiff_t>((number(e.layer) * expert_count + number(e.expert)) * expert_size));
  }
  static std::vector<expert_id> everyone() {
    std::vector<expert_id> ids;
    for (std::uint32_t l = 0; l < layer_count; ++l)
      for (std::uint32_t e = 0; e < expert_count; ++e) ids.push_back(make_expert(l, e));
    return ids;
  }
};
TEST_CASE("array_copy is a transport") { conformance::a_transport(array_bench{}); }
// [/bench]
}  // namespace
