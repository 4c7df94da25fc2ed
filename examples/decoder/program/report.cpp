// SPDX-License-Identifier: MIT
#include "report.hpp"

#include <array>
#include <cstdio>

#include "command_line/json_text.hpp"
#include "command_line/program.hpp"

namespace moesaic::decoder {
namespace {

using command_line::as_object;
using command_line::seconds;
using json = nlohmann::ordered_json;

json as_object(const work_times& w) { return {{"dense_s", w.dense}, {"experts_s", w.experts}, {"head_s", w.head}, {"expert_runs", w.expert_runs}}; }

template <class... Values>
void append(std::string& to, const char* format, Values... values) {
  std::array<char, 512> line{};
  std::snprintf(line.data(), line.size(), format, values...);
  to += line.data();
}

/// An amount with three digits or so.
std::string human(double amount) {
  static constexpr std::array units{"B", "kB", "MB", "GB", "TB"};
  std::size_t unit = 0;
  while (amount >= 1000 && unit + 1 < units.size()) {
    amount /= 1000;
    ++unit;
  }
  std::string out;
  append(out, unit == 0 || amount >= 100 ? "%.0f %s" : amount >= 10 ? "%.1f %s" : "%.2f %s", amount, units[unit]);
  return out;
}
std::string human(bytes amount) { return human(static_cast<double>(amount.count)); }

double share(double part, double whole) noexcept { return whole > 0 ? part / whole : 0; }

}  // namespace

std::string as_json(const report& r) {
  json j;
  j["schema"] = "moesaic.decode/1";
  j["version"] = command_line::version_text();
  j["model"] = {{"path", r.model.path},
                {"architecture", r.model.architecture},
                {"layers", r.model.layers},
                {"moe_layers", r.model.moe_layers},
                {"experts", r.model.experts},
                {"top_k", r.model.top_k},
                {"expert_bytes_total", r.model.expert_bytes_total.count},
                {"expert_bytes_max", r.model.expert_bytes_max.count},
                {"vocabulary", r.model.vocabulary},
                {"context", r.model.context},
                {"resident_bytes", r.model.resident_bytes},
                {"cache_bytes", r.model.cache_bytes}};
  j["system"] = r.system;
  j["policies"] = as_object(r.policies);
  j["budget"] = {{"bytes", r.budget.total.count},
                 {"floor", r.budget.floor.count},
                 {"recommended", r.budget.recommended.count},
                 {"frames", r.budget.frames},
                 {"frame_bytes", r.budget.frame.count}};
  j["peak"] = {{"resident_bytes", r.peak.resident.count},
               {"in_flight_bytes", r.peak.in_flight.count},
               {"staging_bytes", r.peak.staging.count},
               {"total_bytes", r.peak.total.count}};
  j["draft"] = r.draft;
  j["draft_bytes"] = r.draft_bytes.count;
  j["io"] = {{"backend", r.io.backend}, {"direct", r.io.direct}, {"bytes_read", r.io.read.count}, {"alignment", r.io.alignment.count}};
  j["io"]["kernel_bytes_read"] = r.io.kernel_read ? json(r.io.kernel_read->count) : json(nullptr);
  j["prompt_ids"] = r.prompt_ids;
  j["ids"] = r.ids;
  j["text"] = r.text;
  j["stopped_by"] = r.stopped_by;
  j["time"] = {{"load_s", r.seconds.load},
               {"prefill_s", r.seconds.prefill},
               {"decode_s", r.seconds.decode},
               {"tokens_per_s", r.tokens_per_second()},
               {"steps_s", r.step_seconds},
               {"prefill_work", as_object(r.prompt_work)},
               {"decode_work", as_object(r.decode_work)}};
  j["counters"] = as_object(r.decode);
  j["prefill_counters"] = as_object(r.prefill);
  j["regret"] = {{"window", r.regret.steps}, {"misses", r.regret.misses}, {"ahead", r.regret.ahead}, {"bound", r.regret.bound}, {"ratio", r.regret.regret()}};
  j["look_ahead"] = json::array();
  for (std::size_t i = 0; i < r.foretold.size(); ++i)
    j["look_ahead"].push_back(
        {{"layers", i + 1},
         {"wanted", r.foretold[i].wanted},
         {"named", r.foretold[i].named},
         {"recall", r.foretold[i].wanted == 0 ? 0.0 : static_cast<double>(r.foretold[i].named) / static_cast<double>(r.foretold[i].wanted)}});
  const speculation_tally& s = r.speculation;
  j["speculation"] = {
      {"windows", s.windows},     {"drafted_windows", s.drafted_windows}, {"drafted", s.drafted}, {"verified", s.verified}, {"accepted", s.accepted},
      {"committed", s.committed}, {"drafting_s", seconds(s.drafting)}};
  return command_line::as_text(j, 2);
}

std::string summary(const report& r) {
  std::string out;
  append(out, "moesaic-decode: %zu tokens", r.ids.size());
  if (r.decoded > 0) append(out, ", %.1f tokens/s (%u in %.2f s)", r.tokens_per_second(), r.decoded, r.seconds.decode);
  append(out, "; prompt %zu tokens in %.2f s; loaded in %.2f s\n", r.prompt_ids.size(), r.seconds.prefill, r.seconds.load);
  if (r.model.moe_layers == 0) {
    out += "  no routed experts in this model: everything is in memory\n";
    return out;
  }
  const counters& c = r.decoded > 0 ? r.decode : r.prefill;
  const double time = r.decoded > 0 ? r.seconds.decode : r.seconds.prefill;
  const double tokens = r.decoded > 0 ? r.decoded : static_cast<double>(r.prompt_ids.size());
  const double moved = static_cast<double>((c.bytes_demanded + c.bytes_prefetched + c.bytes_host).count);
  append(out, "  experts    %.1f %% of %llu uses were in memory; %s read per token; stalled %.0f %% of the time%s\n",
         100 * share(static_cast<double>(c.hits), static_cast<double>(c.accesses)), static_cast<unsigned long long>(c.accesses),
         human(share(moved, tokens)).c_str(), 100 * share(seconds(c.stall), time), r.decoded > 0 ? "" : " (prompt)");
  append(out, "  memory     peak %s of a budget of %s (%.0f %% of all %s of experts); floor %s, recommended %s\n", human(r.peak.total).c_str(),
         human(r.budget.total).c_str(), 100 * share(static_cast<double>(r.budget.total.count), static_cast<double>(r.model.expert_bytes_total.count)),
         human(r.model.expert_bytes_total).c_str(), human(r.budget.floor).c_str(), human(r.budget.recommended).c_str());
  if (const speculation_tally& s = r.speculation; s.windows > 0)
    append(out,
           "  drafts     %s, %s: in %llu of %llu steps, then %.2f tokens a step; %.0f %% of %llu drafted accepted; drafting took %.0f %% of the time; %s of "
           "weights\n",
           r.draft.c_str(), r.policies.speculation.c_str(), static_cast<unsigned long long>(s.drafted_windows), static_cast<unsigned long long>(s.windows),
           share(static_cast<double>(s.accepted + s.drafted_windows), static_cast<double>(s.drafted_windows)),
           100 * share(static_cast<double>(s.accepted), static_cast<double>(s.drafted)), static_cast<unsigned long long>(s.drafted),
           100 * share(seconds(s.drafting), r.seconds.decode), human(r.draft_bytes).c_str());
  append(out, "  policies   %s: eviction %s per %s, admission %s, prefetch %s, placement %s; read by %s%s\n", r.system.c_str(), r.policies.eviction.c_str(),
         r.policies.scope == "layer" ? "layer" : "model", r.policies.admission.c_str(), r.policies.prefetch.c_str(), r.policies.placement.c_str(),
         r.io.backend.c_str(), r.io.direct ? ", direct" : "");
  return out;
}

}  // namespace moesaic::decoder
