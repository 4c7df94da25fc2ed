// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "program.hpp"
#include "simulate/hardware.hpp"

using namespace moesaic;
using moesaic_test::content_of;
using nlohmann::json;

namespace {

/// Every place in a document, as a JSON pointer, with what is there.
void walk(const json& at, const json::json_pointer& path, std::vector<json::json_pointer>& into) {
  if (!path.empty()) into.push_back(path);
  if (at.is_object())
    for (const auto& item : at.items()) walk(item.value(), path / item.key(), into);
  if (at.is_array())
    for (std::size_t i = 0; i < at.size(); ++i) walk(at[i], path / i, into);
}

std::string refusal(const temporary_folder& here, const json& changed) {
  const std::string path = here / "changed.json";
  std::ofstream(path) << changed;
  const auto read = simulating::load_hardware(path);
  if (read) return "(taken)";
  CHECK(read.error().sentence().starts_with(path + ": "));
  return std::string(read.error().sentence().substr(path.size() + 2));
}

}  // namespace

TEST_CASE("every profile that ships can be read, and gives a source for every number") {
  const auto names = simulating::known_hardware();
  CHECK(names.size() >= 7);
  for (const std::string& name : names) {
    CAPTURE(name);
    const auto one = simulating::load_hardware(name);
    REQUIRE_MESSAGE(one, one.error().sentence());
    CHECK(one->name == name);
    CHECK_FALSE(one->machine.links.empty());
    CHECK(one->machine.links.size() == one->link_names.size());
    CHECK(one->expert_bytes.count > 0);
    std::vector<json::json_pointer> places;
    const json all = json::parse(content_of(one->path));
    walk(all, json::json_pointer(), places);
    for (const json::json_pointer& p : places)
      if (all[p].is_object() && (all[p].contains("value") || all[p].contains("table")))
        CHECK_MESSAGE(all[p].value("source", "").size() > 10, p.to_string());
      else if (all[p].is_number())
        CHECK_MESSAGE((all[p.parent_pointer()].contains("value") || p.to_string().find("/table/") != std::string::npos), p.to_string());
  }
}

TEST_CASE("whatever is left out of a profile, and whatever number in it is negative or no number: one sentence with file and place") {
  const temporary_folder here;
  for (const std::string& name : simulating::known_hardware()) {
    const json good = json::parse(content_of(simulating::load_hardware(name)->path));
    std::vector<json::json_pointer> places;
    walk(good, json::json_pointer(), places);
    for (const json::json_pointer& p : places) {
      CAPTURE(name);
      CAPTURE(p.to_string());
      json without = good;
      const bool row = without[p.parent_pointer()].is_array();
      if (row)
        without[p.parent_pointer()].erase(static_cast<std::size_t>(std::stoul(p.back())));
      else
        without[p.parent_pointer()].erase(p.back());
      const std::string gone = refusal(here, without);
      const bool either = p.back() == "table" || (p.back() == "value" && gone.find("'table'") != std::string::npos);
      if (!row)
        CHECK(gone.ends_with(either ? "the key 'value' or the key 'table' has to be there; both are missing" : "the key '" + p.back() + "' is missing"));
      if (!good[p].is_number()) continue;
      if (row) CHECK(gone.find("expected [count, time]") != std::string::npos);
      json negative = good;
      negative[p] = -1.5;
      CHECK(refusal(here, negative).find("a negative number (-1.5) makes no sense here") != std::string::npos);
      json text = good;
      text[p] = "many";
      CHECK(refusal(here, text).find("expected a number, found string") != std::string::npos);
    }
  }
}

TEST_CASE("places are named as a programmer would") {
  const temporary_folder here;
  const json good = json::parse(content_of(simulating::load_hardware("rtx_pro_6000")->path));
  const auto with = [&](const char* pointer, json value) {
    json changed = good;
    changed[json::json_pointer(pointer)] = std::move(value);
    return refusal(here, changed);
  };
  CHECK(with("/links/0/rate/value", -3) == "links[0].rate.value: a negative number (-3) makes no sense here");
  CHECK(with("/links/0/rate/value", 0) == "links[0].rate.value: 0 makes no sense here");
  CHECK(with("/links/0/rate/unit", "furlongs") == "links[0].rate.unit: 'furlongs' is no unit for this; expected one of kB/s MB/s GB/s KiB/s MiB/s GiB/s");
  CHECK(with("/links/0/rate/source", "") == "links[0].rate.source: expected a text");
  CHECK(with("/links", json::array()) == "links: expected at least one link");
  CHECK(with("/layer/table/1/1", -2) == "layer.table[1][1]: a negative number (-2) makes no sense here");
  CHECK(with("/layer/table/1/0", 1) == "layer.table: row 1: counts have to ascend, got 1 behind 1");
  CHECK(with("/schema", "other/1") == "schema: expected moesaic.hardware/1, found 'other/1'");
  CHECK(with("/colour", 3) == "the file: nobody knows the key 'colour'");
  CHECK(with("/host", 3) == "host: expected an object, found number");
  CHECK(with("/links/0/demand_first", 1) == "links[0].demand_first: expected true or false, found number");
}

TEST_CASE("what is no profile at all") {
  const temporary_folder here;
  const auto with = [&](const std::string& text) {
    const std::string path = here / "x.json";
    std::ofstream(path) << text;
    return std::string(simulating::load_hardware(path).error().sentence()).substr(path.size() + 2);
  };
  CHECK(with("") == "byte 1: is no JSON there; a hardware profile is one JSON object");
  CHECK(with("{\"schema\": ") == "byte 12: is no JSON there; a hardware profile is one JSON object");
  CHECK(with("[]") == "the file: expected an object, found array");
  CHECK(with("{}") == "the file: the key 'schema' is missing");
  CHECK(with("1e999").starts_with("is no hardware profile: "));
  CHECK(simulating::load_hardware("/no/such.json").error().code() == error_code::cannot_open);
  CHECK(simulating::load_hardware(here.path() + "/").error().code() == error_code::cannot_open);
  const auto unknown = simulating::load_hardware("abacus");
  CHECK(unknown.error().sentence().starts_with("--hardware: 'abacus' is no hardware profile; known are h100_mixtral "));
}

TEST_CASE("a profile means what it says") {
  const auto one = simulating::load_hardware("rtx_5090_nvme");
  REQUIRE(one);
  const sim::machine& m = one->machine;
  REQUIRE(m.links.size() == 2);
  CHECK(m.links[0].cost.rate.count == doctest::Approx(900.0 * 1048576));
  CHECK(m.links[1].cost.rate.count == doctest::Approx(28.47e9));
  CHECK(m.links[1].cost.overhead == nanoseconds{2'400});
  CHECK(m.links[1].order.chunk == mebibytes(2));
  CHECK(m.rate().count == m.links[0].cost.rate.count);
  CHECK(m.expert.measured == bytes{10'620'000});
  CHECK(m.expert.by_tokens(1).count == doctest::Approx(10.62e6 / 1572.9).epsilon(0.001));  // memory is the limit
}
