// SPDX-License-Identifier: MIT
#include "output_file.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

namespace moesaic::command_line {

result<output_file> output_file::open(const std::string& path, bool in_place) {
  std::signal(SIGXFSZ, SIG_IGN);  // a file that grows over a limit is a write error like any other
  output_file made;
  made.path_ = path;
  struct stat there{};
  const bool special = ::stat(path.c_str(), &there) == 0 && !S_ISREG(there.st_mode);
  if (S_ISDIR(there.st_mode)) return error(error_code::cannot_open, "cannot write ", path, ": it is a directory");
  if (!in_place && !special) made.beside_ = path + "." + std::to_string(::getpid()) + ".part";
  made.file_ = std::fopen(made.beside_.empty() ? path.c_str() : made.beside_.c_str(), "wb");
  if (made.file_ == nullptr)
    return error(error_code::cannot_open, "cannot write ", path, ": ", std::string_view(std::strerror(errno)), "; give a place that can be written");
  return made;
}

output_file::output_file(output_file&& other) noexcept
    : file_(std::exchange(other.file_, nullptr)), path_(std::move(other.path_)), beside_(std::move(other.beside_)), failed_(other.failed_) {}

output_file::~output_file() {
  if (file_ == nullptr) return;
  std::fclose(file_);
  if (!beside_.empty()) ::unlink(beside_.c_str());
}

error output_file::failure(int system_error) const {
  return error(error_code::transfer_failed, "could not write ", path_, ": ", std::string_view(std::strerror(system_error)),
               system_error == ENOSPC ? "; free some room or write elsewhere" : "; write elsewhere");
}

result<void> output_file::write(const void* data, std::size_t size) {
  if (size == 0 || std::fwrite(data, 1, size, file_) == size) return {};
  failed_ = errno;
  return failure(failed_);
}

result<void> output_file::finish() {
  const bool flushed = failed_ == 0 && std::fflush(file_) == 0;  // after a failed write, flushing what is left may succeed
  const int flush_error = failed_ != 0 ? failed_ : errno;
  const bool closed = std::fclose(std::exchange(file_, nullptr)) == 0;
  const int close_error = errno;
  if (flushed && closed && (beside_.empty() || std::rename(beside_.c_str(), path_.c_str()) == 0)) return {};
  const error why = failure(!flushed ? flush_error : !closed ? close_error : errno);
  if (!beside_.empty()) ::unlink(beside_.c_str());
  return why;
}

result<void> save(const std::string& path, std::string_view text) {
  result<output_file> file = output_file::open(path, false);
  if (!file) return file.error();
  if (const result<void> written = file->write(text); !written) return written.error();
  return file->finish();
}

result<void> can_be_written(const std::string& path) {
  if (path.empty() || path == "-") return {};
  const result<output_file> tried = output_file::open(path, false);
  if (!tried) return tried.error();
  return {};
}

}  // namespace moesaic::command_line
