// SPDX-License-Identifier: MIT
// llama_cpp_in_a_budget: stock llama.cpp over given tokens, its experts inside a budget. BUDGET is 25%, 512MiB, or all: llama.cpp as it is.
// The first PROMPT ids of IDS are one batch, the others come one by one. LOGITS gets the raw logits of each; one line of JSON at the end.
#include <chrono>
#include <fstream>
#include <iterator>
#include <thread>

#include "command_line/program.hpp"
#include "expert_hook.hpp"

int main(int count, char** words) {
  constexpr moesaic::command_line::program self("llama_cpp_in_a_budget");
  if (count < 5 || count > 6) return self.complain("expected MODEL.gguf BUDGET IDS PROMPT [LOGITS]", 2);
  const auto budget = moesaic::command_line::budget_text::parse(words[2]);
  if (!budget) return self.complain(budget.error(), 2);
  std::ifstream file(words[3]);
  std::vector<llama_token> ids(std::istream_iterator<llama_token>(file), {});
  const auto prompt = moesaic::command_line::whole_number(words[4], 1, ids.size());
  if (!file.eof() || !prompt) return self.complain("expected a file IDS of token ids and nothing else, and as PROMPT a number from 1 to how many they are", 2);
  const auto hook = expert_hook::create(words[1], *budget);
  if (!hook) return self.complain(hook.error(), 2);
  llama_log_set([](ggml_log_level level, const char* text, void*) { (void)(level == GGML_LOG_LEVEL_ERROR && std::fputs(text, stderr)); }, nullptr);
  // [settings]
  llama_model_params how = llama_model_default_params();
  how.n_gpu_layers = 0;         // rooms are in main memory
  how.use_extra_bufts = false;  // else a repacked copy of the experts would be the one that computes
  const std::unique_ptr<llama_model, decltype(&llama_model_free)> model(llama_model_load_from_file(words[1], how), llama_model_free);
  if (!model) return self.complain("llama.cpp cannot load this model", 2);
  llama_context_params with = llama_context_default_params();
  with.op_offload = with.offload_kqv = false;  // the same
  with.n_ctx = static_cast<std::uint32_t>(ids.size());
  with.n_batch = with.n_ubatch = static_cast<std::uint32_t>(*prompt);
  with.n_threads = with.n_threads_batch = static_cast<std::int32_t>(std::max(1U, std::thread::hardware_concurrency()));
  if (*hook) with.cb_eval = expert_hook::on_node, with.cb_eval_user_data = hook->get();
  // [/settings]
  const std::unique_ptr<llama_context, decltype(&llama_free)> context(llama_init_from_model(model.get(), with), llama_free);
  if (!context) return self.complain("llama.cpp cannot make a context for this model", 2);
  std::ofstream logits(count > 5 ? words[5] : "/dev/null", std::ios::binary);
  std::string seconds;
  for (std::size_t at = 0, next = *prompt; at < ids.size(); at = next++) {
    const auto began = std::chrono::steady_clock::now();
    const bool ran = llama_decode(context.get(), llama_batch_get_one(&ids[at], static_cast<std::int32_t>(next - at))) == 0;
    if (!ran || (*hook && (*hook)->trouble())) return self.complain(ran ? (*hook)->trouble()->sentence() : "llama.cpp cannot run these tokens", 1);
    seconds += (at == 0 ? "" : ", ") + std::to_string(std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count());
    logits.write(reinterpret_cast<const char*>(llama_get_logits_ith(context.get(), -1)), 4L * llama_vocab_n_tokens(llama_model_get_vocab(model.get())));
  }
  if (!logits.flush()) return self.complain("the logits cannot be written; please check the disk", 1);
  const moesaic::counters did = *hook ? (*hook)->count() : moesaic::counters{};
  std::printf("{\"hits\": %ju, \"misses\": %ju, \"bytes_demanded\": %ju, \"tensors_left\": %zu, \"seconds\": [%s]}\n", std::uintmax_t{did.hits},
              std::uintmax_t{did.misses}, std::uintmax_t{did.bytes_demanded.count}, *hook ? (*hook)->tensors_left() : 0, seconds.c_str());
  return 0;
}
