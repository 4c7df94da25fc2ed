// SPDX-License-Identifier: MIT
// The metadata of a model of a terabyte: where each of its 98,304 experts lies, in 64 MiB.
#include <doctest/doctest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <fstream>
#include <string>

#include <plan/model_facts.hpp>

#include "support/sparse_model.hpp"
#include "support/temporary_folder.hpp"

namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr bool own_memory_is_seen = false;  // shadow, red zones, quarantine
#elif defined(__has_feature)
constexpr bool own_memory_is_seen = !__has_feature(address_sanitizer);
#else
constexpr bool own_memory_is_seen = true;
#endif

/// A line of /proc/self/status in bytes.
std::uint64_t status_of(const std::string& name) {
  std::ifstream in("/proc/self/status");
  for (std::string word; in >> word;)
    if (word == name + ":") {
      std::uint64_t kib = 0;
      in >> kib;
      return kib * 1'024;
    }
  return 0;
}

struct cost {
  std::uint64_t grown = 0;  ///< highest resident memory, over what the process had before
  std::uint64_t experts = 0;
  std::uint64_t total = 0;
};

/// In a process of its own: megabytes that were given back would be there for reading to use, and would not be seen as growth.
bool written(const moesaic_test::sparse_model& model, const std::string& path) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(model.write(path) ? 0 : 1);
  int status = 1;
  return child > 0 && ::waitpid(child, &status, 0) == child && status == 0;
}

/// In a process of its own too, so that nothing else counts. All zero if it failed.
cost cost_of_reading(const std::string& path) {
  cost found;
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) return found;
  const pid_t child = ::fork();
  if (child == 0) {
    const std::uint64_t before = status_of("VmRSS");
    const auto facts = moesaic::planning::read_model(path);
    if (facts) found = {status_of("VmHWM") - before, facts->shape.expert_count(), facts->shape.total().count};
    const bool told = ::write(ends[1], &found, sizeof found) == sizeof found;
    ::_exit(told ? 0 : 1);
  }
  ::close(ends[1]);
  if (child < 0 || ::read(ends[0], &found, sizeof found) != sizeof found) found = {};
  ::close(ends[0]);
  if (child > 0) ::waitpid(child, nullptr, 0);
  return found;
}

}  // namespace

TEST_CASE("a model of a terabyte is described in 64 MiB") {
  const temporary_folder folder;
  const std::string path = folder / "terabyte.gguf";
  const moesaic_test::sparse_model model;
  if (!written(model, path)) {
    MESSAGE("skipped: no sparse files of a terabyte on this file system");
    return;
  }
  const cost found = cost_of_reading(path);
  CHECK(found.experts == 96 * 1'024);
  CHECK(found.total == 96 * 1'024 * model.expert_bytes());
  CHECK(found.total > 1'000'000'000'000);
  if (!own_memory_is_seen) {
    MESSAGE("memory is not compared under a sanitizer");
    return;
  }
  MESSAGE("reading it took ", found.grown >> 10U, " KiB");
  CHECK(found.grown > std::uint64_t{4} << 20U);  // its token lists alone; less means that nothing was measured
  CHECK(found.grown <= std::uint64_t{64} << 20U);
}
