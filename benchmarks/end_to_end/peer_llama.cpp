// SPDX-License-Identifier: MIT
// peer_llama: runs llama.cpp over given tokens, one at a time, and tells what each took. The other side of `make bench-peer`.
//
//   peer_llama MODEL.gguf IDS THREADS PROMPT [COUNT]
//
// IDS is a file of token ids; the first PROMPT of them are one batch, the COUNT behind them (all) are fed one by one whatever the model
// would have said. JSON on standard output: seconds of loading, of the prompt and of each token, the likeliest token behind
// each, what the kernel read for it, major page faults.
//
// Settings: mapped file, no repacking of weights (a repacked model is a second copy, and under a limit that is the end of the
// process), the key-value cache in half precision as it comes, as many threads for a prompt as for a token. Without flash attention: it
// adds up in half precision, so that a model of random weights, whose likeliest tokens are close to each other, says something else at
// one position of ten; over a few hundred tokens it makes no difference to the time.
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <llama.h>

namespace {

using clock_type = std::chrono::steady_clock;

double since(clock_type::time_point began) { return std::chrono::duration<double>(clock_type::now() - began).count(); }

int fail(const std::string& sentence) {
  std::fprintf(stderr, "peer_llama: %s\n", sentence.c_str());
  return 1;
}

struct reads {
  long long bytes = 0;
  long faults = 0;
};

reads read_so_far() {
  reads r;
  std::ifstream io("/proc/self/io");
  std::string key;
  for (long long value = 0; io >> key >> value;)
    if (key == "read_bytes:") r.bytes = value;
  rusage used{};
  if (getrusage(RUSAGE_SELF, &used) == 0) r.faults = used.ru_majflt;
  return r;
}

void print_list(const char* name, const auto& values, const char* format) {
  std::printf(",\n \"%s\": [", name);
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i != 0) std::fputs(", ", stdout);
    std::printf(format, values[i]);
  }
  std::fputs("]", stdout);
}

}  // namespace

int main(int count, char** words) {
  if (count != 5 && count != 6) return fail("wanted: MODEL.gguf IDS THREADS PROMPT [COUNT]");
  std::ifstream file(words[2]);
  std::vector<llama_token> ids(std::istream_iterator<llama_token>(file), {});
  const int threads = std::atoi(words[3]), prompt = std::atoi(words[4]);
  if (threads < 1 || prompt < 1 || static_cast<std::size_t>(prompt) >= ids.size())
    return fail("THREADS and PROMPT have to be positive, and IDS longer than the prompt");
  if (count == 6) ids.resize(std::min(ids.size(), static_cast<std::size_t>(prompt + std::max(1, std::atoi(words[5])))));

  llama_log_set(
      [](ggml_log_level level, const char* text, void*) {
        if (level == GGML_LOG_LEVEL_ERROR) std::fputs(text, stderr);
      },
      nullptr);
  llama_backend_init();
  const auto loading = clock_type::now();
  llama_model_params how = llama_model_default_params();
  how.n_gpu_layers = 0;
  how.load_mode = LLAMA_LOAD_MODE_MMAP;
  how.use_extra_bufts = false;
  llama_model* model = llama_model_load_from_file(words[1], how);
  if (model == nullptr) return fail(std::string("cannot load ") + words[1]);
  llama_context_params with = llama_context_default_params();
  with.n_ctx = static_cast<std::uint32_t>(ids.size() + 8);
  with.n_batch = with.n_ubatch = static_cast<std::uint32_t>(std::max(prompt, 32));
  with.n_threads = with.n_threads_batch = threads;
  with.flash_attn_type = LLAMA_FLASH_ATTN_TYPE_DISABLED;
  llama_context* context = llama_init_from_model(model, with);
  if (context == nullptr) return fail("no context");
  const double load_s = since(loading);
  const int vocabulary = llama_vocab_n_tokens(llama_model_get_vocab(model));

  const auto likeliest = [&] {
    const float* logits = llama_get_logits_ith(context, -1);
    return static_cast<int>(std::max_element(logits, logits + vocabulary) - logits);
  };
  const reads before = read_so_far();
  const auto prefill = clock_type::now();
  if (llama_decode(context, llama_batch_get_one(ids.data(), prompt)) != 0) return fail("the prompt cannot be run");
  const double prefill_s = since(prefill);
  const reads between = read_so_far();
  std::vector<int> said{likeliest()};
  std::vector<double> seconds;
  std::vector<long long> bytes;
  std::vector<long> faults;
  reads last = between;
  for (std::size_t i = static_cast<std::size_t>(prompt); i < ids.size(); ++i) {
    const auto began = clock_type::now();
    if (llama_decode(context, llama_batch_get_one(&ids[i], 1)) != 0) return fail("a token cannot be run");
    seconds.push_back(since(began));
    said.push_back(likeliest());
    const reads now = read_so_far();
    bytes.push_back(now.bytes - last.bytes);
    faults.push_back(now.faults - last.faults);
    last = now;
  }
  std::printf("{\"engine\": \"llama.cpp\", \"system\": \"%s\", \"load_s\": %.4f, \"prefill_s\": %.5f, \"prefill_bytes\": %lld", llama_print_system_info(),
              load_s, prefill_s, between.bytes - before.bytes);
  print_list("steps_s", seconds, "%.6f");
  print_list("bytes", bytes, "%lld");
  print_list("major_faults", faults, "%ld");
  print_list("argmax", said, "%d");
  std::puts("}");
  llama_free(context);
  llama_model_free(model);
  llama_backend_free();
  return 0;
}
