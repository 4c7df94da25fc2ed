// SPDX-License-Identifier: MIT
#pragma once

#include <cuda_runtime_api.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include <moesaic/core/result.hpp>
#include <moesaic/cuda/error.hpp>
#include <moesaic/cuda/stream_api.hpp>

namespace moesaic::cuda {

struct runtime_options {
  int device = 0;
  cudaMemPool_t pool = nullptr;  ///< device memory comes from here; null: the device's own pool
};

/// The CUDA runtime as a stream_api, of one device. Device memory comes from a stream-ordered pool, streams do not wait for the
/// legacy default stream, small parts go through cudaMemcpyBatchAsync where the toolkit has it.
/// A failing call clears the runtime's last error, so that it does not come up again in the engine's next check.
/// Cost: one runtime call each; allocations and streams also switch to the device and back.
/// What would go into a stream under capture is refused (fault::capturing): it would become part of a graph instead of happening.
/// Threads: one at a time; other threads may use the runtime meanwhile, and capture streams.
class runtime_api {
 public:
  /// Fails with a sentence where there is no device, or not this one.
  [[nodiscard]] static result<runtime_api> open(const runtime_options& options = {}) noexcept {
    runtime_api made(options);
    int devices = 0;
    if (const api_code code = said(cudaGetDeviceCount(&devices)); !code.ok()) return explained(made, code, "asked for CUDA device ", options.device);
    if (devices == 0) return explained(made, {cudaErrorNoDevice}, "asked for CUDA device ", options.device);
    if (options.device < 0 || options.device >= devices)
      return error(error_code::bad_argument, "CUDA device ", options.device, " does not exist: this process sees ", devices, ", numbered from 0");
    if (made.pool_ == nullptr)
      if (const api_code code = said(cudaDeviceGetDefaultMemPool(&made.pool_, options.device)); !code.ok())
        return explained(made, code, "asked CUDA device ", options.device, " for its memory pool");
    return made;
  }

  answered<std::byte*> device_allocate(bytes size) noexcept {
    const not_captured whatever_others_do;
    const on_device here(device_);
    if (!here.code().ok()) return {here.code(), {}};
    void* found = nullptr;
    api_code code = said(cudaMallocFromPoolAsync(&found, size.count, pool_, cudaStreamPerThread));
    if (code.ok()) code = said(cudaStreamSynchronize(cudaStreamPerThread));  // from now on any stream may use it
    if (!code.ok() && found != nullptr) device_free(static_cast<std::byte*>(found)), found = nullptr;
    return {code, static_cast<std::byte*>(found)};
  }
  void device_free(std::byte* memory) noexcept {
    const not_captured whatever_others_do;
    const on_device here(device_);
    (void)said(cudaFreeAsync(memory, cudaStreamPerThread));
    (void)said(cudaStreamSynchronize(cudaStreamPerThread));
  }
  answered<std::byte*> pinned_allocate(bytes size) noexcept {
    const not_captured whatever_others_do;
    const on_device here(device_);
    if (!here.code().ok()) return {here.code(), {}};
    void* found = nullptr;
    const api_code code = said(cudaHostAlloc(&found, size.count, cudaHostAllocPortable));
    return {code, static_cast<std::byte*>(found)};
  }
  void pinned_free(std::byte* memory) noexcept { (void)said(cudaFreeHost(memory)); }

  answered<stream_handle> make_stream(stream_priority priority) noexcept {
    const not_captured whatever_others_do;
    const on_device here(device_);
    if (!here.code().ok()) return {here.code(), {}};
    int least = 0, greatest = 0;
    if (const api_code code = said(cudaDeviceGetStreamPriorityRange(&least, &greatest)); !code.ok()) return {code, {}};
    cudaStream_t made = nullptr;
    const api_code code = said(cudaStreamCreateWithPriority(&made, cudaStreamNonBlocking, priority == stream_priority::urgent ? greatest : least));
    return {code, {made}};
  }
  void end_stream(stream_handle stream) noexcept { (void)said(cudaStreamDestroy(native(stream))); }
  answered<event_handle> make_event() noexcept {
    const not_captured whatever_others_do;
    const on_device here(device_);
    if (!here.code().ok()) return {here.code(), {}};
    cudaEvent_t made = nullptr;
    const api_code code = said(cudaEventCreateWithFlags(&made, cudaEventDefault));  // with times: bandwidth is learnt from them
    return {code, {made}};
  }
  void end_event(event_handle event) noexcept { (void)said(cudaEventDestroy(native(event))); }

  api_code record(event_handle event, stream_handle stream) noexcept {
    if (const api_code code = uncaptured(stream); !code.ok()) return code;
    return said(cudaEventRecord(native(event), native(stream)));
  }
  api_code query(event_handle event) noexcept {
    const not_captured whatever_others_do;
    return said(cudaEventQuery(native(event)));
  }
  api_code wait(stream_handle stream, event_handle event) noexcept {
    if (const api_code code = uncaptured(stream); !code.ok()) return code;
    return said(cudaStreamWaitEvent(native(stream), native(event), 0));
  }
  api_code finish(event_handle event) noexcept {
    const not_captured whatever_others_do;
    return said(cudaEventSynchronize(native(event)));
  }
  api_code finish(stream_handle stream) noexcept {
    const not_captured whatever_others_do;
    return said(cudaStreamSynchronize(native(stream)));
  }
  answered<nanoseconds> elapsed(event_handle begin, event_handle end) noexcept {
    float milliseconds = 0;
    const api_code code = said(cudaEventElapsedTime(&milliseconds, native(begin), native(end)));
    return {code, {static_cast<std::int64_t>(static_cast<double>(milliseconds) * 1e6)}};
  }

  api_code copy(const copy_piece& piece, stream_handle stream) noexcept {
    if (const api_code code = uncaptured(stream); !code.ok()) return code;
    return said(cudaMemcpyAsync(piece.to, piece.from, piece.size.count, cudaMemcpyHostToDevice, native(stream)));
  }
  api_code copy_batch(std::span<const copy_piece> pieces, stream_handle stream) noexcept {
    if (const api_code code = uncaptured(stream); !code.ok()) return code;
    // Batches are not for the legacy default stream.
    while (!pieces.empty() && batches_ && stream.raw != nullptr && native(stream) != cudaStreamLegacy) {
      const auto some = pieces.first(std::min(pieces.size(), most_batched));
      const api_code code = batch(some, stream);
      batches_ = code.number != cudaErrorNotSupported && code.number != cudaErrorCallRequiresNewerDriver;
      if (!batches_) break;
      if (!code.ok()) return code;
      pieces = pieces.subspan(some.size());
    }
    for (const copy_piece& piece : pieces)
      if (const api_code code = copy(piece, stream); !code.ok()) return code;
    return {};
  }

  /// The host's steady clock: transports measure the engine's gaps by it.
  nanoseconds now() noexcept {
    const auto since = std::chrono::steady_clock::now().time_since_epoch();
    return {std::chrono::duration_cast<std::chrono::nanoseconds>(since).count()};
  }

  [[nodiscard]] fault meaning(api_code code) const noexcept { return meaning_of(code); }
  /// The same without a device.
  [[nodiscard]] static fault meaning_of(api_code code) noexcept {
    switch (code.number) {
      case cudaSuccess: return fault::none;
      case cudaErrorNotReady: return fault::not_ready;
      case cudaErrorMemoryAllocation: return fault::out_of_memory;
      case cudaErrorCapturedEvent: return fault::capturing;
      case cudaErrorNoKernelImageForDevice:
      case cudaErrorInvalidDeviceFunction:
      case cudaErrorUnsupportedPtxVersion:
      case cudaErrorCallRequiresNewerDriver:
      case cudaErrorNotSupported: return fault::unsupported;
      case cudaErrorNoDevice:
      case cudaErrorInsufficientDriver:
      case cudaErrorStubLibrary:
      case cudaErrorInitializationError:
      case cudaErrorDevicesUnavailable:
      case cudaErrorSystemNotReady:
      case cudaErrorSystemDriverMismatch:
      case cudaErrorCompatNotSupportedOnDevice: return fault::no_device;
      case cudaErrorInvalidValue:
      case cudaErrorInvalidDevice:
      case cudaErrorInvalidMemcpyDirection:
      case cudaErrorInvalidResourceHandle: return fault::bad_request;
      case cudaErrorDeviceUninitialized:
      case cudaErrorECCUncorrectable:
      case cudaErrorNvlinkUncorrectable:
      case cudaErrorContained:
      case cudaErrorContextIsDestroyed:
      case cudaErrorCudartUnloading:
      case cudaErrorTensorMemoryLeak:
      case cudaErrorExternalDevice:
      case cudaErrorUnknown: return fault::device_lost;
      default: break;
    }
    if (code.number >= cudaErrorStreamCaptureUnsupported && code.number <= cudaErrorStreamCaptureWrongThread) return fault::capturing;
    // Illegal addresses and instructions, failed launches, time-outs: the context does not come back from them.
    const bool sticky = code.number == cudaErrorIllegalAddress || code.number == cudaErrorLaunchTimeout || code.number == cudaErrorAssert ||
                        (code.number >= cudaErrorHardwareStackError && code.number <= cudaErrorLaunchFailure);
    return sticky ? fault::device_lost : fault::other;
  }
  [[nodiscard]] std::string_view words(api_code code) const noexcept { return cudaGetErrorString(static_cast<cudaError_t>(code.number)); }
  [[nodiscard]] int device() const noexcept { return device_; }

  [[nodiscard]] static cudaStream_t native(stream_handle stream) noexcept { return static_cast<cudaStream_t>(stream.raw); }
  [[nodiscard]] static cudaEvent_t native(event_handle event) noexcept { return static_cast<cudaEvent_t>(event.raw); }

 private:
  /// The calling thread's device is the engine's affair: it gets it back.
  class on_device {
   public:
    explicit on_device(int wanted) noexcept : code_(said(cudaGetDevice(&before_))) {
      if (!code_.ok() || before_ == wanted) return;
      code_ = said(cudaSetDevice(wanted));
      changed_ = code_.ok();
    }
    on_device(const on_device&) = delete;
    on_device& operator=(const on_device&) = delete;
    ~on_device() {
      if (changed_) (void)said(cudaSetDevice(before_));
    }
    [[nodiscard]] api_code code() const noexcept { return code_; }

   private:
    int before_ = 0;
    bool changed_ = false;
    api_code code_;
  };
  /// Questions about events of our own are refused, and spoil the capture, while somebody captures a stream in another mode
  /// than the relaxed: this makes the calling thread's calls be of that mode.
  class not_captured {
   public:
    not_captured() noexcept { (void)said(cudaThreadExchangeStreamCaptureMode(&mode_)); }
    not_captured(const not_captured&) = delete;
    not_captured& operator=(const not_captured&) = delete;
    ~not_captured() { (void)said(cudaThreadExchangeStreamCaptureMode(&mode_)); }

   private:
    cudaStreamCaptureMode mode_ = cudaStreamCaptureModeRelaxed;
  };
  /// What is given to a stream under capture would become part of a graph instead of happening: refused.
  static api_code uncaptured(stream_handle stream) noexcept {
    cudaStreamCaptureStatus status = cudaStreamCaptureStatusNone;
    const api_code code = said(cudaStreamIsCapturing(native(stream), &status));
    if (!code.ok() || status == cudaStreamCaptureStatusNone) return code;
    return {cudaErrorStreamCaptureUnsupported};
  }

  explicit runtime_api(const runtime_options& options) noexcept : pool_(options.pool), device_(options.device) {}
  static api_code said(cudaError_t code) noexcept {
    if (code != cudaSuccess && code != cudaErrorNotReady) (void)cudaGetLastError();
    return {static_cast<std::int32_t>(code)};
  }
  static constexpr std::size_t most_batched = 64;
  static api_code batch(std::span<const copy_piece> pieces, stream_handle stream) noexcept {
    std::array<void*, most_batched> to{};
    std::array<const void*, most_batched> from{};
    std::array<std::size_t, most_batched> sizes{};
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      to[i] = pieces[i].to;
      from[i] = pieces[i].from;
      sizes[i] = pieces[i].size.count;
    }
    cudaMemcpyAttributes how{};
    how.srcAccessOrder = cudaMemcpySrcAccessOrderStream;
    how.flags = cudaMemcpyFlagPreferOverlapWithCompute;
    std::size_t first = 0;
    return said(cudaMemcpyBatchAsync(to.data(), from.data(), sizes.data(), pieces.size(), &how, &first, 1, native(stream)));
  }
  bool batches_ = true;
  cudaMemPool_t pool_;
  int device_;
};
static_assert(stream_api<runtime_api>, "runtime_api no longer models stream_api");

}  // namespace moesaic::cuda
