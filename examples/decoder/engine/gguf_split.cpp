// SPDX-License-Identifier: MIT
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <new>

#include "gguf_file.hpp"

namespace moesaic::decoder {

namespace {

constexpr std::uint64_t most_files = 4'096;

/// "-00002-of-00005.gguf"
std::string ending(std::uint64_t number, std::uint64_t count) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "-%05u-of-%05u.gguf", static_cast<unsigned>(number), static_cast<unsigned>(count));
  return text.data();
}

}  // namespace

result<gguf_file> gguf_file::open(const std::string& path) {
  auto first = open_one(path);
  if (!first || !first->has("split.count")) return first;
  try {
    if (auto rest = first->open_others(); !rest) return rest.error();
  } catch (const std::bad_alloc&) {
    return error(error_code::out_of_memory, path, ": no memory for the headers of this split model");
  }
  return first;
}

result<void> gguf_file::open_others() {
  const auto count = whole("split.count");
  if (!count) return count.error();
  if (*count <= 1) return {};
  if (*count > most_files) return error(error_code::bad_file, path_, ": says it is one of ", *count, " files; up to ", most_files, " are possible");
  const auto own = has("split.no") ? whole("split.no") : result<std::uint64_t>(0);
  if (!own) return own.error();
  if (*own != 0)
    return error(error_code::bad_file, path_, ": is file ", *own + 1, " of a model split into ", *count, "; give the first, whose name ends in ",
                 ending(1, *count));
  if (!path_.ends_with(ending(1, *count)))
    return error(error_code::bad_file, path_, ": is the first of ", *count, " files, so its name has to end in ", ending(1, *count),
                 " for the others to be found; rename it");
  const std::string stem = path_.substr(0, path_.size() - ending(1, *count).size());
  others_.reserve(*count - 1);
  for (std::uint64_t i = 1; i < *count; ++i) {
    const std::string name = stem + ending(i + 1, *count);
    if (::access(name.c_str(), F_OK) != 0)
      return error(error_code::cannot_open, name, ": is missing; ", path_, " is the first of ", *count, " files that belong together, get all of them");
    auto part = open_one(name);
    if (!part) return part.error();
    if (auto taken = take_part(std::move(*part), i, *count); !taken) return taken;
  }
  if (!has("split.tensors.count")) return {};
  const auto tensors = whole("split.tensors.count");
  if (!tensors) return tensors.error();
  if (*tensors != tensors_.size())
    return error(error_code::bad_file, path_, ": its ", *count, " files hold ", tensors_.size(), " tensors together, and it says ", *tensors,
                 "; they are not of the same model, or one is incomplete");
  return {};
}

result<void> gguf_file::take_part(gguf_file part, std::uint64_t number, std::uint64_t count) {
  for (const auto& [key, expected] : {std::pair{"split.no", number}, std::pair{"split.count", count}}) {
    const auto said = part.whole(key);
    if (!said) return said.error();
    if (*said != expected)
      return error(error_code::bad_file, part.path_, ": its key ", std::string_view(key), " is ", *said, " where ", expected, " was expected; it is not file ",
                   number + 1, " of ", path_, ", files were mixed up");
  }
  const std::size_t before = tensors_.size();
  for (gguf_tensor t : part.tensors_) {
    t.file = static_cast<std::uint32_t>(number);
    tensors_.push_back(t);
  }
  std::inplace_merge(tensors_.begin(), tensors_.begin() + static_cast<std::ptrdiff_t>(before), tensors_.end(),
                     [](const gguf_tensor& a, const gguf_tensor& b) { return a.name < b.name; });
  const auto twice = std::adjacent_find(tensors_.begin(), tensors_.end(), [](const gguf_tensor& a, const gguf_tensor& b) { return a.name == b.name; });
  if (twice != tensors_.end())
    return error(error_code::bad_file, part.path_, ": holds the tensor ", printable(twice->name), ", which a file before it has as well; files were mixed up");
  others_.push_back(std::move(part));
  return {};
}

std::vector<std::string> gguf_file::paths() const {
  std::vector<std::string> all{path_};
  for (const gguf_file& other : others_) all.push_back(other.path_);
  return all;
}

}  // namespace moesaic::decoder
