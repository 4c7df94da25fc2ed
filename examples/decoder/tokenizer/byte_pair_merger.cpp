// SPDX-License-Identifier: MIT
#include "byte_pair_merger.hpp"

#include <algorithm>
#include <string>

namespace moesaic::decoder {

std::uint32_t byte_pair_merger::symbol_of(std::string_view text) {
  const std::uint32_t known = find(text);
  return known == none ? add_symbol(text) : known;
}

void byte_pair_merger::add_merge(std::string_view left, std::string_view right) {
  const std::uint32_t l = symbol_of(left);
  const std::uint32_t r = symbol_of(right);
  merges_.try_emplace(pair_key(l, r), joined{ranks_++, symbol_of(std::string(left).append(right))});
}

std::uint32_t byte_pair_merger::byte_symbol(char byte) {
  std::uint32_t& known = of_byte_[static_cast<unsigned char>(byte)];
  if (known == none) known = symbol_of(std::string_view(&byte, 1));
  return known;
}

void byte_pair_merger::propose(std::uint32_t at) {
  const std::uint32_t behind = nodes_[at].behind;
  if (behind == none) return;
  const auto found = merges_.find(pair_key(nodes_[at].symbol, nodes_[behind].symbol));
  if (found == merges_.end()) return;
  proposals_.push_back({found->second.rank, at, nodes_[at].symbol, nodes_[behind].symbol});
  std::push_heap(proposals_.begin(), proposals_.end(), [](const candidate& a, const candidate& b) { return a.rank != b.rank ? a.rank > b.rank : a.at > b.at; });
}

void byte_pair_merger::merge(std::string_view piece, std::vector<std::uint32_t>& symbols) {
  nodes_.clear();
  proposals_.clear();
  const auto count = static_cast<std::uint32_t>(piece.size());
  for (std::uint32_t i = 0; i < count; ++i) nodes_.push_back({byte_symbol(piece[i]), i == 0 ? none : i - 1, i + 1 == count ? none : i + 1});
  for (std::uint32_t i = 0; i < count; ++i) propose(i);

  while (!proposals_.empty()) {
    std::pop_heap(proposals_.begin(), proposals_.end(),
                  [](const candidate& a, const candidate& b) { return a.rank != b.rank ? a.rank > b.rank : a.at > b.at; });
    const candidate best = proposals_.back();
    proposals_.pop_back();
    node& left = nodes_[best.at];
    if (left.symbol != best.left || left.behind == none || nodes_[left.behind].symbol != best.right) continue;
    node& right = nodes_[left.behind];
    left.symbol = merges_.find(pair_key(best.left, best.right))->second.symbol;
    right.symbol = none;  // no proposal names `none`, so those for the swallowed half are stale from here on
    left.behind = right.behind;
    if (left.behind != none) nodes_[left.behind].before = best.at;
    if (left.before != none) propose(left.before);
    propose(best.at);
  }
  for (std::uint32_t i = 0; i < count && i != none; i = nodes_[i].behind) symbols.push_back(nodes_[i].symbol);
}

}  // namespace moesaic::decoder
