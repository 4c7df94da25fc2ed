// SPDX-License-Identifier: MIT
#pragma once

#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>

/// A memory cgroup (version 1 or 2) of its own, with a limit; removed at the end. Nothing where this process may not make one.
class memory_group {
 public:
  static std::optional<memory_group> make(std::uint64_t limit) {
    for (const bool second : {false, true}) {
      const std::string mount = mount_of(second);
      if (mount.empty()) continue;
      for (const std::string& parent : {mount + own_path(second), mount}) {
        memory_group made;
        made.path_ = parent + "/moesaic-test-" + std::to_string(::getpid());
        made.second_ = second;
        if (::mkdir(made.path_.c_str(), 0755) != 0) continue;
        made.there_ = true;
        if (made.write(second ? "memory.max" : "memory.limit_in_bytes", limit)) {
          if (second)
            (void)made.write("memory.swap.max", 0);
          else
            (void)made.write("memory.memsw.limit_in_bytes", limit);
          return made;
        }
      }
    }
    return std::nullopt;
  }
  memory_group(memory_group&& other) noexcept : path_(std::move(other.path_)), second_(other.second_), there_(std::exchange(other.there_, false)) {}
  ~memory_group() {
    if (there_) ::rmdir(path_.c_str());
  }

  /// Moves the calling process in.
  void enter() const { (void)write("cgroup.procs", static_cast<std::uint64_t>(::getpid())); }
  /// The most that was charged to it, page cache included; 0 where the kernel does not say.
  [[nodiscard]] std::uint64_t peak() const {
    std::uint64_t value = 0;
    std::ifstream(path_ + (second_ ? "/memory.peak" : "/memory.max_usage_in_bytes")) >> value;
    return value;
  }

 private:
  memory_group() = default;
  bool write(const char* file, std::uint64_t value) const {
    struct stat there{};
    const std::string name = path_ + "/" + file;
    if (::stat(name.c_str(), &there) != 0) return false;
    std::ofstream out(name);
    return static_cast<bool>(out << value << std::flush);
  }
  static std::string mount_of(bool second) {
    std::ifstream mounts("/proc/self/mounts");
    std::string device, where, type, options, rest;
    while (mounts >> device >> where >> type >> options && std::getline(mounts, rest)) {
      if (second && type == "cgroup2") return where;
      if (!second && type == "cgroup" && ("," + options + ",").find(",memory,") != std::string::npos) return where;
    }
    return {};
  }
  static std::string own_path(bool second) {
    std::ifstream groups("/proc/self/cgroup");
    for (std::string line; std::getline(groups, line);) {
      const std::size_t first = line.find(':');
      const std::size_t last = line.find(':', first + 1);
      const std::string controllers = "," + line.substr(first + 1, last - first - 1) + ",";
      if (second ? controllers == ",," : controllers.find(",memory,") != std::string::npos) return line.substr(last + 1);
    }
    return {};
  }

  std::string path_;
  bool second_ = false;
  bool there_ = false;
};
