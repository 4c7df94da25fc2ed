// SPDX-License-Identifier: MIT
#pragma once

#include <nvtx3/nvToolsExt.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

namespace moesaic::cuda {

/// What a range is about; tools filter by it.
enum class range_kind : std::uint32_t { decision = 1, lease, demand, prefetch };

/// NVTX, where Nsight Systems and its like look for an application's own ranges. Off unless it is given a name; and where no tool
/// listens, NVTX has no domain to give and this is off as well, so that nobody writes texts for nobody.
/// Cost: off, a comparison with null; on, one call of the tool's. Threads: as NVTX, any.
class nvtx_domain {
 public:
  nvtx_domain() = default;  ///< off
  explicit nvtx_domain(const char* name) noexcept : domain_(nvtxDomainCreateA(name)) {
    if (domain_ == nullptr) return;
    for (const auto& [kind, words] : std::array<std::pair<range_kind, const char*>, 4>{
             {{range_kind::decision, "decisions"}, {range_kind::lease, "leases"}, {range_kind::demand, "demand"}, {range_kind::prefetch, "prefetch"}}})
      nvtxDomainNameCategoryA(domain_, static_cast<std::uint32_t>(kind), words);
  }
  nvtx_domain(nvtx_domain&& other) noexcept : domain_(std::exchange(other.domain_, nullptr)) {}
  nvtx_domain& operator=(nvtx_domain&& other) noexcept {
    std::swap(domain_, other.domain_);
    return *this;
  }
  ~nvtx_domain() {
    if (domain_ != nullptr) nvtxDomainDestroy(domain_);
  }

  [[nodiscard]] bool on() const noexcept { return domain_ != nullptr; }
  /// A range that may overlap others, and end on another thread. The answer names it for `end`. Texts end with a 0, which NVTX
  /// wants, and are copied by the tool.
  [[nodiscard]] std::uint64_t start(range_kind kind, const char* text, std::uint64_t payload) noexcept {
    const nvtxEventAttributes_t what = attributes(kind, text, payload);
    return nvtxDomainRangeStartEx(domain_, &what);
  }
  void end(std::uint64_t range) noexcept { nvtxDomainRangeEnd(domain_, range); }
  void mark(range_kind kind, const char* text) noexcept {
    const nvtxEventAttributes_t what = attributes(kind, text, 0);
    nvtxDomainMarkEx(domain_, &what);
  }

 private:
  static nvtxEventAttributes_t attributes(range_kind kind, const char* text, std::uint64_t payload) noexcept {
    nvtxEventAttributes_t made{};
    made.version = NVTX_VERSION;
    made.size = NVTX_EVENT_ATTRIB_STRUCT_SIZE;
    made.category = static_cast<std::uint32_t>(kind);
    made.payloadType = NVTX_PAYLOAD_TYPE_UNSIGNED_INT64;
    made.payload.ullValue = payload;
    made.messageType = NVTX_MESSAGE_TYPE_ASCII;
    made.message.ascii = text;
    return made;
  }

  nvtxDomainHandle_t domain_ = nullptr;
};

}  // namespace moesaic::cuda
