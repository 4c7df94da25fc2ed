// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>

namespace moesaic::decoder {

/// What a model computed and how long that took, in seconds: waiting for experts is not in it. What a simulation of this
/// machine is calibrated with.
struct work_times {
  double dense = 0;    ///< attention, norms, routers, shared parts, adding up
  double experts = 0;  ///< routed experts, wherever they lay
  double head = 0;     ///< last norm and logits
  std::uint64_t expert_runs = 0;
};

/// Adds the time of its own life to a number of seconds.
class timed {
 public:
  explicit timed(double& into) noexcept : into_(into), began_(clock::now()) {}
  ~timed() { into_ += std::chrono::duration<double>(clock::now() - began_).count(); }
  timed(const timed&) = delete;
  timed& operator=(const timed&) = delete;

 private:
  using clock = std::chrono::steady_clock;
  double& into_;
  clock::time_point began_;
};

}  // namespace moesaic::decoder
