// SPDX-License-Identifier: MIT
#include "text_file.hpp"

#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string_view>

namespace moesaic::command_line {

result<std::string> read_text_file(const std::string& path) {
  struct stat there{};
  if (::stat(path.c_str(), &there) == 0 && S_ISDIR(there.st_mode)) return error(error_code::cannot_open, "cannot read ", path, ": it is a directory");
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"), std::fclose);
  if (!file) return error(error_code::cannot_open, "cannot read ", path, ": ", std::string_view(std::strerror(errno)));
  std::string text;
  std::array<char, 65'536> piece{};
  while (const std::size_t got = std::fread(piece.data(), 1, piece.size(), file.get())) text.append(piece.data(), got);
  if (std::ferror(file.get()) != 0) return error(error_code::transfer_failed, "could not read ", path, " to its end: ", std::string_view(std::strerror(errno)));
  return text;
}

}  // namespace moesaic::command_line
