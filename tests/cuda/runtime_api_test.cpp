// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <moesaic/cuda/runtime_api.hpp>

using namespace moesaic;

static_assert(cuda::explain_stream_api<cuda::runtime_api>());

TEST_CASE("without a device the error says so, and nothing of it stays in the runtime") {
  int devices = 0;
  const bool none = cudaGetDeviceCount(&devices) != cudaSuccess || devices == 0;
  (void)cudaGetLastError();
  const auto opened = cuda::runtime_api::open({.device = none ? 0 : devices});
  REQUIRE_FALSE(opened);
  if (!none) CHECK(cudaPeekAtLastError() == cudaSuccess);  // without a driver, asking for it is the next such error
  if (none) {
    CHECK(opened.error().code() == error_code::cannot_open);
    CHECK(opened.error().sentence().starts_with("asked for CUDA device 0: there is no CUDA device, or no driver that knows it; please check nvidia-smi"));
  } else {
    CHECK(opened.error().code() == error_code::bad_argument);
    CHECK(opened.error().sentence().find("does not exist: this process sees ") != std::string_view::npos);
  }
}

TEST_CASE("the runtime's numbers mean what somebody has to do about them") {
  const auto meaning = [](cudaError_t code) { return cuda::runtime_api::meaning_of({static_cast<std::int32_t>(code)}); };
  CHECK(meaning(cudaSuccess) == cuda::fault::none);
  CHECK(meaning(cudaErrorNotReady) == cuda::fault::not_ready);
  CHECK(meaning(cudaErrorMemoryAllocation) == cuda::fault::out_of_memory);
  CHECK(meaning(cudaErrorNoDevice) == cuda::fault::no_device);
  CHECK(meaning(cudaErrorInsufficientDriver) == cuda::fault::no_device);
  CHECK(meaning(cudaErrorInvalidValue) == cuda::fault::bad_request);
  CHECK(meaning(cudaErrorInvalidResourceHandle) == cuda::fault::bad_request);
  for (const cudaError_t lost : {cudaErrorIllegalAddress, cudaErrorLaunchFailure, cudaErrorLaunchTimeout, cudaErrorECCUncorrectable, cudaErrorAssert,
                                 cudaErrorHardwareStackError, cudaErrorMisalignedAddress, cudaErrorIllegalInstruction, cudaErrorUnknown})
    CHECK(meaning(lost) == cuda::fault::device_lost);
  CHECK(meaning(cudaErrorNotSupported) == cuda::fault::unsupported);
  CHECK(meaning(cudaErrorNoKernelImageForDevice) == cuda::fault::unsupported);
  for (const cudaError_t now : {cudaErrorStreamCaptureUnsupported, cudaErrorStreamCaptureInvalidated, cudaErrorStreamCaptureImplicit, cudaErrorCapturedEvent,
                                cudaErrorStreamCaptureWrongThread})
    CHECK(meaning(now) == cuda::fault::capturing);
  CHECK(meaning(cudaErrorPeerAccessAlreadyEnabled) == cuda::fault::other);
}

TEST_CASE("on a device: copies arrive in the order of streams, refusals leave nothing behind") {
  auto opened = cuda::runtime_api::open();
  if (!opened) {
    MESSAGE("skipped: ", std::string(opened.error().sentence()));
    return;
  }
  cuda::runtime_api api = std::move(*opened);
  constexpr std::size_t size = 1U << 20U;
  const auto device = api.device_allocate({size});
  const auto host = api.pinned_allocate({2 * size});
  REQUIRE(device.code.ok());
  REQUIRE(host.code.ok());
  std::memset(host.value, 7, size);
  const auto stream = api.make_stream(cuda::stream_priority::urgent), other = api.make_stream(cuda::stream_priority::idle);
  const auto begin = api.make_event(), end = api.make_event();
  REQUIRE(api.record(begin.value, stream.value).ok());
  REQUIRE(api.copy({device.value, host.value, {size / 2}}, stream.value).ok());
  std::vector<cuda::copy_piece> parts;
  for (std::size_t i = 0; i < 128; ++i) parts.push_back({device.value + size / 2 + 4096 * i, host.value + size / 2 + 4096 * i, {4096}});
  REQUIRE(api.copy_batch(parts, stream.value).ok());
  REQUIRE(api.record(end.value, stream.value).ok());
  REQUIRE(api.wait(other.value, end.value).ok());
  REQUIRE(cudaMemcpyAsync(host.value + size, device.value, size, cudaMemcpyDeviceToHost, cuda::runtime_api::native(other.value)) == cudaSuccess);
  REQUIRE(api.finish(other.value).ok());
  CHECK(std::memcmp(host.value, host.value + size, size) == 0);
  CHECK(api.query(end.value).ok());
  CHECK(api.elapsed(begin.value, end.value).value > nanoseconds{});

  const auto too_much = api.device_allocate({std::uint64_t{1} << 60U});
  CHECK(api.meaning(too_much.code) == cuda::fault::out_of_memory);
  CHECK(cudaPeekAtLastError() == cudaSuccess);
  api.end_event(begin.value);
  api.end_event(end.value);
  api.end_stream(stream.value);
  api.end_stream(other.value);
  api.pinned_free(host.value);
  api.device_free(device.value);
}
