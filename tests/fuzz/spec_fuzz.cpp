// SPDX-License-Identifier: MIT
// Any text as a SPEC for every slot: an answer or a sentence, and what is answered can be written down and read again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include <moesaic/admission/catalogue.hpp>
#include <moesaic/eviction/catalogue.hpp>
#include <moesaic/placement/catalogue.hpp>
#include <moesaic/prediction/catalogue.hpp>
#include <moesaic/prefetch/catalogue.hpp>
#include <moesaic/scoring/catalogue.hpp>
#include <moesaic/speculation/catalogue.hpp>
#include <moesaic/systems/catalogue.hpp>

namespace {
template <class Made>
void look(const Made& made, std::string_view text) {
  if (made) {
    if (!moesaic::spec::parse(text)) std::abort();  // made from what is no spec
  } else if (made.error().sentence().empty()) {
    std::abort();
  }
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  look(moesaic::eviction::make(text), text);
  look(moesaic::admission::make(text), text);
  look(moesaic::scoring::make(text), text);
  look(moesaic::prediction::make(text), text);
  look(moesaic::prefetch::make(text), text);
  look(moesaic::placement::make(text), text);
  look(moesaic::speculation::make(text), text);
  const auto found = moesaic::systems::find(text);
  if (found ? found->name != text : found.error().sentence().empty()) std::abort();
  return 0;
}
