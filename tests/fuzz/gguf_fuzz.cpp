// SPDX-License-Identifier: MIT
// Headers of GGUF models, and the tokenizers in them.
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "tokenizer/tokenizer.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace moesaic;
  const int memory = ::memfd_create("model", MFD_CLOEXEC);
  if (memory < 0 || ::write(memory, data, size) != static_cast<ssize_t>(size)) std::abort();
  const auto file = decoder::gguf_file::open("/proc/self/fd/" + std::to_string(memory));
  if (file) {
    for (const decoder::gguf_tensor& t : file->tensors())
      if (t.file_offset > size || t.bytes > size - t.file_offset) std::abort();
    decoder::tokenizer words = decoder::tokenizer::from(*file);
    if (const auto ids = words.encode("ab  12\n<s>\xC3\xA9\xFF"); ids)
      for (const token_id id : *ids)
        if (id < 0 || static_cast<std::size_t>(id) >= words.size()) std::abort();
  } else if (file.error().sentence().size() < 20) {
    std::abort();
  }
  ::close(memory);
  return 0;
}
