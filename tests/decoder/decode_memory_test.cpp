// SPDX-License-Identifier: MIT
// The budget as the kernel sees it: a model with more than a gigabyte of experts in a memory group that holds a quarter of them.
#include <doctest/doctest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "memory_group.hpp"
#include "program_run.hpp"
#include "support/temporary_folder.hpp"

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

/// On the disk that the programs are on: temporary folders may be memory, which direct reads and this test have no use for.
std::optional<std::string> large_model(const temporary_folder& folder) {
  if (fs::space(folder.path()).available < (std::uint64_t{3} << 30U)) {
    MESSAGE("skipped: less than 3 GiB of disk are free in " << folder.path());
    return std::nullopt;
  }
  const auto made = run_program({MOESAIC_PROGRAMS "/moesaic-make-model", folder / "big.gguf", "--layers", "12", "--width", "1024", "--experts", "64", "--top-k",
                                 "4", "--inner", "448", "--type", "Q8_0", "--context", "512"});
  REQUIRE_MESSAGE(made.status == 0, made.err);
  return folder / "big.gguf";
}

}  // namespace

TEST_CASE("a quarter of a gigabyte of experts, and no more memory than that") {
  if (instrumented) {
    MESSAGE("skipped: an instrumented program needs memory of its own");
    return;
  }
  const temporary_folder folder(MOESAIC_PROGRAMS);
  const auto model = large_model(folder);
  if (!model) return;
  std::string prompt = "3";
  for (int i = 1; i < 24; ++i) prompt += "," + std::to_string(3 + i * 17 % 500);
  const auto words = [&](const char* budget, const char* tokens) {
    return std::vector<std::string>{decoder_program, "--model",   *model, "--budget",  budget, "--prompt-ids", prompt,   "--tokens",       tokens,
                                    "--ignore-eos",  "--context", "512",  "--threads", "2",    "--quiet",      "--json", folder / "o.json"};
  };
  const auto short_run = run_program(words("25%", "1"));
  REQUIRE_MESSAGE(short_run.status == 0, short_run.err);
  const json facts = json::parse(std::ifstream(folder / "o.json"));
  const std::uint64_t experts = facts.at("model").at("expert_bytes_total");
  const std::uint64_t others = fs::file_size(*model) - experts;
  const std::uint64_t budget = facts.at("budget").at("bytes");
  CHECK(experts >= 1'000'000'000);
  CHECK(budget == experts / 4);

  const auto long_run = run_program(words("25%", "33"));
  REQUIRE_MESSAGE(long_run.status == 0, long_run.err);
  const json alone = json::parse(std::ifstream(folder / "o.json"));
  if (alone.at("io").at("direct").get<bool>()) {
    // Both runs load the same; the difference is what decoding read.
    const auto told = static_cast<double>(alone.at("io").at("bytes_read").get<std::uint64_t>() - facts.at("io").at("bytes_read").get<std::uint64_t>());
    const auto counted = static_cast<double>(long_run.storage_bytes) - static_cast<double>(short_run.storage_bytes);
    MESSAGE("32 tokens read " << told << " bytes, the kernel counted " << counted);
    CHECK(told > 1e8);
    CHECK(std::abs(counted / told - 1) < 0.01);
    const auto inside = alone.at("io").at("kernel_bytes_read");
    if (inside.is_number()) CHECK(std::abs(inside.get<double>() / alone.at("io").at("bytes_read").get<double>() - 1) < 0.01);
  } else {
    MESSAGE("skipped: bytes read against the kernel's count, because this file system takes no direct reads");
  }

  const std::uint64_t limit = others + facts.at("model").at("cache_bytes").get<std::uint64_t>() + budget + (std::uint64_t{64} << 20U);
  auto group = memory_group::make(limit);
  if (!group) {
    MESSAGE("skipped: this process may not make memory cgroups here");
    return;
  }
  const auto enter = [&] { group->enter(); };
  const auto inside = run_program(words("25%", "33"), {}, enter);
  CHECK_MESSAGE(inside.status == 0, "status " << inside.status << " " << inside.err);
  const json report = json::parse(std::ifstream(folder / "o.json"));
  CHECK(report.at("ids") == alone.at("ids"));
  CHECK(report.at("peak").at("total_bytes") <= budget);
  MESSAGE("limit " << limit << ", peak of the group " << group->peak() << ", of experts " << report.at("peak").at("total_bytes"));
  CHECK(group->peak() <= limit);
  // The limit is one: with all experts in memory the run does not survive it.
  CHECK(run_program(words("100%", "33"), {}, enter).status != 0);
}
