// SPDX-License-Identifier: MIT
#include "json_text.hpp"

namespace moesaic::command_line {

using json = nlohmann::ordered_json;

json as_object(const counters& c) {
  return {{"events", c.events},
          {"accesses", c.accesses},
          {"hits", c.hits},
          {"misses", c.misses},
          {"evictions", c.evictions},
          {"bypasses", c.bypasses},
          {"host", c.host},
          {"prefetches", c.prefetches},
          {"prefetch_used", c.prefetch_used},
          {"prefetch_late", c.prefetch_late},
          {"prefetch_wasted", c.prefetch_wasted},
          {"failed", c.failed},
          {"bytes_demanded", c.bytes_demanded.count},
          {"bytes_prefetched", c.bytes_prefetched.count},
          {"bytes_host", c.bytes_host.count},
          {"stall_s", seconds(c.stall)}};
}

json as_object(const policy_names& names) {
  return {{"scope", names.scope},           {"scoring", names.scoring},   {"eviction", names.eviction},   {"admission", names.admission},
          {"prediction", names.prediction}, {"prefetch", names.prefetch}, {"placement", names.placement}, {"speculation", names.speculation}};
}

std::string as_text(const json& document, int indent) { return document.dump(indent, ' ', false, json::error_handler_t::replace) + "\n"; }

}  // namespace moesaic::command_line
