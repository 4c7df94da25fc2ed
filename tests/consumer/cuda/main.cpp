// SPDX-License-Identifier: MIT
#include <cstdio>

#include <moesaic/cuda/device_memory.hpp>
#include <moesaic/cuda/distinct_experts.hpp>
#include <moesaic/cuda/runtime_api.hpp>

int main() {
  auto api = moesaic::cuda::runtime_api::open();
  if (!api) {  // what a machine without a device has to say
    std::printf("%.*s\n", static_cast<int>(api.error().sentence().size()), api.error().sentence().data());
    return api.error().code() == moesaic::error_code::cannot_open ? 0 : 1;
  }
  const auto slab = moesaic::cuda::device_memory<moesaic::cuda::runtime_api>::create(*api, {4096});
  return slab && slab->memory().size() == 4096 ? 0 : 1;
}
