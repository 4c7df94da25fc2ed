// SPDX-License-Identifier: MIT
#include "sentence_pieces.hpp"

#include <algorithm>

#include "unicode.hpp"

namespace moesaic::decoder {

namespace {
constexpr std::uint32_t none = byte_pair_merger::none;
}

void sentence_pieces::propose(std::string_view text, std::uint32_t at, const byte_pair_merger& names, std::span<const float> scores) {
  const std::uint32_t behind = nodes_[at].behind;
  if (behind == none) return;
  const std::uint32_t left = nodes_[at].bytes, right = nodes_[behind].bytes;
  const std::uint32_t found = names.find(text.substr(at, std::size_t{left} + right));
  if (found >= scores.size()) return;
  proposals_.push_back({scores[found], at, left, right});
  std::push_heap(proposals_.begin(), proposals_.end());
}

void sentence_pieces::merge(std::string_view text, const byte_pair_merger& names, std::span<const float> scores, std::vector<piece>& pieces) {
  nodes_.assign(text.size(), {0, none, none});
  proposals_.clear();
  std::uint32_t before = none;
  for (std::uint32_t at = 0; at < text.size(); before = at, at += nodes_[at].bytes) {
    nodes_[at] = {character_at(text, at).bytes, before, none};
    if (before != none) nodes_[before].behind = at;
  }
  for (std::uint32_t at = 0; at != none && at < text.size(); at = nodes_[at].behind) propose(text, at, names, scores);
  while (!proposals_.empty()) {
    std::pop_heap(proposals_.begin(), proposals_.end());
    const candidate best = proposals_.back();
    proposals_.pop_back();
    node& left = nodes_[best.at];
    if (left.bytes != best.left || left.behind == none || nodes_[left.behind].bytes != best.right) continue;
    node& right = nodes_[left.behind];
    left.bytes += right.bytes;
    right.bytes = 0;
    left.behind = right.behind;
    if (left.behind != none) nodes_[left.behind].before = best.at;
    if (left.before != none) propose(text, left.before, names, scores);
    propose(text, best.at, names, scores);
  }
  for (std::uint32_t at = 0; at != none && at < text.size(); at = nodes_[at].behind) {
    const std::string_view own = text.substr(at, nodes_[at].bytes);
    const std::uint32_t found = names.find(own);
    pieces.push_back({found < scores.size() ? found : none, own});
  }
}

}  // namespace moesaic::decoder
