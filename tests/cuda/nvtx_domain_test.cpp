// SPDX-License-Identifier: MIT
// A tool that is linked into the program, as NVTX allows: what it is called with is what Nsight Systems would be.
#include <doctest/doctest.h>

#include <moesaic/cuda/nvtx_domain.hpp>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace {

std::vector<std::string>* heard = nullptr;  // where a tool listens

int opened = 0;
nvtxDomainHandle_t NVTX_API make_domain(const char* name) {
  if (heard == nullptr) return nullptr;
  heard->push_back("domain " + std::string(name));
  return reinterpret_cast<nvtxDomainHandle_t>(&opened);
}
void NVTX_API end_domain(nvtxDomainHandle_t domain) { heard->push_back(domain == nullptr ? "ended nothing" : "ended"); }
std::string words(const nvtxEventAttributes_t* what) {
  return std::to_string(what->category) + " " + what->message.ascii + " " + std::to_string(what->payload.ullValue);
}
nvtxRangeId_t NVTX_API start(nvtxDomainHandle_t, const nvtxEventAttributes_t* what) {
  heard->push_back("+ " + words(what));
  return 7;
}
void NVTX_API end(nvtxDomainHandle_t, nvtxRangeId_t range) { heard->push_back("- " + std::to_string(range)); }
void NVTX_API mark(nvtxDomainHandle_t, const nvtxEventAttributes_t* what) { heard->push_back("! " + words(what)); }

int NVTX_API listen(NvtxGetExportTableFunc_t tables) {
  const auto* callbacks = static_cast<const NvtxExportTableCallbacks*>(tables(NVTX_ETID_CALLBACKS));
  NvtxFunctionTable table = nullptr;
  unsigned int size = 0;
  if (callbacks == nullptr || callbacks->GetModuleFunctionTable(NVTX_CB_MODULE_CORE2, &table, &size) == 0) return 0;
  *table[NVTX_CBID_CORE2_DomainCreateA] = reinterpret_cast<NvtxFunctionPointer>(make_domain);
  *table[NVTX_CBID_CORE2_DomainDestroy] = reinterpret_cast<NvtxFunctionPointer>(end_domain);
  *table[NVTX_CBID_CORE2_DomainRangeStartEx] = reinterpret_cast<NvtxFunctionPointer>(start);
  *table[NVTX_CBID_CORE2_DomainRangeEnd] = reinterpret_cast<NvtxFunctionPointer>(end);
  *table[NVTX_CBID_CORE2_DomainMarkEx] = reinterpret_cast<NvtxFunctionPointer>(mark);
  return 1;
}

/// NVTX looks there at its first call, which no test makes before main.
[[maybe_unused]] const bool installed = (InitializeInjectionNvtx2_fnptr = listen, true);

}  // namespace

using namespace moesaic;

TEST_CASE("without a tool, and without a name, there is no domain") {
  CHECK_FALSE(cuda::nvtx_domain().on());
  CHECK_FALSE(cuda::nvtx_domain("moesaic").on());
}

TEST_CASE("a tool hears ranges, marks and their numbers") {
  std::vector<std::string> told;
  heard = &told;
  {
    cuda::nvtx_domain first("moesaic");
    REQUIRE(first.on());
    cuda::nvtx_domain domain(std::move(first));
    const std::uint64_t range = domain.start(cuda::range_kind::prefetch, "prefetch (7,31)", 4096);
    domain.mark(cuda::range_kind::decision, "(7,12) left");
    domain.end(range);
  }
  heard = nullptr;
  CHECK(told == std::vector<std::string>{"domain moesaic", "+ 4 prefetch (7,31) 4096", "! 1 (7,12) left 0", "- 7", "ended"});
}
