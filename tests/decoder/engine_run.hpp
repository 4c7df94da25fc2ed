// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <random>
#include <span>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <engine/ggml_model.hpp>
#include <engine/gguf_file.hpp>

namespace engine_test {

using namespace moesaic;
using namespace moesaic::decoder;

/// How the experts of a layer are handed to the model: everything that must not change a bit of the answer.
struct seating {
  std::uint64_t order_seed = 0;  ///< 0: ascending
  std::size_t shift = 0;         ///< bytes that the room starts behind an aligned address
  bool host = false;             ///< in place of a room: the file's own bytes
};

/// A model and its whole file in memory, run without residency: the engine alone.
class engine {
 public:
  explicit engine(const std::string& path, model_options options = {}) {
    auto opened = gguf_file::open(path);
    REQUIRE_MESSAGE(opened, opened.error().sentence());
    file_ = std::make_unique<gguf_file>(std::move(*opened));
    auto loaded = ggml_model::load(*file_, options);
    REQUIRE_MESSAGE(loaded, loaded.error().sentence());
    model_.emplace(std::move(*loaded));
    std::vector<const std::byte*> starts;
    for (const std::string& name : model_->files()) {
      std::ifstream in(name, std::ios::binary);
      contents_.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
      starts.push_back(reinterpret_cast<const std::byte*>(contents_.back().data()));
    }
    model_->map_files(std::move(starts));
  }

  ggml_model& model() { return *model_; }
  const gguf_file& file() const { return *file_; }
  seating how;

  /// Routes of the last window: [MoE layer]{tokens x k}.
  std::vector<std::vector<expert_index>> routes;
  std::vector<std::vector<float>> weights;

  /// Runs one window; answers the wanted rows of logits.
  std::vector<float> window(std::span<const token_id> tokens, std::uint32_t first, rows_wanted rows = rows_wanted::all) {
    routes.clear();
    weights.clear();
    const auto begun = model_->begin({tokens, {first}, phase::decode, rows});
    REQUIRE_MESSAGE(begun, begun.error().sentence());
    const std::uint32_t layers = model_->moe_layers();
    for (std::uint32_t l = 0; l < layers; ++l) {
      const auto layer = static_cast<layer_index>(l);
      auto routed = model_->route(layer);
      REQUIRE_MESSAGE(routed, routed.error().sentence());
      routes.emplace_back((*routed).routes.begin(), (*routed).routes.end());
      weights.emplace_back((*routed).weights.begin(), (*routed).weights.end());
      for (const expert_index e : order_of(routes.back())) run({layer, e, {}});
      const auto combined = model_->combine(layer);
      REQUIRE_MESSAGE(combined, combined.error().sentence());
    }
    auto logits = model_->finish();
    REQUIRE_MESSAGE(logits, logits.error().sentence());
    return {(*logits).values.begin(), (*logits).values.end()};
  }

  /// All tokens from position 0, in windows of the given length; all rows of logits.
  std::vector<float> sequence(std::span<const token_id> tokens, std::size_t length) {
    std::vector<float> out;
    for (std::size_t at = 0; at < tokens.size(); at += length) {
      const auto rows = window(tokens.subspan(at, std::min(length, tokens.size() - at)), static_cast<std::uint32_t>(at));
      out.insert(out.end(), rows.begin(), rows.end());
    }
    return out;
  }

 private:
  std::vector<expert_index> order_of(std::vector<expert_index> wanted) const {
    std::ranges::sort(wanted);
    wanted.erase(std::unique(wanted.begin(), wanted.end()), wanted.end());
    if (how.order_seed != 0) {
      std::mt19937_64 random(how.order_seed + wanted.size());
      std::ranges::shuffle(wanted, random);
    }
    return wanted;
  }

  void run(expert_id e) {
    seat where{.expert = e, .at = residence::host};
    std::vector<std::byte> room;
    if (!how.host) {
      room.resize(model_->shape().size_of(e).count + how.shift + 64);
      where.at = residence::slot;
      where.address = room.data() + how.shift;
      std::byte* to = where.address;
      for (const file_range& part : model_->parts(e)) {
        std::memcpy(to, contents_[part.file].data() + part.offset, part.bytes);
        to += part.bytes;
      }
    }
    const auto done = model_->run(where);
    REQUIRE_MESSAGE(done, done.error().sentence());
  }

  std::unique_ptr<gguf_file> file_;
  std::optional<ggml_model> model_;
  std::vector<std::string> contents_;  // of each file
};

inline token_id best(std::span<const float> row) { return static_cast<token_id>(std::ranges::max_element(row) - row.begin()); }

inline bool same_bits(std::span<const float> a, std::span<const float> b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size_bytes()) == 0;
}

}  // namespace engine_test
