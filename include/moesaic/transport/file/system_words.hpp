// SPDX-License-Identifier: MIT
#pragma once

#include <cerrno>
#include <string_view>

namespace moesaic::file {

/// What a system error means for somebody who opens and reads model files. (strerror is not safe to call from two threads,
/// and speaks the machine's language.)
[[nodiscard]] constexpr std::string_view words_for(int system_error) noexcept {
  switch (system_error) {
    case 0: return "no system error";
    case ENOENT: return "there is no such file";
    case EACCES:
    case EPERM: return "permission denied";
    case EISDIR: return "it is a directory";
    case ENOTDIR: return "a folder of its path is not a directory";
    case ELOOP: return "its symbolic links go round in a circle";
    case ENAMETOOLONG: return "its name is too long";
    case EMFILE:
    case ENFILE: return "too many files are open";
    case EINVAL: return "the file system refuses this kind of read";
    case EIO: return "the device reports a read error";
    case ENOMEM: return "the system has no memory left for it";
    case EAGAIN: return "the system has no resources left for it";
    case ENOSYS: return "the kernel does not know it";
    case ESTALE: return "the file server has lost it";
    case ENODEV:
    case ENXIO: return "the device is gone";
    default: return "system error";
  }
}

}  // namespace moesaic::file
