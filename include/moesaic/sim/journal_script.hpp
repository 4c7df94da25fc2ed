// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <moesaic/concepts/transport.hpp>
#include <moesaic/concepts/witness.hpp>
#include <moesaic/trace/journal_encoder.hpp>
#include <moesaic/trace/journal_reader.hpp>
#include <moesaic/trace/journal_words.hpp>

namespace moesaic::sim {

/// A journal as the script of a second performance: gives the engine's calls one by one, the transport's answers to who asks
/// for them, and holds each decision against the one that stands there. What does not fit is remembered once, with its place;
/// from then on nothing is compared and every transfer is refused, so that the performance ends.
/// Cost: O(1) a record; the bytes of two decisions.
template <class Reader>
class journal_script {
 public:
  explicit journal_script(Reader& from) : from_(&from), mine_(bytes_out{}), theirs_(bytes_out{}) {}

  [[nodiscard]] const trace::journal::header& header() const noexcept { return from_->header(); }
  /// Whether there is more to perform.
  [[nodiscard]] bool live() const noexcept { return !trouble_ && !over_; }
  [[nodiscard]] const std::optional<error>& trouble() const noexcept { return trouble_; }
  [[nodiscard]] std::uint64_t decisions() const noexcept { return decisions_; }
  void close() noexcept { over_ = true; }

  /// The record that comes next; null at the end. It stays the next one until `pass`.
  [[nodiscard]] const trace::journal::record* peek() {
    if (!live()) return nullptr;
    if (!next_) {
      result<std::optional<trace::journal::record>> got = from_->next();
      if (!got) {
        trouble_ = got.error();
        return nullptr;
      }
      if (!*got) {
        over_ = true;
        return nullptr;
      }
      next_.emplace(**std::move(got));
    }
    return &*next_;
  }
  void pass() noexcept {
    if (next_)
      if (const auto* a = std::get_if<seen::acquire>(&*next_)) {
        step_ = a->event.step;
        layer_ = a->event.layer;
      }
    next_.reset();
  }
  /// The next record if it is of this kind; else the performance has left its script.
  template <class Answer>
  [[nodiscard]] const Answer* expect() {
    const trace::journal::record* const there = peek();
    if (there == nullptr) return nullptr;
    if (const Answer* const fits = std::get_if<Answer>(there)) return fits;
    object("is '", trace::journal::in_words(*there), "' where the residency now asks the transport");
    return nullptr;
  }
  /// A decision was made now.
  template <class Decision>
  void check(const Decision& now) {
    if (!live()) return;
    ++decisions_;
    if (!header().decisions) return;
    const trace::journal::record* const there = peek();
    if (there == nullptr) return;
    if (const Decision* const before = std::get_if<Decision>(there)) {
      mine_.out().clear();
      theirs_.out().clear();
      mine_.put(now);
      theirs_.put(*before);
      if (mine_.out() == theirs_.out()) return pass();
    }
    object("says '", trace::journal::in_words(*there), "', and the policies now decide '", trace::journal::in_words(trace::journal::record(now)), "'");
  }
  /// The journal does not fit what is performed.
  template <class... Parts>
  void object(const Parts&... parts) {
    if (!live()) return;
    trouble_.emplace(error_code::bad_file, from_->name(), ": byte ", from_->offset(), " (record ", from_->count(), ", step ", step_.count, ", MoE layer ",
                     number(layer_), "): the journal ", std::string_view(parts)...);
  }

 private:
  struct bytes_out {
    std::vector<std::byte> held;
    void put(std::byte b) { held.push_back(b); }
    void clear() noexcept { held.clear(); }
    friend bool operator==(const bytes_out&, const bytes_out&) = default;
  };
  Reader* from_;
  std::optional<trace::journal::record> next_;
  trace::journal::encoder<bytes_out> mine_, theirs_;
  std::optional<error> trouble_;
  step_index step_{};
  layer_index layer_{};
  std::uint64_t decisions_ = 0;
  bool over_ = false;
};

/// The transport of such a performance: answers what stands in the journal. Writes nothing anywhere.
template <class Reader>
class scripted_link {
 public:
  explicit scripted_link(journal_script<Reader>& script) : script_(&script) { open_.reserve(capacity()); }

  [[nodiscard]] std::uint32_t capacity() const noexcept { return script_->header().link_capacity; }
  void submit(const transfer& what) noexcept { open_.push_back(what.number); }
  std::uint32_t poll(std::span<completion> out) noexcept { return tell(out, false); }
  std::uint32_t wait(std::span<completion> out) noexcept { return tell(out, true); }
  bool cancel(ticket which) noexcept {
    const auto* const answer = script_->template expect<seen::cancelled>();
    if (answer == nullptr) return false;
    const bool withdrawn = answer->withdrawn;
    if (answer->number != which) {
      script_->object("cancels transfer ", std::to_string(answer->number.number), " where transfer ", std::to_string(which.number), " is cancelled now");
      return false;
    }
    if (withdrawn) std::erase(open_, which);
    script_->pass();
    return withdrawn;
  }
  [[nodiscard]] link_cost cost() const noexcept {
    if (const auto* const answer = script_->template expect<link_cost>()) {
      cost_ = *answer;
      script_->pass();
    }
    return cost_;
  }
  nanoseconds now() noexcept {
    if (const auto* const answer = script_->template expect<seen::clock>()) {
      now_ = answer->now;
      script_->pass();
    }
    return now_;
  }

 private:
  std::uint32_t tell(std::span<completion> out, bool waited) noexcept {
    const auto* const answer = script_->template expect<seen::completions>();
    if (answer != nullptr && (answer->waited != waited || answer->told.size() > out.size())) {
      script_->object(waited ? "was asked by poll" : "was asked by wait", " where it is the other now");
    } else if (answer != nullptr) {
      const auto told = static_cast<std::uint32_t>(answer->told.size());
      std::copy(answer->told.begin(), answer->told.end(), out.begin());
      for (const completion& c : answer->told) std::erase(open_, c.number);
      script_->pass();
      return told;
    }
    std::uint32_t refused = 0;
    for (; refused < out.size() && !open_.empty(); open_.pop_back()) out[refused++] = {open_.back(), transfer_status::refused, {}, 0};
    return refused;
  }
  journal_script<Reader>* script_;
  std::vector<ticket> open_;
  mutable link_cost cost_{{}, {1e9}};
  nanoseconds now_{};
};

}  // namespace moesaic::sim
