// SPDX-License-Identifier: MIT
#include <algorithm>

#include "attention.hpp"
#include "look_back.hpp"
#include "norm.hpp"
#include "row_math.hpp"

namespace moesaic::decoder {

namespace {

class latent_attention final : public attention {
 public:
  latent_attention(const latent_attention_options& options, key_value_cache cache) : o_(options), cache_(std::move(cache)) {}

  [[nodiscard]] result<void> read(weight_source& source, const std::string& prefix);
  void add(workbench& bench, const window_place& window, const rope& turns, const float* normed, float* residual) override;
  void forget(std::uint32_t from, std::uint32_t to) noexcept override { cache_.clear(from, to); }
  [[nodiscard]] std::uint64_t cache_bytes() const noexcept override { return cache_.bytes(); }
  [[nodiscard]] std::span<const std::byte> cache_memory() const noexcept override { return cache_.memory(); }

 private:
  [[nodiscard]] bool expanded() const noexcept { return static_cast<bool>(key_value_); }
  void make_queries(workbench& bench, std::int64_t rows, float* queries);
  void by_head(workbench& bench, const matrix& weights, std::int64_t rows, float* out, std::int64_t stride, std::int64_t head_stride);
  void store_latent(const window_place& window, const float* compressed);
  void store_expanded(workbench& bench, const window_place& window, const float* compressed);

  latent_attention_options o_;
  key_value_cache cache_;
  matrix query_, query_down_, query_up_, compress_, output_;
  matrix key_up_, value_up_;  // one matrix of rows for each head, behind each other
  matrix key_value_;          // or both together, in older files
  std::vector<float> query_norm_, norm_;
  std::vector<float> gathered_, latent_;
};

result<void> latent_attention::read(weight_source& source, const std::string& prefix) {
  const std::int64_t head_width = o_.plain_width + o_.turned_width;
  struct wanted {
    matrix* into;
    const char* name;
    std::int64_t columns, rows, slices;
  };
  std::vector<wanted> list{{&compress_, "attn_kv_a_mqa", o_.width, o_.latent + o_.turned_width, 1},
                           {&output_, "attn_output", o_.heads * o_.value_width, o_.width, 1}};
  if (o_.query_rank == 0) {
    list.push_back({&query_, "attn_q", o_.width, o_.heads * head_width, 1});
  } else {
    list.push_back({&query_down_, "attn_q_a", o_.width, o_.query_rank, 1});
    list.push_back({&query_up_, "attn_q_b", o_.query_rank, o_.heads * head_width, 1});
    auto norm = source.take_vector(prefix + "attn_q_a_norm.weight", o_.query_rank);
    if (!norm) return norm.error();
    query_norm_ = std::move(*norm);
  }
  if (source.file().find(prefix + "attn_kv_b.weight") != nullptr) {
    list.push_back({&key_value_, "attn_kv_b", o_.latent, o_.heads * (o_.plain_width + o_.value_width), 1});
  } else {
    list.push_back({&key_up_, "attn_k_b", o_.plain_width, o_.latent, o_.heads});
    list.push_back({&value_up_, "attn_v_b", o_.latent, o_.value_width, o_.heads});
  }
  for (const wanted& w : list) {
    auto read = source.take_stack(prefix + w.name + ".weight", w.columns, w.rows, w.slices);
    if (!read) return read.error();
    *w.into = *read;
  }
  auto norm = source.take_vector(prefix + "attn_kv_a_norm.weight", o_.latent);
  if (!norm) return norm.error();
  norm_ = std::move(*norm);
  return {};
}

/// queries[row][head][plain, turned], from bench.input.
void latent_attention::make_queries(workbench& bench, std::int64_t rows, float* queries) {
  const std::int64_t all = o_.heads * (o_.plain_width + o_.turned_width);
  if (o_.query_rank == 0) {
    const product direct{&query_, queries, all};
    multiply(bench.team, bench.input, {&direct, 1});
    return;
  }
  float* const narrow = bench.values.of(rows * o_.query_rank);
  const product down{&query_down_, narrow, o_.query_rank};
  multiply(bench.team, bench.input, {&down, 1});
  rms_norm(narrow, narrow, rows, query_norm_, o_.epsilon);
  bench.inner.assign(narrow, rows, o_.query_rank);
  const product up{&query_up_, queries, all};
  multiply(bench.team, bench.inner, {&up, 1});
}

/// Every head's matrix times that head's rows: gathered_[head][row][columns] to out[row * stride + head * head_stride].
void latent_attention::by_head(workbench& bench, const matrix& weights, std::int64_t rows, float* out, std::int64_t stride, std::int64_t head_stride) {
  bench.inner.assign(gathered_.data(), o_.heads * rows, weights.columns);
  bench.inner.prepare(weights.type);
  const activations::prepared from = bench.inner.form_for(weights.type);
  const auto dot = dot_function(weights.type);
  const std::int64_t rows_of_head = weights.rows / o_.heads;
  const auto head = [&](std::uint32_t h, unsigned) {
    for (std::int64_t w = 0; w < rows_of_head; ++w)
      for (std::int64_t r = 0; r < rows; ++r)
        dot(static_cast<int>(weights.columns), out + r * stride + h * head_stride + w, 0, weights.row(h * rows_of_head + w), 0, from.row(h * rows + r), 0, 1);
  };
  if (weights.rows * static_cast<std::int64_t>(weights.row_bytes()) * rows < 128 * 1024)
    for (std::uint32_t h = 0; h < static_cast<std::uint32_t>(o_.heads); ++h) head(h, 0);
  else
    bench.team.run(static_cast<std::uint32_t>(o_.heads), head);
}

/// compressed[row][latent, turned]: the key is both parts, the value the latent one.
void latent_attention::store_latent(const window_place& window, const float* compressed) {
  for (std::int64_t r = 0; r < window.rows; ++r) {
    const float* row = compressed + r * (o_.latent + o_.turned_width);
    cache_.store(0, window.first + r, row, row);
  }
}

void latent_attention::store_expanded(workbench& bench, const window_place& window, const float* compressed) {
  const std::int64_t head_width = o_.plain_width + o_.value_width;
  float* const wide = bench.keys.of(window.rows * o_.heads * head_width);
  latent_.resize(static_cast<std::size_t>(window.rows * o_.latent));
  for (std::int64_t r = 0; r < window.rows; ++r) std::copy_n(compressed + r * (o_.latent + o_.turned_width), o_.latent, latent_.begin() + r * o_.latent);
  bench.inner.assign(latent_.data(), window.rows, o_.latent);
  const product both{&key_value_, wide, o_.heads * head_width};
  multiply(bench.team, bench.inner, {&both, 1});
  gathered_.resize(static_cast<std::size_t>(o_.plain_width + o_.turned_width));
  for (std::int64_t r = 0; r < window.rows; ++r) {
    const float* turned = compressed + r * (o_.latent + o_.turned_width) + o_.latent;
    for (std::int64_t h = 0; h < o_.heads; ++h) {
      const float* own = wide + (r * o_.heads + h) * head_width;
      std::copy_n(own, o_.plain_width, gathered_.begin());
      std::copy_n(turned, o_.turned_width, gathered_.begin() + o_.plain_width);
      cache_.store(h, window.first + r, gathered_.data(), own + o_.plain_width);
    }
  }
}

void latent_attention::add(workbench& bench, const window_place& window, const rope& turns, const float* normed, float* residual) {
  const std::int64_t rows = window.rows;
  const std::int64_t head_width = o_.plain_width + o_.turned_width;
  const std::int64_t kept_width = o_.latent + o_.turned_width;
  const std::int64_t asked_width = expanded() ? head_width : kept_width;
  const std::int64_t seen_width = expanded() ? o_.value_width : o_.latent;
  // `hidden` is free until the feed-forward part.
  float* const queries = bench.queries.of(rows * std::max(o_.heads * head_width, o_.width));
  float* const compressed = bench.hidden.of(rows * (kept_width + o_.heads * asked_width));
  float* const asked = expanded() ? queries : compressed + rows * kept_width;

  bench.input.assign(normed, rows, o_.width);
  const product down{&compress_, compressed, kept_width};
  multiply(bench.team, bench.input, {&down, 1});
  make_queries(bench, rows, queries);
  for (std::int64_t r = 0; r < rows; ++r) {
    float* const row = compressed + r * kept_width;
    turns.turn(row + o_.latent, r);
    rms_norm(row, row, 1, norm_, o_.epsilon);
    for (std::int64_t h = 0; h < o_.heads; ++h) turns.turn(queries + (r * o_.heads + h) * head_width + o_.plain_width, r);
  }
  if (expanded()) {
    store_expanded(bench, window, compressed);
  } else {
    store_latent(window, compressed);
    gathered_.resize(static_cast<std::size_t>(rows * o_.heads * o_.plain_width));
    for (std::int64_t h = 0; h < o_.heads; ++h)
      for (std::int64_t r = 0; r < rows; ++r) {
        const float* own = queries + (r * o_.heads + h) * head_width;
        std::copy_n(own, o_.plain_width, gathered_.begin() + (h * rows + r) * o_.plain_width);
        std::copy_n(own + o_.plain_width, o_.turned_width, asked + (r * o_.heads + h) * asked_width + o_.latent);
      }
    by_head(bench, key_up_, rows, asked, o_.heads * asked_width, asked_width);
  }

  float* const seen = bench.values.of(rows * o_.heads * seen_width);
  const auto look = [&](std::uint32_t piece, unsigned member) {
    const std::int64_t r = piece / o_.heads;
    const std::int64_t h = piece % o_.heads;
    look_back(cache_, bench.of_member[member], {o_.scale}, asked + piece * asked_width, expanded() ? h : 0, window.first + r + 1, seen + piece * seen_width);
  };
  const auto pieces = static_cast<std::uint32_t>(rows * o_.heads);
  if ((window.first + rows) * pieces * (asked_width + seen_width) < 32 * 1024)
    for (std::uint32_t i = 0; i < pieces; ++i) look(i, 0);
  else
    bench.team.run(pieces, look);

  const float* mixed = seen;
  if (!expanded()) {
    gathered_.resize(static_cast<std::size_t>(rows * o_.heads * o_.latent));
    for (std::int64_t h = 0; h < o_.heads; ++h)
      for (std::int64_t r = 0; r < rows; ++r) std::copy_n(seen + (r * o_.heads + h) * o_.latent, o_.latent, gathered_.begin() + (h * rows + r) * o_.latent);
    float* const values = bench.mixed.of(rows * o_.heads * o_.value_width);
    by_head(bench, value_up_, rows, values, o_.heads * o_.value_width, o_.value_width);
    mixed = values;
  }
  bench.inner.assign(mixed, rows, o_.heads * o_.value_width);
  const product back{&output_, queries, o_.width};
  multiply(bench.team, bench.inner, {&back, 1});
  for (std::int64_t i = 0; i < rows * o_.width; ++i) residual[i] += queries[i];
}

}  // namespace

result<std::unique_ptr<attention>> make_latent_attention(weight_source& source, const std::string& prefix, const latent_attention_options& o,
                                                         cache_options cache) {
  const bool expanded = source.file().find(prefix + "attn_kv_b.weight") != nullptr;
  auto memory = expanded ? key_value_cache::make(cache, o.heads, o.plain_width + o.turned_width, o.value_width)
                         : key_value_cache::make(cache, 1, o.latent + o.turned_width, o.latent);
  if (!memory) return memory.error();
  auto made = std::make_unique<latent_attention>(o, std::move(*memory));
  if (auto read = made->read(source, prefix); !read) return read.error();
  return std::unique_ptr<attention>(std::move(made));
}

}  // namespace moesaic::decoder
