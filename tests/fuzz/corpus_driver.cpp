// SPDX-License-Identifier: MIT
// Runs a fuzz target over kept inputs, in builds without a fuzzer: files, and all files of folders.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int main(int argc, char** argv) {
  std::vector<std::filesystem::path> files;
  for (int i = 1; i < argc; ++i) {
    if (!std::filesystem::is_directory(argv[i])) {
      files.emplace_back(argv[i]);
      continue;
    }
    for (const auto& entry : std::filesystem::directory_iterator(argv[i])) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  for (const auto& path : files) {
    std::ifstream file(path, std::ios::binary);
    const std::vector<char> content{std::istreambuf_iterator<char>(file), {}};
    std::vector<std::uint8_t> bytes(content.begin(), content.end());
    bytes.reserve(1);  // an address also for an empty input
    std::printf("%s, %zu bytes\n", path.c_str(), bytes.size());
    std::fflush(stdout);  // so that the last line names the input that ends the program
    LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
    for (const std::size_t part : {bytes.size() / 2, bytes.size() - bytes.size() / 7}) LLVMFuzzerTestOneInput(bytes.data(), part);
  }
  std::printf("%zu inputs\n", files.size());
  return files.empty() ? 1 : 0;
}
