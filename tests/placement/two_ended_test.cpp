// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstdint>
#include <deque>
#include <vector>

#include <moesaic/placement/two_ended.hpp>

#include "prefetch/asked.hpp"

namespace {
using namespace moesaic_test;
using placement::two_ended;

constexpr remedy host = remedy::host, fetch = remedy::fetch;

/// A layer of eight experts of 1,000 bytes; a move takes 100 + 1,000 ns.
struct bench {
  explicit bench(two_ended knobs) : policy(knobs) { tell(policy, inventory{shape}); }
  std::vector<remedy> meet(std::uint32_t present, const std::vector<miss>& missing) {
    std::vector<demand> wanted(present + missing.size());
    tell(policy, layer_event{{}, {}, layer_index{0}, phase::decode, 9, wanted, {}, {}});
    scene<set_scores> now{scores, nothing, residency_view(shape, flags), {}, layer_index{0}, {}, {}, {}, policy.threshold()};
    now.link = link;
    std::vector<remedy> remedies(missing.size(), remedy::fetch);
    policy.place(now, missing, remedies);
    return remedies;
  }
  [[nodiscard]] static miss missing(std::uint32_t e, std::uint32_t tokens, std::int64_t arrives = -1) {
    return {make_expert(0, e), tokens, {1'000}, arrives >= 0, {std::max<std::int64_t>(arrives, 0)}};
  }
  model_shape shape = *model_shape::uniform(1, 8, 2, {1'000});
  std::vector<std::uint8_t> flags = std::vector<std::uint8_t>(8);
  set_scores scores{&shape, std::vector<utility>(8)};
  forecast nothing{};
  link_view link{{100}, {1e9}, {}, 0, 16, {}};
  two_ended policy;
};

TEST_CASE("two ended: by hand") {
  // Device 1 us an expert, host 1 us a token. Device, with the move: 2,100 then 3,200 then 4,300. Host: 1,000 a token from the tail.
  bench b({.host_base = 0, .host_token = 1, .device = 1});
  CHECK(b.meet(0, {bench::missing(0, 1), bench::missing(1, 1), bench::missing(2, 1)}) == std::vector{fetch, host, host});
  CHECK(b.meet(0, {bench::missing(0, 1), bench::missing(1, 9)}) == std::vector{host, fetch});
  CHECK(b.meet(0, {bench::missing(0, 9), bench::missing(1, 9)}) == std::vector{fetch, fetch});  // 3,200 against 9,000
  CHECK(b.meet(5, {bench::missing(0, 4)}) == std::vector{host});                                // the device is busy until 5,000: 6,000 against 4,000
  CHECK(b.meet(0, {bench::missing(0, 2, 300)}) == std::vector{fetch});                           // arrives soon: 1,300
  CHECK(b.meet(0, {bench::missing(0, 2, 3'000)}) == std::vector{host});
  CHECK(b.meet(3, {}).empty());
}

TEST_CASE("two ended: a link without a rate leaves everything to the host; equal times go to the device") {
  bench b({.host_base = 1, .host_token = 1, .device = 0});
  b.link.rate = {};
  CHECK(b.meet(0, {bench::missing(0, 9), bench::missing(1, 1)}) == std::vector{host, host});
  bench even({.host_base = 0, .host_token = 1, .device = 0});
  even.link = {{0}, {1e9}, {}, 0, 16, {}};
  CHECK(even.meet(0, {bench::missing(0, 1)}) == std::vector{fetch});
}

/// The list as the published code has it: two queues, two clocks, a list that is eaten from both ends.
std::vector<remedy> slowly(const two_ended& knobs, std::uint32_t present, const std::vector<miss>& missing, const link_view& link) {
  std::deque<std::uint32_t> list;
  for (std::uint32_t tokens = 64; tokens > 0; --tokens)
    for (std::uint32_t i = 0; i < missing.size(); ++i)
      if (missing[i].tokens == tokens) list.push_back(i);
  std::vector<remedy> answer(missing.size());
  std::int64_t device = std::int64_t{present} * knobs.device * 1'000, moved = 0, processor = 0;
  while (!list.empty()) {
    const miss& head = missing[list.front()];
    const std::int64_t there = head.in_flight ? head.arrives_in.count : moved + link.time_for(head.size).count;
    const std::int64_t if_device = std::max(device, there) + std::int64_t{knobs.device} * 1'000;
    const std::int64_t if_host = processor + (std::int64_t{knobs.host_base} + std::int64_t{knobs.host_token} * missing[list.back()].tokens) * 1'000;
    if (if_device <= if_host) {
      answer[list.front()] = fetch;
      if (!head.in_flight) moved = there;
      device = if_device;
      list.pop_front();
    } else {
      answer[list.back()] = host;
      processor = if_host;
      list.pop_back();
    }
  }
  return answer;
}

TEST_CASE("two ended: agrees with its slow twin") {
  splitmix dice{5};
  std::uint64_t to_host = 0, to_device = 0;
  for (int i = 0; i < 100'000; ++i) {
    const two_ended knobs{.host_base = dice.below(3), .host_token = dice.below(4), .device = dice.below(4)};
    bench b(knobs);
    std::vector<miss> missing;
    for (std::uint32_t e = 0; e < 8; ++e)
      if (dice.chance(500)) missing.push_back(bench::missing(e, dice.between(1, 5), dice.chance(200) ? static_cast<std::int64_t>(dice.below(4'000)) : -1));
    const std::uint32_t present = dice.below(4);
    const std::vector<remedy> said = b.meet(present, missing);
    REQUIRE(said == slowly(knobs, present, missing, b.link));
    for (const remedy r : said) (r == host ? to_host : to_device) += 1;
  }
  CHECK(to_host > 10'000);
  CHECK(to_device > 10'000);
}

}  // namespace
