// SPDX-License-Identifier: MIT
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <moesaic/core/routing.hpp>
#include <moesaic/trace/journal_format.hpp>

namespace moesaic::trace::journal {

/// Reads fields from bytes. `Bytes` has `byte()` (0 behind the end) and `good()`; a field that is out of its range makes
/// `wrong` point at a word for it, and is 0.
template <class Bytes>
class field_reader {
 public:
  explicit field_reader(Bytes bytes) : bytes_(std::move(bytes)) {}
  [[nodiscard]] Bytes& bytes() noexcept { return bytes_; }
  [[nodiscard]] const Bytes& bytes() const noexcept { return bytes_; }
  [[nodiscard]] const char* wrong() const noexcept { return wrong_; }
  [[nodiscard]] bool fine() const noexcept { return wrong_ == nullptr && bytes_.good(); }
  void object(const char* to) noexcept {
    if (wrong_ == nullptr) wrong_ = to;
  }

  [[nodiscard]] std::uint64_t number() {
    std::uint64_t n = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const std::uint64_t b = bytes_.byte();
      if (shift == 63 && b > 1) break;
      n |= (b & 0x7FU) << shift;
      if (b < 0x80U) return n;
    }
    object("a number of more than 64 bits");
    return 0;
  }
  template <class Number = std::uint32_t>
  [[nodiscard]] Number at_most(std::uint64_t most, const char* what) {
    const std::uint64_t n = number();
    if (n <= most) return static_cast<Number>(n);
    object(what);
    return {};
  }
  template <class Enum>
  [[nodiscard]] Enum one_of(Enum last, const char* what) {
    return static_cast<Enum>(at_most<std::uint8_t>(static_cast<std::uint64_t>(last), what));
  }
  [[nodiscard]] std::int64_t signed_number() {
    const std::uint64_t n = number();
    return static_cast<std::int64_t>(n >> 1U ^ (std::uint64_t{} - (n & 1U)));
  }
  [[nodiscard]] std::uint64_t bits(unsigned count) {
    std::uint64_t n = 0;
    for (unsigned i = 0; i < count; ++i) n |= std::uint64_t{bytes_.byte()} << (8U * i);
    return n;
  }
  [[nodiscard]] float real() { return std::bit_cast<float>(static_cast<std::uint32_t>(bits(4))); }
  [[nodiscard]] std::string text() {
    std::string t;
    const auto size = at_most(1U << 16U, "a text of more than 65536 bytes");
    for (std::uint32_t i = 0; i < size && fine(); ++i) t.push_back(static_cast<char>(bytes_.byte()));
    return t;
  }
  [[nodiscard]] step_outcome outcome() {
    step_outcome o;
    o.step = {number()};
    for (draft_length* const d : {&o.drafted, &o.verified, &o.accepted, &o.committed}) *d = {at_most(0xFFFF'FFFFU, "a step of more than 2^32 tokens")};
    for (nanoseconds* const t : {&o.drafting, &o.verifying, &o.stalled}) *t = {signed_number()};
    o.demanded = {number()};
    o.prefetched = {number()};
    return o;
  }

 private:
  Bytes bytes_;
  const char* wrong_ = nullptr;
};

/// Reads the header's fields behind its tag. What is impossible is told through `from.object`, or as an error of the shape.
template <class Bytes>
[[nodiscard]] result<header> read_header(field_reader<Bytes>& from) {
  header h;
  const auto flags = from.at_most(7, "unknown flags in its header");
  h.decisions = (flags & 1U) != 0;
  h.host_possible = (flags & 2U) != 0;
  h.equal_rooms = (flags & 4U) != 0;
  h.about.model = from.text();
  for (auto facts = from.at_most(1'000, "more than 1000 facts"); facts > 0 && from.fine(); --facts) {
    std::string key = from.text();
    h.about.facts.emplace_back(std::move(key), from.text());
  }
  struct described {
    std::vector<std::uint64_t> sizes, footprints, groups;
  };
  std::vector<model_shape::layer> layers;
  std::vector<described> experts;
  const auto read_runs = [&](std::vector<std::uint64_t>& to, std::uint32_t count, std::uint64_t most) {
    while (to.size() < count && from.fine()) {
      const auto run = from.template at_most<std::size_t>(count - to.size(), "a run of more experts than the layer has");
      if (run == 0) from.object("an empty run");
      to.insert(to.end(), run, from.template at_most<std::uint64_t>(most, "a size or group that is too large"));
    }
  };
  const auto layer_count = from.at_most(65'535, "more than 65535 layers");
  std::uint64_t all = 0;
  for (std::uint32_t l = 0; l < layer_count && from.fine(); ++l) {
    model_shape::layer layer{from.at_most(65'535, "more than 65535 experts in a layer"), from.at_most(65'535, "a top-k above 65535"), {1}};
    all += layer.experts;
    if (layer.experts == 0) from.object("a layer without experts");
    if (all > most_experts) from.object("more than 1048576 experts");
    described d;
    read_runs(d.sizes, layer.experts, std::uint64_t{1} << 42U);
    read_runs(d.footprints, layer.experts, std::uint64_t{1} << 42U);
    read_runs(d.groups, layer.experts, 65'534);
    layers.push_back(layer);
    experts.push_back(std::move(d));
  }
  h.groups = from.at_most(65'535, "more than 65535 eviction groups");
  h.budget = {from.number()};
  h.frames = from.at_most(std::uint64_t{1} << 20U, "more than 2^20 frames");
  h.link_capacity = from.at_most(std::uint64_t{1} << 16U, "a link that takes more than 65536 transfers at once");
  if (h.link_capacity == 0) from.object("a link that takes no transfer");
  if (!from.fine()) return h;

  result<model_shape> shape = model_shape::of(layers);
  if (!shape) return shape.error();
  if (shape->space().size() > 2U * most_experts) return error(error_code::bad_file, "its layers differ too much in their numbers of experts");
  h.footprint.resize(shape->space().size());
  h.group_of.resize(shape->space().size());
  for (std::uint32_t l = 0; l < layers.size(); ++l)
    for (std::uint32_t e = 0; e < layers[l].experts; ++e) {
      const expert_id id = make_expert(l, e);
      const std::uint32_t flat = shape->space().flat(id);
      if (experts[l].sizes[e] == 0) from.object("an expert of no bytes");
      if (experts[l].groups[e] >= h.groups) from.object("an eviction group that does not exist");
      shape->resize(id, {experts[l].sizes[e]});
      h.footprint[flat] = {experts[l].footprints[e]};
      h.group_of[flat] = static_cast<std::uint16_t>(experts[l].groups[e]);
    }
  h.shape.emplace(*std::move(shape));
  return h;
}

/// Reads records behind the header. What a record refers to with a span stays as it is until the next one.
/// Cost: O(fields); memory for the largest event so far. One thread at a time.
class decoder {
 public:
  explicit decoder(const model_shape& shape) : shape_(&shape), demands_(shape.widest_layer()) {}

  /// The next record; for tag `step` it reads on to its event. What is impossible is told through `from.object`.
  template <class Bytes>
  [[nodiscard]] record next(field_reader<Bytes>& from);

 private:
  template <class Bytes>
  [[nodiscard]] record event(field_reader<Bytes>& from);
  template <class Bytes>
  [[nodiscard]] record hinted(field_reader<Bytes>& from);
  template <class Bytes>
  [[nodiscard]] record decision(tag what, field_reader<Bytes>& from);
  template <class Bytes>
  [[nodiscard]] expert_id expert(field_reader<Bytes>& from) const {
    const auto layer = from.at_most(65'535, "a layer above 65535");
    const expert_id e = make_expert(layer, from.at_most(65'535, "an expert above 65535"));
    if (shape_->contains(e)) return e;
    from.object("an expert the model does not have");
    return {};
  }
  template <class Bytes>
  void ids(field_reader<Bytes>& from, layer_index layer, std::uint32_t count) {
    ids_.clear();
    for (std::uint32_t i = 0; i < count && from.fine(); ++i) {
      const auto id = from.at_most(65'535, "an expert above 65535");
      if (id >= shape_->experts(layer) && id != 65'535) from.object("an expert the layer does not have");
      ids_.push_back(static_cast<expert_index>(id));
    }
  }
  template <class Bytes>
  static void reals(field_reader<Bytes>& from, std::uint32_t count, std::vector<float>& to) {
    to.clear();
    for (std::uint32_t i = 0; i < count && from.fine(); ++i) to.push_back(from.real());
  }
  template <class Bytes>
  [[nodiscard]] layer_index layer(field_reader<Bytes>& from) const {
    return static_cast<layer_index>(from.at_most(shape_->layers() - 1, "a layer the model does not have"));
  }

  const model_shape* shape_;
  demand_collector demands_;
  layer_event step_;  // of the step record that came last
  bool begun_ = false;
  nanoseconds now_{};
  std::vector<expert_index> ids_;
  std::vector<float> weights_, hidden_;
  std::vector<demand> wanted_;
  std::vector<completion> told_;
};

}  // namespace moesaic::trace::journal

#include <moesaic/trace/journal_records.hpp>
