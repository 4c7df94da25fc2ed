// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string_view>

#include <moesaic/core/error.hpp>
#include <moesaic/cuda/stream_api.hpp>

namespace moesaic::cuda {

/// Which of the library's kinds a fault is.
[[nodiscard]] constexpr error_code kind_of(fault what) noexcept {
  switch (what) {
    case fault::no_device: return error_code::cannot_open;
    case fault::out_of_memory: return error_code::out_of_memory;
    case fault::bad_request: return error_code::bad_argument;
    case fault::capturing: return error_code::wrong_order;
    default: return error_code::transfer_failed;
  }
}

/// What to do about it, as the second half of a sentence.
[[nodiscard]] constexpr std::string_view advice_for(fault what) noexcept {
  switch (what) {
    case fault::no_device:
      return "there is no CUDA device, or no driver that knows it; please check nvidia-smi and CUDA_VISIBLE_DEVICES, or use a transport to host memory";
    case fault::device_lost:
      return "the device is lost: an earlier kernel or copy failed, and what follows fails too; please look for it with compute-sanitizer and start the "
             "process again";
    case fault::out_of_memory: return "there is not enough memory; please give a smaller budget or fewer staging bytes, or free what others hold";
    case fault::bad_request: return "the runtime does not take this address, size or handle; please check that it belongs to this device and is still alive";
    case fault::capturing: return "a stream is being captured; please call this before or behind the capture";
    case fault::unsupported:
      return "this device or its driver does not have it, or the program was not built for this architecture; please build for the device's, and where it has "
             "no memory pools, give memory of the engine's own allocator";
    case fault::not_ready: return "it is not done yet";
    default: return "the runtime refused";
  }
}

/// The library's error for a runtime's number: what was asked, what it came to, what to do. `asked` are the parts of a
/// sentence's beginning ("asked for 512 bytes of device memory for experts"). Cost: the text is copied into the error; no allocation.
template <class Api, class... Asked>
[[nodiscard]] error explained(const Api& api, api_code code, const Asked&... asked) noexcept {
  const fault what = api.meaning(code);
  error told(kind_of(what), asked...);
  told.append(": ").append(advice_for(what)).append(" (").append(api.words(code)).append(", code ").append(code.number).append(")");
  return told;
}

/// A span whose length does not fit the others of a call: `what` of `where` has `got` entries.
[[nodiscard]] inline error mismatched(std::string_view where, std::string_view what, std::uint64_t expected, std::uint64_t got) noexcept {
  return error(error_code::bad_argument, where, ": ", what, " has to have ", expected, " entries and has ", got,
               "; please give spans of one event's tokens, experts and layer");
}

/// A workspace that is too small for a call.
[[nodiscard]] inline error small_workspace(std::string_view where, std::uint64_t expected, std::uint64_t got) noexcept {
  return error(error_code::bad_argument, where, " needs a workspace of ", expected, " bytes and got ", got,
               "; please ask its workspace function for the largest shape and allocate that once");
}

}  // namespace moesaic::cuda
