// SPDX-License-Identifier: MIT
#include <algorithm>
#include <new>
#include <system_error>

#include "ggml_model.hpp"
#include "model_keys.hpp"

namespace moesaic::decoder {

namespace {

constexpr std::uint64_t default_context = 4'096;

void say_nothing(ggml_log_level, const char*, void*) {}

result<std::uint32_t> choose_context(const gguf_file& file, std::string_view architecture, std::uint32_t asked) {
  if (asked != 0) return asked;
  model_keys keys(file, architecture);
  const std::int64_t made_for = keys.whole_or("context_length", default_context, 1, INT32_MAX);
  if (keys.failure()) return *keys.failure();
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(static_cast<std::uint64_t>(made_for), default_context));
}

}  // namespace

result<void> ggml_model::describe_experts() {
  std::vector<model_shape::layer> layers;
  for (std::size_t i = 0; i < common_->net.layers.size(); ++i) {
    const routed_feed_forward* routed = common_->net.layers[i].routed();
    if (routed == nullptr) continue;
    bytes each{};
    for (const file_range& part : routed->parts.front()) each.count += part.bytes;
    layers.push_back({static_cast<std::uint32_t>(routed->options.experts), static_cast<std::uint32_t>(routed->options.top_k), each});
    routed_blocks_.push_back(static_cast<std::uint32_t>(i));
    forms_.push_back(routed->form);
  }
  if (layers.empty()) return {};
  auto shape = model_shape::of(layers);
  if (!shape) return shape.error();
  shape_.emplace(std::move(*shape));
  return {};
}

result<ggml_model> ggml_model::load(const gguf_file& file, const model_options& options) {
  ggml_log_set(say_nothing, nullptr);  // what it has to say, our errors say; standard error belongs to the program
  ggml_cpu_init();                     // tables of half-precision numbers; does nothing the second time
  const auto name = file.text("general.architecture");
  if (!name) return name.error();
  const decoder::architecture* kind = find_architecture(*name);
  if (kind == nullptr)
    return error(error_code::bad_file, file.path(), ": unknown architecture ", printable(*name), "; this decoder knows ", known_architectures());
  if (options.threads == 0 || options.threads > 256) return error(error_code::bad_argument, options.threads, " threads; choose 1 to 256");
  if (options.longest_window == 0 || options.longest_window > 4'096)
    return error(error_code::bad_argument, "windows of ", options.longest_window, " tokens; choose 1 to 4096");
  if (options.cache_type != GGML_TYPE_F32 && options.cache_type != GGML_TYPE_F16)
    return error(error_code::bad_argument, "the key-value cache can be f32 or f16");
  const auto context = choose_context(file, *name, options.context);
  if (!context) return context.error();
  try {
    weight_source source(file, options.progress);
    auto read = kind->read(source, {*context, options.cache_type});
    if (!read) return read.error();
    if (auto used = source.all_used(*name); !used) return used.error();
    ggml_model model;
    model.common_ = std::make_shared<common>(common{std::move(*read)});
    model.common_->net.architecture = std::string(*name);
    model.common_->net.storage = source.give_storage();
    model.resident_bytes_ = source.bytes_read();
    model.files_ = file.paths();
    model.context_ = *context;
    model.longest_window_ = options.longest_window;
    if (auto described = model.describe_experts(); !described) return described.error();
    model.bench_ = options.bench ? options.bench : std::make_shared<workbench>(options.threads);
    return model;
  } catch (const std::bad_alloc&) {
    return error(error_code::out_of_memory, file.path(), ": no memory for the resident weights and buffers of this model");
  } catch (const std::system_error&) {
    return error(error_code::out_of_memory, "the system refused to start ", options.threads, " threads; choose fewer");
  }
}

}  // namespace moesaic::decoder
