// SPDX-License-Identifier: MIT
#include "hardware.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <limits>
#include <optional>
#include <system_error>
#include <utility>

#include "profile_node.hpp"

namespace moesaic::simulating {
namespace {

namespace fs = std::filesystem;
using node = profile_node;
using units = std::span<const std::pair<std::string_view, double>>;

constexpr std::array<std::pair<std::string_view, double>, 4> times{{{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}}};
constexpr std::array<std::pair<std::string_view, double>, 7> sizes{
    {{"B", 1}, {"kB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"KiB", 1024.0}, {"MiB", 1048576.0}, {"GiB", 1073741824.0}}};
constexpr std::array<std::pair<std::string_view, double>, 6> rates{
    {{"kB/s", 1e3}, {"MB/s", 1e6}, {"GB/s", 1e9}, {"KiB/s", 1024.0}, {"MiB/s", 1048576.0}, {"GiB/s", 1073741824.0}}};
constexpr std::array<std::pair<std::string_view, double>, 3> speeds{{{"GFLOP/s", 1e9}, {"TFLOP/s", 1e12}, {"PFLOP/s", 1e15}}};
constexpr std::array<std::pair<std::string_view, double>, 1> bits{{{"bits", 1}}};
constexpr std::array<std::pair<std::string_view, double>, 1> transfers{{{"transfers", 1}}};

result<double> scale_of(const node& unit, units known) {
  const auto name = unit.text();
  if (!name) return name.error();
  for (const auto& [spelt, factor] : known)
    if (spelt == *name) return factor;
  error why = unit.wrong("'", std::string_view(*name).substr(0, 30), "' is no unit for this; expected one of");
  for (const auto& [spelt, factor] : known) why.append(" ").append(spelt);
  return why;
}

/// {"value": 28.5, "unit": "GB/s", "source": "..."}
result<double> quantity(const node& at, units known, double least, double most) {
  if (auto fine = at.only({"value", "unit", "source"}); !fine) return fine.error();
  if (auto source = at.at("source").text(); !source) return source.error();
  const auto scale = scale_of(at.at("unit"), known);
  if (!scale) return scale.error();
  const auto value = at.at("value").number();
  if (!value) return value.error();
  const double all = *value * *scale;
  if (all < least) return at.at("value").wrong(all == 0 ? "0 makes no sense here" : "is too small for any machine");
  if (all > most) return at.at("value").wrong("is more than any machine has");
  return all;
}
constexpr double no_limit = 1e18;

nanoseconds rounded(double ns) { return {static_cast<std::int64_t>(ns + 0.5)}; }

result<nanoseconds> duration(const node& at) {
  const auto ns = quantity(at, times, 0, no_limit);
  if (!ns) return ns.error();
  return rounded(*ns);
}
result<bytes> amount(const node& at) {
  const auto n = quantity(at, sizes, 1, 1e15);
  if (!n) return n.error();
  return bytes{static_cast<std::uint64_t>(*n + 0.5)};
}
result<bytes_per_second> rate(const node& at) {
  const auto n = quantity(at, rates, 1, 1e15);
  if (!n) return n.error();
  return bytes_per_second{*n};
}

/// A time that never changes, or {"table": [[count, time], ...], "unit": "us", "source": "..."}.
result<sim::time_table> times_by_count(const node& at) {
  if (at.value().is_object() && !at.value().contains("table") && !at.value().contains("value"))
    return at.wrong("is a time, so the key 'value' or the key 'table' has to be there; both are missing");
  if (!at.value().is_object() || !at.value().contains("table")) {
    const auto always = duration(at);
    if (!always) return always.error();
    return sim::time_table(*always);
  }
  if (auto fine = at.only({"table", "unit", "source"}); !fine) return fine.error();
  if (auto source = at.at("source").text(); !source) return source.error();
  const auto scale = scale_of(at.at("unit"), times);
  if (!scale) return scale.error();
  const node table = at.at("table");
  if (!table.value().is_array() || table.value().empty()) return table.wrong("expected rows [count, time], at least one");
  std::vector<sim::time_table::point> points;
  for (std::size_t i = 0; i < table.value().size(); ++i) {
    const node row = table.at(i);
    if (!row.value().is_array() || row.value().size() != 2) return row.wrong("expected [count, time]");
    const auto count = row.at(std::size_t{0}).number();
    if (!count) return count.error();
    if (*count > 4e9 || *count != static_cast<double>(static_cast<std::uint32_t>(*count)))
      return row.at(std::size_t{0}).wrong("a count has to be a whole number");
    const auto time = row.at(1).number();
    if (!time) return time.error();
    if (*time * *scale > no_limit) return row.at(1).wrong("is longer than anything takes");
    points.push_back({static_cast<std::uint32_t>(*count), rounded(*time * *scale)});
  }
  auto made = sim::time_table::of(std::move(points));
  if (!made) return table.wrong(made.error().sentence());
  return made;
}

/// A table by tokens, or {"memory", "peak", "bits_per_weight"}: what limits computing an expert.
result<sim::expert_cost> expert(const node& at, bytes measured) {
  if (!at.value().is_object() || (!at.value().contains("memory") && !at.value().contains("peak"))) {
    auto table = times_by_count(at);
    if (!table) return table.error();
    return sim::expert_cost{std::move(*table), measured};
  }
  if (auto fine = at.only({"memory", "peak", "bits_per_weight"}); !fine) return fine.error();
  const auto memory = rate(at.at("memory"));
  if (!memory) return memory.error();
  const auto peak = quantity(at.at("peak"), speeds, 1, 1e21);
  if (!peak) return peak.error();
  const auto width = quantity(at.at("bits_per_weight"), bits, 0.1, 128);
  if (!width) return width.error();
  const double per_token = 2 * static_cast<double>(measured.count) * 8 / *width;  // a weight is multiplied and added once
  auto table = sim::time_table::of(roofline{{*peak}, *memory}, flops{per_token}, measured);
  if (!table) return at.wrong(table.error().sentence());
  return sim::expert_cost{std::move(*table), measured};
}

result<transports::chained_link> link(const node& at, std::vector<std::string>& names) {
  if (auto fine = at.only({"name", "rate", "overhead", "chunk", "demand_first"}); !fine) return fine.error();
  auto name = at.at("name").text();
  if (!name) return name.error();
  names.push_back(std::move(*name));
  transports::chained_link made;
  const auto speed = rate(at.at("rate"));
  if (!speed) return speed.error();
  const auto overhead = duration(at.at("overhead"));
  if (!overhead) return overhead.error();
  const auto first = at.at("demand_first").flag();
  if (!first) return first.error();
  made.cost = {*overhead, *speed};
  made.order.demand_first = *first;
  if (at.at("chunk").is_null()) return made;
  const auto chunk = amount(at.at("chunk"));
  if (!chunk) return chunk.error();
  made.order.chunk = *chunk;
  return made;
}

result<void> fill(const node& at, hardware& made) {
  if (auto fine = at.only({"schema", "name", "about", "expert_bytes", "links", "open_transfers", "pass", "layer", "context", "expert", "host", "draft"}); !fine)
    return fine;
  const auto schema = at.at("schema").text();
  if (!schema) return schema.error();
  if (*schema != "moesaic.hardware/1") return at.at("schema").wrong("expected moesaic.hardware/1, found '", std::string_view(*schema).substr(0, 60), "'");
  auto name = at.at("name").text();
  if (!name) return name.error();
  auto about = at.at("about").text();
  if (!about) return about.error();
  made.name = std::move(*name);
  made.about = std::move(*about);
  made.machine.name = made.name;
  const auto size = amount(at.at("expert_bytes"));
  if (!size) return size.error();
  made.expert_bytes = *size;

  const node links = at.at("links");
  if (!links.value().is_array() || links.value().empty()) return links.wrong("expected at least one link");
  for (std::size_t i = 0; i < links.value().size(); ++i) {
    auto one = link(links.at(i), made.link_names);
    if (!one) return one.error();
    made.machine.links.push_back(*one);
  }
  const auto open = quantity(at.at("open_transfers"), transfers, 1, 65'536);
  if (!open) return open.error();
  made.machine.open_transfers = static_cast<std::uint32_t>(*open);

  for (const auto& [key, table] :
       {std::pair<std::string_view, sim::time_table*>{"pass", &made.machine.pass}, {"layer", &made.machine.layer}, {"context", &made.machine.context}}) {
    if (key == "context" && at.at(key).is_null()) continue;
    auto read = times_by_count(at.at(key));
    if (!read) return read.error();
    *table = std::move(*read);
  }
  auto computed = expert(at.at("expert"), *size);
  if (!computed) return computed.error();
  made.machine.expert = std::move(*computed);
  if (const node host = at.at("host"); !host.is_null()) {
    if (auto fine = host.only({"expert", "beside_device", "through_link"}); !fine) return fine;
    auto there = expert(host.at("expert"), *size);
    if (!there) return there.error();
    const auto beside = host.at("beside_device").flag();
    if (!beside) return beside.error();
    const auto through = host.at("through_link").flag();
    if (!through) return through.error();
    made.machine.host = sim::host_lane{std::move(*there), *beside, *through};
  }
  if (const node draft = at.at("draft"); !draft.is_null()) {
    auto costs = times_by_count(draft);
    if (!costs) return costs.error();
    made.machine.draft = std::move(*costs);
  }
  return {};
}

result<hardware> read(const std::string& path) {
  std::error_code unknown;
  if (!fs::is_regular_file(path, unknown))
    return error(error_code::cannot_open, path, ": there is no such hardware profile; --hardware list shows those that came with the program");
  if (fs::file_size(path, unknown) > (std::uintmax_t{16} << 20U)) return error(error_code::bad_file, path, ": is larger than 16 MiB, so no hardware profile");
  std::ifstream file(path, std::ios::binary);
  if (!file) return error(error_code::cannot_open, path, ": cannot be opened for reading");
  hardware made;
  made.path = path;
  try {
    const nlohmann::json all = nlohmann::json::parse(file);
    if (const auto filled = fill(node(all, path), made); !filled) return filled.error();
    return made;
  } catch (const nlohmann::json::parse_error& why) {
    return error(error_code::bad_file, path, ": byte ", why.byte, ": is no JSON there; a hardware profile is one JSON object");
  } catch (const nlohmann::json::exception& why) {  // a number of thousands of digits, and the like
    return error(error_code::bad_file, path, ": is no hardware profile: ", std::string_view(why.what()).substr(0, 120));
  }
}

/// Where the profiles lie that came with the program: beside it, or where an installation puts them.
std::vector<fs::path> shelves() {
  std::error_code unknown;
  const fs::path program = fs::read_symlink("/proc/self/exe", unknown).parent_path();
  std::vector<fs::path> all;
  if (!program.empty()) all = {program / "hardware", program.parent_path() / "share" / "moesaic" / "hardware"};
#ifdef MOESAIC_HARDWARE_PROFILES
  all.emplace_back(MOESAIC_HARDWARE_PROFILES);
#endif
  return all;
}

std::optional<std::string> shelved(const std::string& name) {
  std::error_code unknown;
  for (const fs::path& shelf : shelves())
    if (const fs::path file = shelf / (name + ".json"); fs::is_regular_file(file, unknown)) return file.string();
  return std::nullopt;
}

}  // namespace

result<hardware> load_hardware(const std::string& name_or_path) {
  if (name_or_path.find('/') != std::string::npos || name_or_path.ends_with(".json")) return read(name_or_path);
  if (const auto file = shelved(name_or_path)) return read(*file);
  error unknown(error_code::unknown_name, "--hardware: '", std::string_view(name_or_path).substr(0, 80), "' is no hardware profile; known are");
  for (const std::string& name : known_hardware()) unknown.append(" ").append(name);
  return unknown.append(", or give the path of a .json file");
}

std::vector<std::string> known_hardware() {
  std::vector<std::string> names;
  std::error_code unknown;
  for (const fs::path& shelf : shelves())
    for (const fs::directory_entry& file : fs::directory_iterator(shelf, unknown))
      if (file.path().extension() == ".json") names.push_back(file.path().stem().string());
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

std::string list_hardware() {
  std::string lines;
  for (const std::string& name : known_hardware()) {
    const auto one = load_hardware(name);
    lines.append(name)
        .append(name.size() < 20 ? 20 - name.size() : 0, ' ')
        .append("  ")
        .append(one ? one->about : std::string(one.error().sentence()))
        .append("\n");
  }
  return lines;
}

}  // namespace moesaic::simulating
