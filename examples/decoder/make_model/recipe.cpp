// SPDX-License-Identifier: MIT
#include "recipe.hpp"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

#include <gguf.h>

#include "engine/network.hpp"
#include "engine/weights.hpp"
#include "random_rows.hpp"
#include "toy_vocabulary.hpp"

namespace moesaic::decoder {

namespace {

using header = std::unique_ptr<gguf_context, decltype(&gguf_free)>;
using shapes = std::unique_ptr<ggml_context, decltype(&ggml_free)>;
struct close_file {
  void operator()(std::FILE* f) const noexcept { std::fclose(f); }
};
using open_file = std::unique_ptr<std::FILE, close_file>;

struct tensor_plan {
  std::string name;
  ggml_type type;
  std::vector<std::int64_t> extent;
  float spread;  ///< standard deviation of the numbers
  float center;  ///< and their mean
};

std::vector<tensor_plan> plan(const recipe& r) {
  std::vector<tensor_plan> out;
  const auto matrix = [&](const std::string& name, std::int64_t columns, std::int64_t rows, ggml_type type, float gain = 1.0F) {
    out.push_back({name, type, {columns, rows}, gain / std::sqrt(static_cast<float>(columns)), 0});
  };
  const auto norm = [&](const std::string& name, std::int64_t length) {
    out.push_back({name, GGML_TYPE_F32, {length}, 0.1F, 1.0F});
  };
  out.push_back({"token_embd.weight", r.type, {r.width, r.vocabulary}, 1.0F, 0});
  norm("output_norm.weight", r.width);
  if (!r.tied) matrix("output.weight", r.width, r.vocabulary, r.type, 2.0F);
  if (r.rope_factors) out.push_back({"rope_freqs.weight", GGML_TYPE_F32, {r.head_width / 2}, 0.25F, 1.5F});
  for (std::int64_t i = 0; i < r.layers; ++i) {
    const std::string block = "blk." + std::to_string(i) + ".";
    const ggml_type down = i % 2 == 1 && r.down_type != GGML_TYPE_COUNT ? r.down_type : r.type;
    norm(block + "attn_norm.weight", r.width);
    matrix(block + "attn_q.weight", r.width, r.heads * r.head_width, r.type, 1.5F);
    matrix(block + "attn_k.weight", r.width, r.key_value_heads * r.head_width, r.type, 1.5F);
    matrix(block + "attn_v.weight", r.width, r.key_value_heads * r.head_width, r.type);
    matrix(block + "attn_output.weight", r.heads * r.head_width, r.width, r.type);
    if (r.architecture != "llama") {
      norm(block + "attn_q_norm.weight", r.head_width);
      norm(block + "attn_k_norm.weight", r.head_width);
    }
    norm(block + "ffn_norm.weight", r.width);
    if (r.experts > 0) matrix(block + "ffn_gate_inp.weight", r.width, r.experts, GGML_TYPE_F32, 1.5F);
    for (const char* part : {"gate", "up", "down"}) {
      const bool back = std::string_view(part) == "down";
      const std::int64_t columns = back ? r.inner : r.width;
      const std::int64_t rows = back ? r.width : r.inner;
      const std::string stem = block + "ffn_" + part;
      const float spread = (back ? 2.0F : 1.5F) / std::sqrt(static_cast<float>(columns));
      if (r.experts == 0)
        out.push_back({stem + ".weight", back ? down : r.type, {columns, rows}, spread, 0});
      else if (!r.one_tensor_per_expert)
        out.push_back({stem + "_exps.weight", back ? down : r.type, {columns, rows, r.experts}, spread, 0});
      else
        for (std::int64_t e = 0; e < r.experts; ++e)
          out.push_back({stem + "." + std::to_string(e) + ".weight", back ? down : r.type, {columns, rows}, spread, 0});
    }
  }
  return out;
}

result<void> check(const recipe& r) {
  const auto bad = [](const auto&... parts) { return error(error_code::bad_argument, parts...); };
  if (find_architecture(r.architecture) == nullptr)
    return bad("unknown architecture ", printable(r.architecture), "; this decoder knows ", known_architectures());
  if (r.layers < 1 || r.layers > 4'096 || r.width < 1 || r.width > 65'536 || r.inner < 1 || r.inner > 1'048'576 ||
      r.vocabulary < 1 || r.vocabulary > 1'000'000 || r.head_width < 2 || r.head_width > 1'024 || r.head_width % 2 != 0 ||
      r.heads < 1 || r.heads > 1'024)
    return bad(
        "layers, width, inner, vocabulary, heads or head width make no sense; all have to be positive, and a head's width even");
  if (r.key_value_heads < 1 || r.heads % r.key_value_heads != 0)
    return bad(r.heads, " heads cannot share ", r.key_value_heads, " key-value heads evenly");
  if (r.experts < 0 || r.experts > 65'535 || (r.experts > 0 && (r.top_k < 1 || r.top_k > r.experts)))
    return bad("a token cannot use ", r.top_k, " of ", r.experts, " experts");
  if ((r.architecture == "qwen3moe") != (r.experts > 0) && r.architecture != "llama")
    return bad("qwen3moe has experts and qwen3 has none; this recipe has ", r.experts);
  for (const tensor_plan& t : plan(r)) {
    if (t.type >= GGML_TYPE_COUNT || t.extent[0] % ggml_blck_size(t.type) != 0 ||
        !can_multiply(t.type, static_cast<std::uint64_t>(t.extent[0])))
      return bad("the tensor ", t.name, " has rows of ", t.extent[0], " numbers, which do not fit the blocks of type ",
                 std::string_view(t.type < GGML_TYPE_COUNT ? ggml_type_name(t.type) : "(unknown)"));
    if (t.name.size() >= GGML_MAX_NAME) return bad("the tensor name ", t.name, " is too long");
  }
  return {};
}

void describe(const recipe& r, gguf_context* to) {
  const auto key = [&](const char* name) { return r.architecture + "." + name; };
  const auto number_in = [&](const char* name, std::int64_t value) {
    gguf_set_val_u32(to, key(name).c_str(), static_cast<std::uint32_t>(value));
  };
  gguf_set_val_str(to, "general.architecture", r.architecture.c_str());
  gguf_set_val_str(to, "general.name", ("random weights, seed " + std::to_string(r.seed)).c_str());
  number_in("vocab_size", r.vocabulary);
  number_in("context_length", r.context);
  number_in("embedding_length", r.width);
  number_in("block_count", r.layers);
  number_in("feed_forward_length", r.inner);
  number_in("attention.head_count", r.heads);
  number_in("attention.head_count_kv", r.key_value_heads);
  number_in("attention.key_length", r.head_width);
  number_in("attention.value_length", r.head_width);
  number_in("rope.dimension_count", r.head_width);
  gguf_set_val_f32(to, key("rope.freq_base").c_str(), r.rope_base);
  gguf_set_val_f32(to, key("attention.layer_norm_rms_epsilon").c_str(), 1e-6F);
  if (r.rope_scaling != 1.0F) {
    gguf_set_val_str(to, key("rope.scaling.type").c_str(), "linear");
    gguf_set_val_f32(to, key("rope.scaling.factor").c_str(), r.rope_scaling);
  }
  if (r.experts > 0) {
    number_in("expert_count", r.experts);
    number_in("expert_used_count", r.top_k);
    number_in("expert_feed_forward_length", r.inner);
  }
  add_toy_vocabulary(to, r.vocabulary);
}

/// Writes `rows` random rows of the tensor, some at a time, and zeros up to the next multiple of the alignment.
bool write_rows(std::FILE* file, const tensor_plan& t, std::uint64_t seed, std::size_t alignment) {
  const std::int64_t columns = t.extent[0];
  std::int64_t rows = 1;
  for (std::size_t d = 1; d < t.extent.size(); ++d) rows *= t.extent[d];
  const std::int64_t at_once = std::max<std::int64_t>(1, (1 << 18) / columns);
  std::vector<float> numbers(static_cast<std::size_t>(at_once * columns));
  const std::vector<float> importance(static_cast<std::size_t>(columns), 1.0F);
  const std::size_t row_bytes = ggml_row_size(t.type, columns);
  std::vector<std::byte> stored(row_bytes * static_cast<std::size_t>(at_once));
  random_rows random(seed, t.name);
  for (std::int64_t first = 0; first < rows; first += at_once) {
    const std::int64_t now = std::min(at_once, rows - first);
    random.fill({numbers.data(), static_cast<std::size_t>(now * columns)}, t.center, t.spread);
    const std::size_t made = ggml_quantize_chunk(t.type, numbers.data(), stored.data(), 0, now, columns, importance.data());
    if (made != row_bytes * static_cast<std::size_t>(now) || std::fwrite(stored.data(), 1, made, file) != made) return false;
  }
  const std::size_t behind = row_bytes * static_cast<std::size_t>(rows) % alignment;
  if (behind == 0) return true;
  const std::vector<char> zeros(alignment - behind);
  return std::fwrite(zeros.data(), 1, zeros.size(), file) == zeros.size();
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
  const std::vector<tensor_plan> tensors = plan(what);
  const header meta(gguf_init_empty(), &gguf_free);
  describe(what, meta.get());
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
  if (std::fwrite(head.data(), 1, head.size(), file.get()) != head.size())
    return failed(error_code::transfer_failed, "writing failed");
  for (const tensor_plan& t : tensors)
    if (!write_rows(file.get(), t, what.seed, gguf_get_alignment(meta.get())))
      return failed(error_code::transfer_failed, "writing failed; is the disk full?");
  if (std::fclose(file.release()) != 0) return failed(error_code::transfer_failed, "writing failed; is the disk full?");
  if (std::rename(beside.c_str(), path.c_str()) != 0) return failed(error_code::cannot_open, "cannot be renamed");
  return {};
}

}  // namespace moesaic::decoder
