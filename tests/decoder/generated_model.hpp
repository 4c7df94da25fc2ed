// SPDX-License-Identifier: MIT
#pragma once

#include <unistd.h>

#include <filesystem>
#include <string>

#include <doctest/doctest.h>
#include <make_model/recipe.hpp>

namespace engine_test {

/// A model made for one test and removed behind it.
class generated_model {
 public:
  explicit generated_model(const moesaic::decoder::recipe& what) {
    static int count = 0;
    path_ = (std::filesystem::temp_directory_path() / ("moesaic_engine_" + std::to_string(::getpid()) + "_" + std::to_string(++count) + ".gguf")).string();
    const auto made = moesaic::decoder::make_model(what, path_);
    REQUIRE_MESSAGE(made, made.error().sentence());
  }
  generated_model(const generated_model&) = delete;
  generated_model& operator=(const generated_model&) = delete;
  ~generated_model() { std::filesystem::remove(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

inline std::vector<std::int32_t> some_ids(std::size_t count, std::int64_t vocabulary, std::uint64_t seed = 7) {
  std::vector<std::int32_t> out;
  for (std::uint64_t s = seed; out.size() < count;) {
    s = s * 6364136223846793005U + 1442695040888963407U;
    out.push_back(static_cast<std::int32_t>((s >> 33U) % static_cast<std::uint64_t>(vocabulary)));
  }
  return out;
}

}  // namespace engine_test
