// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <moesaic/core/spec.hpp>
#include <moesaic/trace/journal_words.hpp>

namespace moesaic::trace {

/// Decisions of a residency in words for people: "evicted (7,31) for (7,4): lrfu(32) 0.12 < 0.90". It is told what a witness is
/// told, and answers where somebody left or was refused, stayed on the host or was prefetched, the budget changed or a call failed.
///
/// Keys of `lrfu` are shown as decayed counts at the token of the running event, those of other policies as the numbers they
/// are; a policy without keys shows who left for whom. `numbers` holds the exact keys as a JSON object, or nothing.
/// Cost: text for each decision; allocates. One thread at a time.
class decision_words {
 public:
  struct said {
    std::string text;
    std::string numbers;
  };

  /// `eviction`: the policy's SPEC, as the keys' name and for lrfu's half-life; may be empty.
  explicit decision_words(std::string_view eviction = {}) : eviction_(eviction) {
    const result<spec> written = spec::parse(eviction_);
    if (!written || written->name() != "lrfu") return;
    half_life_ = 32;
    for (const spec::argument& a : written->arguments())
      if (a.key.empty() || a.key == "half_life") half_life_ = number_in(a.value);
  }

  std::optional<said> of(const seen::acquire& a) {
    token_ = a.event.first_token;
    return {};
  }
  std::optional<said> of(const seen::victim& v) {
    asked_ = v;
    return {};
  }
  std::optional<said> of(const seen::wish& w) {
    wish_ = w.request;
    return {};
  }
  std::optional<said> of(const seen::left& l) {
    if (!l.newcomer) return said{journal::detail::named(l.expert) + " lost its room", {}};
    said answer{"evicted " + journal::detail::named(l.expert) + " for " + journal::detail::named(*l.newcomer), {}};
    if (asked_.chosen == l.expert && asked_.newcomer == l.newcomer && asked_.key_of_chosen && asked_.key_of_newcomer) {
      const std::int64_t mine = asked_.key_of_chosen->count, theirs = asked_.key_of_newcomer->count;
      answer.text += (eviction_.empty() ? ":" : ": " + eviction_) + ' ' + compared(mine, theirs);
      answer.numbers = "{\"key\":" + std::to_string(mine) + ",\"newcomer_key\":" + std::to_string(theirs) + "}";
    }
    return answer;
  }
  std::optional<said> of(const seen::judged& j) { return j.keep ? std::optional<said>() : plain(j); }
  std::optional<said> of(const seen::placed& p) { return p.how == remedy::host ? plain(p) : std::optional<said>(); }
  std::optional<said> of(const seen::fate& f) {
    std::optional<said> answer = plain(f);
    if (f.what == prefetch_fate::submitted && wish_.expert == f.expert) answer->numbers = "{\"worth\":" + std::to_string(wish_.worth.count) + "}";
    return answer;
  }
  std::optional<said> of(const seen::budget_change& b) { return plain(b); }
  std::optional<said> of(const seen::failed& f) { return plain(f); }
  template <class Other>
  std::optional<said> of(const Other&) {
    return {};
  }

 private:
  static std::optional<said> plain(const journal::record& what) { return said{journal::in_words(what), {}}; }
  static std::uint32_t number_in(std::string_view digits) noexcept {
    std::uint32_t n = 0;
    for (const char c : digits) n = c >= '0' && c <= '9' && n < 100'000 ? n * 10 + static_cast<std::uint32_t>(c - '0') : n;
    return n;
  }
  [[nodiscard]] std::string compared(std::int64_t mine, std::int64_t theirs) const {
    const char* const sign = mine < theirs ? " < " : mine > theirs ? " > " : " = ";
    if (half_life_ == 0) return std::to_string(mine) + sign + std::to_string(theirs);
    std::string left = decimal(count_now(mine), 2), right = decimal(count_now(theirs), 2);
    if (left == right && mine != theirs) left = decimal(count_now(mine), 6), right = decimal(count_now(theirs), 6);
    return left + sign + right;
  }
  /// A decayed count (core/decayed_count.hpp) at the running event's token: exponent above 40 bits of mantissa, as of token 0.
  [[nodiscard]] double count_now(std::int64_t worth) const noexcept {
    if (worth == utility::lowest().count) return 0;
    constexpr std::int64_t one = std::int64_t{1} << 40;
    const std::uint64_t whole = token_.count / half_life_, rest = token_.count % half_life_;
    const std::int64_t exponent = (worth >> 40) - static_cast<std::int64_t>(whole);
    const double mantissa = 1 + static_cast<double>(worth & (one - 1)) / static_cast<double>(one);
    return std::ldexp(mantissa * std::exp2(-static_cast<double>(rest) / half_life_),
                      static_cast<int>(std::max<std::int64_t>(std::min<std::int64_t>(exponent, 1'000), -1'000)));
  }
  [[nodiscard]] static std::string decimal(double x, int digits) {  // without a locale
    const double scale = digits == 2 ? 1e2 : 1e6;
    const auto all = static_cast<std::uint64_t>(std::min(x, 1e9) * scale + 0.5), unit = static_cast<std::uint64_t>(scale);
    std::string fraction = std::to_string(unit + all % unit);
    fraction[0] = '.';
    return std::to_string(all / unit) + fraction;
  }

  std::string eviction_;
  std::uint32_t half_life_ = 0;  // 0: keys are numbers of their own
  token_index token_{};
  seen::victim asked_;
  prefetch_request wish_;
};

}  // namespace moesaic::trace
