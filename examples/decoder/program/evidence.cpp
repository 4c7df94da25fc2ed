// SPDX-License-Identifier: MIT
#include "evidence.hpp"

#include <array>
#include <cstdio>

namespace moesaic::decoder {

result<evidence> evidence::open(const std::string& logits_path, const std::string& routing_path) {
  evidence e;
  for (auto [path, file] : {std::pair{&logits_path, &e.logits_}, std::pair{&routing_path, &e.routing_}}) {
    if (path->empty()) continue;
    auto opened = command_line::output_file::open(*path, true);
    if (!opened) return opened.error();
    file->emplace(std::move(*opened));
  }
  return e;
}

result<void> evidence::write_before(std::uint64_t first) {
  for (; window_ > 0 && !open_.empty(); --window_) open_.pop_back();  // a window that broke off
  for (; !open_.empty() && open_.front().at < first; open_.pop_front()) {
    if (routing_)
      if (auto written = routing_->write(open_.front().lines); !written) return written.error();
    if (logits_)
      if (auto written = logits_->write(std::span<const float>(open_.front().logits)); !written) return written.error();
  }
  return {};
}

result<void> evidence::begin(position first, std::uint32_t tokens) {
  if (!logits_ && !routing_) return {};
  if (auto written = write_before(first.count); !written) return written.error();
  for (std::uint32_t i = 0; i < tokens; ++i) open_.push_back({first.count + i, {}, {}});
  window_ = tokens;
  return {};
}

void evidence::route(std::uint32_t block, std::span<const expert_index> routes, std::span<const float> weights) {
  if (!routing_ || window_ == 0) return;
  const std::size_t k = routes.size() / window_;
  for (std::uint32_t i = 0; i < window_; ++i) {
    place& p = open_[open_.size() - window_ + i];
    p.lines += std::to_string(p.at) + ' ' + std::to_string(block);
    for (const expert_index e : routes.subspan(i * k, k)) p.lines += ' ' + std::to_string(number(e));
    for (const float w : weights.subspan(i * k, k)) {
      std::array<char, 32> text{};
      std::snprintf(text.data(), text.size(), " %.9g", static_cast<double>(w));
      p.lines += text.data();
    }
    p.lines += '\n';
  }
}

void evidence::rows(const logits_view& all) {
  if (!logits_) return;
  for (std::uint32_t i = 0; i < window_ && i < all.rows(); ++i) {
    const auto row = all.row(i);
    open_[open_.size() - window_ + i].logits.assign(row.begin(), row.end());
  }
}

void evidence::forget(position p) noexcept {
  while (!open_.empty() && open_.back().at >= p.count) open_.pop_back();
  window_ = 0;
}

result<void> evidence::finish() {
  if (auto written = write_before(UINT64_MAX); !written) return written.error();
  for (auto* file : {&routing_, &logits_})
    if (*file)
      if (auto closed = (*file)->finish(); !closed) return closed.error();
  return {};
}

}  // namespace moesaic::decoder
