// SPDX-License-Identifier: MIT
#include "policy_library.hpp"

#include <dlfcn.h>

#include <bit>
#include <filesystem>

namespace moesaic::command_line {
namespace {

/// dlopen looks a bare name up along the system's paths; what people type is a file.
std::string as_path(const std::string& typed) { return typed.find('/') == std::string::npos ? "./" + typed : typed; }

error unusable(const std::string& path, std::string_view why) { return error(error_code::bad_file, path, ": ", why); }

}  // namespace

result<policy_libraries> policy_libraries::open(std::span<const std::string> paths) {
  policy_libraries all;
  for (const std::string& path : paths) {
    if (!std::filesystem::exists(path)) return error(error_code::cannot_open, path, ": there is no such file; --policies takes a shared library");
    void* const library = ::dlopen(as_path(path).c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) return unusable(path, std::string("cannot be loaded as a shared library: ") + ::dlerror());
    void* const symbol = ::dlsym(library, eviction::exported_symbol);
    if (symbol == nullptr)
      return unusable(path, "offers no policies; it lacks MOESAIC_EXPORT_EVICTION_POLICY(type, \"name\", \"help\") from moesaic/eviction/exported.hpp");
    std::size_t count = 0;
    const eviction::exported* const offered = std::bit_cast<eviction::exported_function*>(symbol)(&count);
    for (const eviction::exported& one : std::span(offered, count)) {
      if (one.made_with != eviction::layout_word)
        return unusable(path, "was made with another version of moesaic's headers than this program; compile it again with this one's");
      if (all.find(one.entry.name) != nullptr) return unusable(path, "offers a policy whose name another library has taken; rename one");
      all.offered_.push_back(one);
    }
  }
  return all;
}

const eviction::exported* policy_libraries::find(std::string_view name) const noexcept {
  for (const eviction::exported& one : offered_)
    if (one.entry.name == name) return &one;
  return nullptr;
}

}  // namespace moesaic::command_line
