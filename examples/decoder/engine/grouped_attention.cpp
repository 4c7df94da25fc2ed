// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>

#include "attention.hpp"
#include "look_back.hpp"
#include "norm.hpp"

namespace moesaic::decoder {

namespace {

class grouped_attention final : public attention {
 public:
  grouped_attention(const grouped_attention_options& options, key_value_cache cache) : o_(options), cache_(std::move(cache)) {}

  [[nodiscard]] result<void> read(weight_source& source, const std::string& prefix);
  void add(workbench& bench, const window_place& window, const rope& turns, const float* normed, float* residual) override;
  void forget(std::uint32_t from, std::uint32_t to) noexcept override { cache_.clear(from, to); }
  [[nodiscard]] std::uint64_t cache_bytes() const noexcept override { return cache_.bytes(); }
  [[nodiscard]] std::span<const std::byte> cache_memory() const noexcept override { return cache_.memory(); }

 private:
  struct projection {
    matrix weights;
    std::vector<float> bias;
    [[nodiscard]] product into(float* out) const noexcept { return {&weights, out, weights.rows, bias.empty() ? nullptr : bias.data()}; }
  };
  [[nodiscard]] static result<projection> read_projection(weight_source& source, const std::string& name, std::int64_t columns, std::int64_t rows);

  grouped_attention_options o_;
  key_value_cache cache_;
  projection query_, key_, value_, output_;
  std::vector<float> query_norm_, key_norm_, sinks_;
};

result<grouped_attention::projection> grouped_attention::read_projection(weight_source& source, const std::string& name, std::int64_t columns,
                                                                         std::int64_t rows) {
  auto weights = source.take_matrix(name + ".weight", columns, rows);
  if (!weights) return weights.error();
  auto bias = source.take_vector_if_any(name + ".bias", rows);
  if (!bias) return bias.error();
  return projection{*weights, std::move(*bias)};
}

result<void> grouped_attention::read(weight_source& source, const std::string& prefix) {
  struct wanted {
    projection* into;
    const char* name;
    std::int64_t columns;
    std::int64_t rows;
  };
  const wanted list[] = {{&query_, "attn_q", o_.width, o_.heads * o_.key_width},
                         {&key_, "attn_k", o_.width, o_.key_value_heads * o_.key_width},
                         {&value_, "attn_v", o_.width, o_.key_value_heads * o_.value_width},
                         {&output_, "attn_output", o_.heads * o_.value_width, o_.width}};
  for (const wanted& w : list) {
    auto read = read_projection(source, prefix + w.name, w.columns, w.rows);
    if (!read) return read.error();
    *w.into = std::move(*read);
  }
  if (o_.sinks) {
    auto sinks = source.take_vector(prefix + "attn_sinks.weight", o_.heads);
    if (!sinks) return sinks.error();
    sinks_ = std::move(*sinks);
  }
  if (o_.norms == query_norms::by_head_if_any && source.file().find(prefix + "attn_q_norm.weight") == nullptr) o_.norms = query_norms::none;
  if (o_.norms == query_norms::none) return {};
  const bool all = o_.norms == query_norms::of_all;
  auto query_norm = source.take_vector(prefix + "attn_q_norm.weight", all ? o_.heads * o_.key_width : o_.key_width);
  if (!query_norm) return query_norm.error();
  auto key_norm = source.take_vector(prefix + "attn_k_norm.weight", all ? o_.key_value_heads * o_.key_width : o_.key_width);
  if (!key_norm) return key_norm.error();
  query_norm_ = std::move(*query_norm);
  key_norm_ = std::move(*key_norm);
  return {};
}

void grouped_attention::add(workbench& bench, const window_place& window, const rope& turns, const float* normed, float* residual) {
  const std::int64_t rows = window.rows;
  const std::int64_t query_width = o_.heads * o_.key_width;
  const std::int64_t key_width = o_.key_value_heads * o_.key_width;
  const std::int64_t value_width = o_.key_value_heads * o_.value_width;
  const std::int64_t mixed_width = o_.heads * o_.value_width;
  float* queries = bench.queries.of(rows * std::max(query_width, o_.width));
  float* keys = bench.keys.of(rows * key_width);
  float* values = bench.values.of(rows * value_width);
  float* mixed = bench.mixed.of(rows * mixed_width);

  bench.input.assign(normed, rows, o_.width);
  const std::array list{query_.into(queries), key_.into(keys), value_.into(values)};
  multiply(bench.team, bench.input, list);
  if (o_.norms != query_norms::none) {
    rms_norm(queries, queries, rows * query_width / static_cast<std::int64_t>(query_norm_.size()), query_norm_, o_.epsilon);
    rms_norm(keys, keys, rows * key_width / static_cast<std::int64_t>(key_norm_.size()), key_norm_, o_.epsilon);
  }
  for (std::int64_t r = 0; r < rows; ++r) {
    for (std::int64_t h = 0; h < o_.heads; ++h) turns.turn(queries + r * query_width + h * o_.key_width, r);
    if (o_.scales_queries)
      for (std::int64_t i = r * query_width; i < (r + 1) * query_width; ++i) queries[i] *= o_.scale;
    for (std::int64_t h = 0; h < o_.key_value_heads; ++h) {
      float* key = keys + r * key_width + h * o_.key_width;
      turns.turn(key, r);
      cache_.store(h, window.first + r, key, values + r * value_width + h * o_.value_width);
    }
  }

  // One piece is one query head of one row. What it computes depends on the positions up to its row and on nothing else, so a
  // row has the same bits in every window.
  const std::int64_t group = o_.heads / o_.key_value_heads;
  const auto look = [&](std::uint32_t piece, unsigned member) {
    const std::int64_t r = piece / o_.heads;
    const std::int64_t h = piece % o_.heads;
    look_back_options how{o_.scales_queries ? 1.0F : o_.scale, o_.window};
    if (!sinks_.empty()) how.sink = sinks_[static_cast<std::size_t>(h)];
    look_back(cache_, bench.of_member[member], how, queries + r * query_width + h * o_.key_width, h / group, window.first + r + 1,
              mixed + r * mixed_width + h * o_.value_width);
  };
  const auto pieces = static_cast<std::uint32_t>(rows * o_.heads);
  if ((window.first + rows) * rows * (query_width + mixed_width) < 32 * 1024)
    for (std::uint32_t i = 0; i < pieces; ++i) look(i, 0);
  else
    bench.team.run(pieces, look);

  bench.inner.assign(mixed, rows, mixed_width);
  const product back = output_.into(queries);
  multiply(bench.team, bench.inner, {&back, 1});
  for (std::int64_t i = 0; i < rows * o_.width; ++i) residual[i] += queries[i] * o_.residual_scale;
}

}  // namespace

result<std::unique_ptr<attention>> make_grouped_attention(weight_source& source, const std::string& prefix, const grouped_attention_options& options,
                                                          cache_options cache) {
  auto memory = key_value_cache::make(cache, options.key_value_heads, options.key_width, options.value_width);
  if (!memory) return memory.error();
  auto made = std::make_unique<grouped_attention>(options, std::move(*memory));
  if (auto read = made->read(source, prefix); !read) return read.error();
  return std::unique_ptr<attention>(std::move(made));
}

}  // namespace moesaic::decoder
