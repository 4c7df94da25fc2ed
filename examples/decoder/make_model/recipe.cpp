// SPDX-License-Identifier: MIT
#include "recipe.hpp"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <memory>
#include <numeric>
#include <span>
#include <string_view>
#include <thread>
#include <vector>

#include <gguf.h>

#include "engine/network.hpp"
#include "engine/weights.hpp"
#include "random_rows.hpp"
#include "tensor_plan.hpp"
#include "toy_vocabulary.hpp"

namespace moesaic::decoder {

namespace {

using header = std::unique_ptr<gguf_context, decltype(&gguf_free)>;
using shapes = std::unique_ptr<ggml_context, decltype(&ggml_free)>;
struct close_file {
  void operator()(std::FILE* f) const noexcept { std::fclose(f); }
};
using open_file = std::unique_ptr<std::FILE, close_file>;

result<void> check(const recipe& r) {
  const auto bad = [](const auto&... parts) { return error(error_code::bad_argument, parts...); };
  if (find_architecture(r.architecture) == nullptr)
    return bad("unknown architecture ", printable(r.architecture), "; this decoder knows ", known_architectures());
  if (r.layers < 1 || r.layers > 4'096 || r.width < 1 || r.width > 65'536 || r.inner < 1 || r.inner > 1'048'576 || r.vocabulary < 1 ||
      r.vocabulary > 1'000'000 || r.head_width < 2 || r.head_width > 1'024 || r.head_width % 2 != 0 || r.heads < 1 || r.heads > 1'024)
    return bad("layers, width, inner, vocabulary, heads or head width make no sense; all have to be positive, and a head's width even");
  if (r.key_value_heads < 1 || r.heads % r.key_value_heads != 0) return bad(r.heads, " heads cannot share ", r.key_value_heads, " key-value heads evenly");
  if (r.experts < 0 || r.experts > 65'535 || (r.experts > 0 && (r.top_k < 1 || r.top_k > r.experts)))
    return bad("a token cannot use ", r.top_k, " of ", r.experts, " experts");
  if ((r.architecture == "qwen3") == (r.experts > 0) && r.architecture != "llama")
    return bad(r.architecture, r.experts > 0 ? " has no experts" : " has experts", "; this recipe has ", r.experts);
  if (r.shared < 0 || r.shared > 1'048'576 || (r.shared == 0 && r.architecture == "qwen2moe") || r.dense_layers < 0 || r.dense_layers > r.layers ||
      r.further_layers < 0 || r.further_layers > 64 || r.window < 1 || r.latent < 1 || r.latent > 65'536 || r.query_rank < 0 || r.query_rank > 65'536)
    return bad("the shared expert, dense layers, further layers, window or ranks make no sense");
  if (rotary_of(r) % 2 != 0 || rotary_of(r) < 2 || rotary_of(r) > r.head_width - (is_latent(r) ? 1 : 0))
    return bad("of a head ", r.head_width, " wide, ", rotary_of(r), " dimensions cannot turn");
  if (r.topics < 0 || r.topics > r.vocabulary) return bad(r.vocabulary, " tokens do not fall into ", r.topics, " topics");
  if (r.files < 1 || r.files > 4'096) return bad("a model cannot be split into ", r.files, " files");
  if (r.groups < 1 || r.groups > 64 || r.groups_used < 1 || r.groups_used > r.groups || r.experts % r.groups != 0 ||
      (r.experts > 0 && r.groups_used * (r.experts / r.groups) < r.top_k))
    return bad("experts do not fall into ", r.groups, " groups of which ", r.groups_used, " are used");
  for (const tensor_plan& t : plan_tensors(r)) {
    if (t.type >= GGML_TYPE_COUNT || t.extent[0] % ggml_blck_size(t.type) != 0 || !can_multiply(t.type, static_cast<std::uint64_t>(t.extent[0])))
      return bad("the tensor ", t.name, " has rows of ", t.extent[0], " numbers, which do not fit the blocks of type ",
                 std::string_view(t.type < GGML_TYPE_COUNT ? ggml_type_name(t.type) : "(unknown)"));
    if (t.name.size() >= GGML_MAX_NAME) return bad("the tensor name ", t.name, " is too long");
  }
  return {};
}

void describe(const recipe& r, gguf_context* to) {
  const auto key = [&](const char* name) { return r.architecture + "." + name; };
  const auto number_in = [&](const char* name, std::int64_t value) { gguf_set_val_u32(to, key(name).c_str(), static_cast<std::uint32_t>(value)); };
  const auto real_in = [&](const char* name, float value) { gguf_set_val_f32(to, key(name).c_str(), value); };
  const bool in_latent = is_latent(r) && !r.latent_together;
  gguf_set_val_str(to, "general.architecture", r.architecture.c_str());
  gguf_set_val_str(to, "general.name", ("random weights, seed " + std::to_string(r.seed)).c_str());
  number_in("vocab_size", r.vocabulary);
  number_in("context_length", r.context);
  number_in("embedding_length", r.width);
  number_in("block_count", r.layers + (r.architecture == "glm4moe" ? r.further_layers : 0));
  number_in("feed_forward_length", r.inner);
  number_in("attention.head_count", r.heads);
  number_in("attention.head_count_kv", in_latent ? 1 : is_latent(r) ? r.heads : r.key_value_heads);
  number_in("attention.key_length", in_latent ? r.latent + rotary_of(r) : r.head_width);
  number_in("attention.value_length", in_latent ? r.latent : r.head_width);
  number_in("rope.dimension_count", rotary_of(r));
  real_in("rope.freq_base", r.rope_base);
  real_in("attention.layer_norm_rms_epsilon", 1e-6F);
  if (r.rope_scaling != 1.0F) {
    gguf_set_val_str(to, key("rope.scaling.type").c_str(), "linear");
    real_in("rope.scaling.factor", r.rope_scaling);
  }
  if (r.yarn != 1.0F) {
    gguf_set_val_str(to, key("rope.scaling.type").c_str(), "yarn");
    real_in("rope.scaling.factor", r.yarn);
    number_in("rope.scaling.original_context_length", 64);
    if (is_latent(r)) real_in("rope.scaling.yarn_log_multiplier", 0.0707F);
  }
  if (r.long_factors) {
    real_in("rope.scaling.attn_factor", 1.19F);
    number_in("rope.scaling.original_context_length", 64);
  }
  if (r.experts > 0) {
    number_in("expert_count", r.experts);
    number_in("expert_used_count", r.top_k);
    number_in("expert_feed_forward_length", r.inner);
  }
  if (r.architecture == "qwen2moe" || r.architecture == "granitemoe") number_in("expert_shared_feed_forward_length", r.shared);
  if (r.architecture == "granitemoe") {
    real_in("embedding_scale", 1.5F);
    real_in("residual_scale", 0.75F);
    real_in("attention.scale", 0.2F);
    real_in("logit_scale", 4);
  }
  if (is_latent(r) || r.architecture == "glm4moe") {
    number_in("leading_dense_block_count", r.dense_layers);
    number_in("expert_shared_count", r.shared == 0 ? 0 : std::max<std::int64_t>(1, r.shared / r.inner));
  }
  if (is_latent(r)) {
    number_in("attention.q_lora_rank", r.query_rank);
    number_in("attention.kv_lora_rank", r.latent);
    if (in_latent) number_in("attention.key_length_mla", r.head_width);
    if (in_latent) number_in("attention.value_length_mla", r.head_width);
    number_in("expert_gating_func", r.sigmoid ? 2 : 1);
    real_in("expert_weights_scale", r.sigmoid ? 2.5F : 1.0F);
    gguf_set_val_bool(to, key("expert_weights_norm").c_str(), r.sigmoid);
    if (r.groups > 1) {
      number_in("expert_group_count", r.groups);
      number_in("expert_group_used_count", r.groups_used);
    }
  }
  if (r.architecture == "glm4moe") {
    number_in("nextn_predict_layers", r.further_layers);
    number_in("expert_gating_func", 2);
    gguf_set_val_bool(to, key("expert_weights_norm").c_str(), true);
    real_in("expert_weights_scale", 1.0F);
  }
  if (r.architecture == "minimax-m2") number_in("expert_gating_func", 2);
  if (r.architecture == "gpt-oss") number_in("attention.sliding_window", r.window);
  add_toy_vocabulary(to, r.vocabulary);
}

/// ggml_quantize_chunk on all processors: a row of K-blocks is a search. Returns the bytes made.
std::size_t quantize(ggml_type type, const float* numbers, std::byte* stored, std::int64_t rows, std::int64_t columns, const float* importance) {
  ggml_quantize_init(type);
  const std::int64_t pieces = std::clamp<std::int64_t>(std::thread::hardware_concurrency(), 1, std::min<std::int64_t>(rows, 16));
  std::vector<std::size_t> made(static_cast<std::size_t>(pieces));
  const auto piece = [&](std::int64_t i) {
    const std::int64_t from = rows * i / pieces, to = rows * (i + 1) / pieces;
    made[static_cast<std::size_t>(i)] = ggml_quantize_chunk(type, numbers, stored, from * columns, to - from, columns, importance);
  };
  {
    std::vector<std::jthread> others;
    for (std::int64_t i = 1; i < pieces; ++i) others.emplace_back(piece, i);
    piece(0);
  }
  return std::accumulate(made.begin(), made.end(), std::size_t{0});
}

/// Writes `rows` random rows of the tensor, some at a time, and zeros up to the next multiple of the alignment.
bool write_rows(std::FILE* file, const tensor_plan& t, std::uint64_t seed, std::size_t alignment) {
  const std::int64_t columns = t.extent[0];
  std::int64_t rows = 1;
  for (std::size_t d = 1; d < t.extent.size(); ++d) rows *= t.extent[d];
  const std::int64_t at_once = std::max<std::int64_t>(1, (1 << 20) / columns);
  std::vector<float> numbers(static_cast<std::size_t>(at_once * columns));
  // All numbers alike; given only where it has to be, because a search that heeds it takes twice as long.
  const std::vector<float> importance(ggml_quantize_requires_imatrix(t.type) ? static_cast<std::size_t>(columns) : 0, 1.0F);
  const std::size_t row_bytes = ggml_row_size(t.type, columns);
  std::vector<std::byte> stored(row_bytes * static_cast<std::size_t>(at_once));
  random_rows random(seed, t.name);
  // Rows of a topic are a common vector and their own, squares adding up to one.
  constexpr float together = 0.97F, apart = 0.2431049F;
  std::vector<float> middle(static_cast<std::size_t>(columns));
  std::int64_t last_topic = -1;
  for (std::int64_t first = 0; first < rows; first += at_once) {
    const std::int64_t now = std::min(at_once, rows - first);
    random.fill({numbers.data(), static_cast<std::size_t>(now * columns)}, t.center, t.spread);
    for (std::int64_t r = 0; t.topics > 0 && r < now; ++r) {
      const std::int64_t topic = (first + r) * t.topics / rows;
      if (topic != last_topic) random_rows(seed, t.name + " topic " + std::to_string(last_topic = topic)).fill(middle, 0, t.spread);
      for (std::int64_t c = 0; c < columns; ++c) {
        float& x = numbers[static_cast<std::size_t>(r * columns + c)];
        x = apart * x + together * middle[static_cast<std::size_t>(c)];
      }
    }
    const std::size_t made = quantize(t.type, numbers.data(), stored.data(), now, columns, importance.empty() ? nullptr : importance.data());
    if (made != row_bytes * static_cast<std::size_t>(now) || std::fwrite(stored.data(), 1, made, file) != made) return false;
  }
  const std::size_t behind = row_bytes * static_cast<std::size_t>(rows) % alignment;
  if (behind == 0) return true;
  const std::vector<char> zeros(alignment - behind);
  return std::fwrite(zeros.data(), 1, zeros.size(), file) == zeros.size();
}

/// One file of a model: some of its tensors; the first has the keys as well.
result<void> write_file(const recipe& what, const std::string& path, std::int64_t number, std::span<const tensor_plan> tensors, std::size_t of_all) {
  const header meta(gguf_init_empty(), &gguf_free);
  if (number == 0) describe(what, meta.get());
  if (what.files > 1) {
    gguf_set_val_u16(meta.get(), "split.no", static_cast<std::uint16_t>(number));
    gguf_set_val_u16(meta.get(), "split.count", static_cast<std::uint16_t>(what.files));
    gguf_set_val_i32(meta.get(), "split.tensors.count", static_cast<std::int32_t>(of_all));
  }
  const shapes forms(ggml_init({ggml_tensor_overhead() * (tensors.size() + 1), nullptr, true}), &ggml_free);
  if (forms == nullptr) return error(error_code::out_of_memory, "no memory to describe ", tensors.size(), " tensors");
  for (const tensor_plan& t : tensors) {
    ggml_tensor* form = ggml_new_tensor(forms.get(), t.type, static_cast<int>(t.extent.size()), t.extent.data());
    ggml_set_name(form, t.name.c_str());
    gguf_add_tensor(meta.get(), form);
  }
  const std::string beside = path + ".part";
  const auto failed = [&](error_code code, std::string_view what_failed) {
    const error why(code, beside, ": ", what_failed, " (", std::string_view(std::strerror(errno)), ")");
    std::remove(beside.c_str());
    return why;
  };
  open_file file(std::fopen(beside.c_str(), "wb"));
  if (file == nullptr) return failed(error_code::cannot_open, "cannot be written");
  std::vector<std::byte> head(gguf_get_meta_size(meta.get()));
  gguf_get_meta_data(meta.get(), head.data());
  if (std::fwrite(head.data(), 1, head.size(), file.get()) != head.size()) return failed(error_code::transfer_failed, "writing failed");
  for (const tensor_plan& t : tensors)
    if (!write_rows(file.get(), t, what.seed, gguf_get_alignment(meta.get()))) return failed(error_code::transfer_failed, "writing failed; is the disk full?");
  if (std::fclose(file.release()) != 0) return failed(error_code::transfer_failed, "writing failed; is the disk full?");
  if (std::rename(beside.c_str(), path.c_str()) != 0) return failed(error_code::cannot_open, "cannot be renamed");
  return {};
}

}  // namespace

ggml_type type_named(const std::string& name) {
  const auto same = [&](const char* other) {
    return other != nullptr && name.size() == std::strlen(other) &&
           std::equal(name.begin(), name.end(), other, [](char a, char b) { return std::tolower(a) == std::tolower(b); });
  };
  for (int t = 0; t < GGML_TYPE_COUNT; ++t) {
    const auto type = static_cast<ggml_type>(t);
    if (ggml_blck_size(type) > 0 && same(ggml_type_name(type)) && can_multiply(type, 65'536)) return type;
  }
  return GGML_TYPE_COUNT;
}

result<void> make_model(const recipe& what, const std::string& path) {
  if (auto fine = check(what); !fine) return fine;
  const std::vector<tensor_plan> tensors = plan_tensors(what);
  if (what.files == 1) return write_file(what, path, 0, tensors, tensors.size());
  const std::size_t count = static_cast<std::size_t>(what.files);
  if (count > tensors.size() || !path.ends_with(".gguf"))
    return error(error_code::bad_argument, "a model of ", tensors.size(), " tensors cannot be split into ", what.files,
                 " files, or its name does not end in .gguf");
  for (std::size_t i = 0; i < count; ++i) {
    char ending[64];
    std::snprintf(ending, sizeof ending, "-%05zu-of-%05zu.gguf", i + 1, count);
    const std::size_t from = i * tensors.size() / count, to = (i + 1) * tensors.size() / count;
    const std::string name = path.substr(0, path.size() - 5) + ending;
    if (auto done = write_file(what, name, static_cast<std::int64_t>(i), std::span(tensors).subspan(from, to - from), tensors.size()); !done) return done;
  }
  return {};
}

}  // namespace moesaic::decoder
