// SPDX-License-Identifier: MIT
#include "pattern_bench.hpp"

#include <memory>

#include <moesaic/transport/borrowed.hpp>
#include <moesaic/transport/simulated.hpp>

using namespace moesaic;
using namespace moesaic::transports;

static_assert(hand_held<borrowed<simulated<>>>);

namespace {
/// Keeps its link beside the borrower, as an owner would.
struct with_owner : borrowed<simulated<pattern_content>> {
  explicit with_owner(std::unique_ptr<simulated<pattern_content>> link) : borrowed(*link), owner(std::move(link)) {}
  std::unique_ptr<simulated<pattern_content>> owner;
};
}  // namespace

TEST_CASE("borrowed is a transport") {
  conformance::a_transport(
      pattern_bench([] { return with_owner(std::make_unique<simulated<pattern_content>>(simulated_options{.capacity = 5, .overhead = {7}, .rate = {1e9}})); }));
}

TEST_CASE("who owns the link sees what the borrower did") {
  simulated<> link({.capacity = 2, .overhead = {10}, .rate = {1e9}});
  borrowed<simulated<>> loan(link);
  loan.submit({ticket{1}, make_expert(0, 0), nullptr, bytes{90}, cause::demand, {}});
  CHECK(link.open() == 1);
  link.advance({100});
  CHECK(loan.now() == nanoseconds{100});
  CHECK(&loan.inner() == &link);
  CHECK(loan.cost().overhead == nanoseconds{10});
}
