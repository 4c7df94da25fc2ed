// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <moesaic/transport/file/link_meter.hpp>

using namespace moesaic;
using moesaic::file::link_meter;

TEST_CASE("the start value stands until something was measured") {
  const link_meter meter({microseconds(100), {2e9}});
  CHECK(meter.cost().overhead == microseconds(100));
  CHECK(meter.cost().rate.count == doctest::Approx(2e9));
  CHECK(link_meter({{}, {0}}).cost().rate.count > 0);
}

TEST_CASE("the rate of a steady link is found, without its overhead") {
  link_meter meter({microseconds(100), {2e9}});
  nanoseconds now{1'000'000};
  for (int i = 0; i < 200; ++i) {  // 1 MB alone on a link of 100 us + 1 ns per byte
    meter.submitted(now);
    now += microseconds(1'100);
    meter.completed(1, {1'000'000}, true, now);
    now += milliseconds(50);  // the engine computes; an idle link says nothing
  }
  CHECK(meter.cost().rate.count == doctest::Approx(1e9).epsilon(0.02));
}

TEST_CASE("a full link counts without gaps, completions found lying there included") {
  link_meter meter({microseconds(100), {2e9}});
  nanoseconds now{};
  meter.submitted(now);
  meter.submitted(now);
  now += microseconds(100);
  for (int i = 0; i < 200; ++i) {
    now += milliseconds(2);
    meter.submitted(now);
    meter.completed(1, {1'000'000}, false, now);  // it lay there: half of the time is its own
    meter.submitted(now);
    meter.completed(1, {1'000'000}, true, now);
  }
  CHECK(meter.cost().rate.count == doctest::Approx(1e9).epsilon(0.02));
}

TEST_CASE("a late look alone teaches nothing") {
  link_meter meter({microseconds(100), {2e9}});
  nanoseconds now{};
  for (int i = 0; i < 100; ++i) {
    meter.submitted(now);
    now += milliseconds(500);
    meter.completed(1, {1'000'000}, false, now);
    meter.submitted(now);
    meter.withdrawn();
  }
  CHECK(meter.cost().rate.count == doctest::Approx(2e9));
  meter.submitted(now);  // nor is it added to what is measured next
  now += microseconds(600);
  meter.completed(1, {1'000'000}, true, now);
  CHECK(meter.cost().rate.count == doctest::Approx(2e9));
}

TEST_CASE("a link that changed is followed") {
  link_meter meter({{}, {2e9}});
  nanoseconds now{};
  for (const double rate : {1e9, 4e9}) {
    for (int i = 0; i < 300; ++i) {
      meter.submitted(now);
      now += duration_of(bytes{1'000'000}, bytes_per_second{rate});
      meter.completed(1, {1'000'000}, true, now);
    }
    CHECK(meter.cost().rate.count == doctest::Approx(rate).epsilon(0.05));
  }
}
