// SPDX-License-Identifier: MIT
#pragma once

namespace moesaic {

/// The version of this copy of the library. This is the one place where it is written: the build reads
/// the three numbers from here, and a test holds them against the newest entry of CHANGELOG.md.
struct library_version {
  int major;
  int minor;
  int patch;
  friend constexpr bool operator==(library_version, library_version) = default;
};

inline constexpr library_version version{.major = 0, .minor = 1, .patch = 0};

}  // namespace moesaic
