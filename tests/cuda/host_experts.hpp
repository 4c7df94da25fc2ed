// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include <moesaic/core/expert_space.hpp>
#include <moesaic/cuda/device_memory.hpp>
#include <moesaic/cuda/stream_transport.hpp>
#include <moesaic/cuda/use_fences.hpp>
#include <moesaic/transport/memory_copy.hpp>

#include "support/stream_double.hpp"

namespace moesaic_test {
using namespace moesaic;

using double_fences = cuda::use_fences<stream_double>;
using double_transport = cuda::stream_transport<stream_double, transports::memory_source>;

/// A model in host memory: experts of two or three parts whose bytes tell them apart, in another order than in their rooms.
class host_experts {
 public:
  static constexpr std::uint64_t gap = 5;  ///< nobody's bytes, between the parts of a room

  host_experts(std::uint32_t layers, std::uint32_t experts, std::uint64_t least, std::uint64_t more = 0) : space_(layers, experts), far_(space_.size()) {
    for (std::uint32_t l = 0; l < layers; ++l)
      for (std::uint32_t e = 0; e < experts; ++e) {
        ids_.push_back(make_expert(l, e));
        auto& own = far_[space_.flat(ids_.back())];
        own.resize(least + more * e);
        for (std::size_t i = 0; i < own.size(); ++i) own[i] = byte_of(ids_.back(), i);
      }
  }
  [[nodiscard]] transports::memory_source source() const {
    transports::memory_source s(space_);
    for (const expert_id e : ids_)
      for (const auto& p : parts(e)) s.add(e, p);
    return s;
  }
  [[nodiscard]] std::span<const expert_id> ids() const { return ids_; }
  [[nodiscard]] const expert_space& space() const { return space_; }
  [[nodiscard]] bytes room(expert_id e) const { return {far_[space_.flat(e)].size() + gap * (parts(e).size() - 1)}; }
  [[nodiscard]] bool right(expert_id e, const std::byte* at) const {
    const auto all = parts(e);
    return std::all_of(all.begin(), all.end(),
                       [&](const transports::memory_part& p) { return std::equal(p.from, p.from + p.size.count, at + p.offset_in_slot); });
  }

 private:
  static std::byte byte_of(expert_id e, std::size_t i) {
    return static_cast<std::byte>((17 * (number(e.layer) + 1) + 29 * (number(e.expert) + 1) + 7 * i + i / 251) % 256);
  }
  /// The last third first; where the expert is even, what is left is two parts.
  [[nodiscard]] std::vector<transports::memory_part> parts(expert_id e) const {
    const auto& own = far_[space_.flat(e)];
    const std::uint64_t cut = own.size() / 3;
    std::vector<transports::memory_part> all{{own.data() + cut, {own.size() - cut}, 0}};
    std::uint64_t at = own.size() - cut + gap;
    if (number(e.expert) % 2 == 1 || cut < 2) return all.push_back({own.data(), {cut}, at}), all;
    all.push_back({own.data(), {cut / 2}, at});
    at += cut / 2 + gap;
    all.push_back({own.data() + cut / 2, {cut - cut / 2}, at});
    return all;
  }
  expert_space space_;
  std::vector<expert_id> ids_;
  std::vector<std::vector<std::byte>> far_;
};

/// What lives beside a transport over the double, in the order in which it ends.
struct double_device {
  stream_double api;
  double_fences fences;
  explicit double_device(const stream_double::options& how = {}, std::uint32_t kept = 16) : api(how), fences(std::move(*double_fences::create(api, kept))) {}
};

}  // namespace moesaic_test
