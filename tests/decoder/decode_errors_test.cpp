// SPDX-License-Identifier: MIT
// Every failure ends with one sentence and the right status: 2 for what was wrong from the start, 1 for what broke half way.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <string>

#include "program_run.hpp"
#include "support/temporary_folder.hpp"

namespace {

namespace fs = std::filesystem;

using moesaic_test::content_of;

void write(const std::string& path, std::string_view text) { std::ofstream(path, std::ios::binary) << text; }

/// Ended with status 2 and one sentence holding `part`, and without any output.
void refused(const program_end& end, std::string_view part) {
  CAPTURE(end.err);
  CHECK(end.status == 2);
  CHECK(end.one_sentence());
  CHECK(end.says(part));
  CHECK(end.out.empty());
}
/// Ended with status 1 and, whatever was written before, one sentence holding `part`.
void broke_off(const program_end& end, std::string_view part) {
  CAPTURE(end.err);
  CHECK(end.status == 1);
  CHECK(end.one_sentence());
  CHECK(end.says(part));
}

}  // namespace

TEST_CASE("options, values and names that are wrong") {
  const std::string& m = demo_model;
  refused(decode({}), "--model");
  refused(decode({"--frobnicate"}), "--frobnicate");
  refused(decode({"--model", m, "--budget", "25%", "--prompt", "x", "--eviction", "belief"}), "lrfu");
  refused(decode({"--model", m, "--budget", "25%", "--prompt", "x", "--eviction", "lrfu(0)"}), "half_life");
  refused(decode({"--model", m, "--budget", "25%", "--prompt", "x", "--admission", "belief"}), "staging_only");
  refused(decode({"--model", m, "--budget", "25%", "--prompt", "x", "--prefetch", "belief"}), "most_useful");
  refused(decode({"--model", m, "--budget", "25%", "--prompt", "x", "--placement", "belief"}), "fetch");
  refused(decode({"--model", m, "--budget", "25%", "--prompt", "x", "--system", "belief"}), "on_demand");
  refused(decode({"--model", m, "--budget", "lots", "--prompt", "x"}), "lots");
  refused(decode({"--model", m, "--budget", "25%", "--prompt", "x", "--governor", "belief"}), "fixed");
  refused(decode({"--model", m, "--budget", "25%", "--prompt", "x", "--tokens", "some"}), "--tokens");
}

TEST_CASE("prompts that are none") {
  const std::string& m = demo_model;
  const temporary_folder folder;
  write(folder / "empty", "");
  write(folder / "words", "five six");
  refused(decode({"--model", m, "--budget", "25%", "--prompt", ""}), "empty");
  refused(decode({"--model", m, "--budget", "25%", "--prompt-ids", ""}), "empty");
  refused(decode({"--model", m, "--budget", "25%", "--prompt-file", folder / "empty"}), "empty");
  refused(decode({"--model", m, "--budget", "25%", "--prompt-file", folder / "missing"}), "missing");
  refused(decode({"--model", m, "--budget", "25%", "--prompt-file", folder.path()}), "directory");
  refused(decode({"--model", m, "--budget", "25%", "--prompt-ids", "5,4096"}), "4096");
  refused(decode({"--model", m, "--budget", "25%", "--prompt-ids", "5,-1"}), "-1");
  refused(decode({"--model", m, "--budget", "25%", "--prompt-ids", "5", "--force-ids", folder / "words"}), "five");
  refused(decode({"--model", m, "--budget", "25%", "--prompt-ids", "5", "--force-ids", folder / "empty"}), "no ids");
  write(folder / "high", "7 9999");
  refused(decode({"--model", m, "--budget", "25%", "--prompt-ids", "5", "--force-ids", folder / "high"}), "9999");
}

TEST_CASE("a budget below the floor names the floor") {
  const auto end = decode({"--model", demo_model, "--budget", "1000", "--prompt", "x"});
  refused(end, "floor of 5");  // 53,760 bytes with blocks of 512, 52,224 and some without
  refused(decode({"--model", demo_model, "--budget", "0.1%", "--prompt", "x"}), "floor");
  refused(decode({"--model", demo_model, "--budget", "900000TB", "--prompt", "x"}), "refused");
}

TEST_CASE("the context is full: too long a prompt is refused, too long a text breaks off and is kept") {
  refused(decode({"--model", demo_model, "--budget", "25%", "--prompt-ids", "5,6,7", "--context", "2"}), "--context");
  const temporary_folder folder;
  const auto end = decode({"--model", demo_model, "--budget", "25%", "--prompt-ids", "5,6,7", "--context", "10", "--tokens", "64", "--ignore-eos", "--json",
                           folder / "o.json", "--logits", folder / "l", "--quiet"});
  broke_off(end, "context");
  CHECK_FALSE(end.out.empty());
  CHECK_FALSE(fs::exists(folder / "o.json"));
  CHECK(folder.entries() == 1);  // nothing half written, but the logits of the positions that were computed
  CHECK(fs::file_size(folder / "l") == 10 * 4096 * sizeof(float));
}

TEST_CASE("files that are no models") {
  const temporary_folder folder;
  const std::string model = content_of(demo_model);
  const auto tried = [&](const std::string& bytes) {
    write(folder / "m.gguf", bytes);
    return decode({"--model", folder / "m.gguf", "--budget", "25%", "--prompt-ids", "5", "--tokens", "1"});
  };
  refused(decode({"--model", folder / "none.gguf", "--budget", "25%", "--prompt", "x"}), "none.gguf");
  refused(decode({"--model", folder.path(), "--budget", "25%", "--prompt", "x"}), folder.path());
  refused(tried(""), "m.gguf");
  refused(tried("GGML" + model.substr(4)), "GGUF");
  refused(tried(std::string(10'000, '\0')), "m.gguf");
  std::string other = model;
  other.replace(other.find("qwen3moe"), 8, "qwen9moe");  // the architecture's name stands first
  const auto unknown = tried(other);
  refused(unknown, "qwen9moe");
  CHECK(unknown.says("llama"));
  CHECK(unknown.says("qwen3moe"));
  for (const std::size_t length : {std::size_t{3}, std::size_t{20}, std::size_t{4'000}, std::size_t{150'000}, model.size() / 2, model.size() - 1})
    refused(tried(model.substr(0, length)), "m.gguf");
}

TEST_CASE("headers with a flipped byte are refused in words or decoded, never a crash") {
  const temporary_folder folder;
  std::string model = content_of(draft_model);
  std::mt19937 random(3);
  for (int round = 0; round < 60; ++round) {
    const std::size_t at = round < 24 ? static_cast<std::size_t>(round) : random() % 100'000;
    const char before = model[at];
    model[at] = static_cast<char>(before ^ static_cast<char>(1U << random() % 8));
    write(folder / "m.gguf", model);
    const auto end = decode({"--model", folder / "m.gguf", "--budget", "25%", "--prompt-ids", "5", "--tokens", "1", "--quiet"});
    CAPTURE(at);
    CAPTURE(end.err);
    CHECK((end.status == 0 || (end.status == 2 && end.one_sentence())));
    model[at] = before;
  }
}

TEST_CASE("places that cannot be written to") {
  const temporary_folder folder;
  const std::string& m = demo_model;
  refused(decode({"--model", m, "--budget", "25%", "--prompt-ids", "5", "--json", folder / "no/o.json"}), "no/o.json");
  refused(decode({"--model", m, "--budget", "25%", "--prompt-ids", "5", "--json", folder.path()}), "directory");
  refused(decode({"--model", m, "--budget", "25%", "--prompt-ids", "5", "--logits", folder / "no/l"}), "no/l");
  refused(decode({"--model", m, "--budget", "25%", "--prompt-ids", "5", "--routing", folder / "no/r"}), "no/r");
  if (!fs::exists("/dev/full")) {
    MESSAGE("skipped: a full disk, because this system has no /dev/full");
    return;
  }
  broke_off(decode({"--model", m, "--budget", "25%", "--prompt-ids", "5", "--tokens", "2", "--quiet", "--json", "/dev/full"}), "/dev/full");
  broke_off(decode({"--model", m, "--budget", "25%", "--prompt-ids", "5", "--tokens", "2", "--quiet", "--logits", "/dev/full"}), "/dev/full");
  broke_off(decode({"--model", m, "--budget", "25%", "--prompt-ids", "5", "--tokens", "2", "--quiet", "--routing", "/dev/full"}), "/dev/full");
  broke_off(run_program({decoder_program, "--model", m, "--budget", "25%", "--prompt-ids", "5", "--tokens", "2", "--quiet"}, {}, {}, "/dev/full"),
            "standard output");
}

TEST_CASE("a reader that goes away ends the run") {
  const auto end =
      run_program({"/bin/sh", "-c",
                   "'" + decoder_program + "' --model '" + demo_model + "' --budget 25% --prompt 'The' --tokens 400 --ignore-eos --quiet | head -c 5; wait"});
  CHECK(end.out.size() == 5);
  CHECK(end.says("standard output"));
}

TEST_CASE("a file that is removed while it is in use stays usable") {
  const temporary_folder folder;
  fs::copy_file(demo_model, folder / "m.gguf");
  bool removed = false;
  const auto end = decode({"--model", folder / "m.gguf", "--budget", "12.5%", "--prompt", "The", "--tokens", "40", "--ignore-eos", "--quiet", "--throttle",
                           "30MB/s", "--json", folder / "o.json"},
                          [&](const std::string&) { removed = removed || fs::remove(folder / "m.gguf"); });
  CAPTURE(end.err);
  CHECK(removed);
  CHECK(end.status == 0);
  CHECK(fs::exists(folder / "o.json"));
}

TEST_CASE("a file that is cut while it is in use: which, where, and what was written stays") {
  const temporary_folder folder;
  for (const char* how : {"uring", "pread", "buffered", "mmap", "host"}) {
    CAPTURE(how);
    fs::copy_file(demo_model, folder / "m.gguf", fs::copy_options::overwrite_existing);
    std::vector<std::string> words{decoder_program, "--model", folder / "m.gguf", "--budget", "12.5%",  "--prompt",        "The",       "--tokens",  "200",
                                   "--ignore-eos",  "--quiet", "--throttle",      "30MB/s",   "--json", folder / "o.json", "--routing", folder / "r"};
    const std::string kind = how;
    if (kind == "host")
      words.insert(words.end(), {"--placement", "host"});
    else if (kind == "buffered")
      words.insert(words.end(), {"--io", "pread", "--direct", "no"});
    else
      words.insert(words.end(), {"--io", kind == "uring" ? "auto" : kind});
    bool cut = false;
    const auto end = run_program(words, [&](const std::string&) {
      if (!cut) fs::resize_file(folder / "m.gguf", 4'000'000);
      cut = true;
    });
    broke_off(end, "m.gguf");
    CHECK(end.says("cut"));
    CHECK(cut);
    CHECK_FALSE(end.out.empty());
    CHECK_FALSE(fs::exists(folder / "o.json"));
    CHECK(fs::file_size(folder / "r") > 0);
    CHECK(folder.entries() == 2);
    fs::remove(folder / "r");
  }
}
