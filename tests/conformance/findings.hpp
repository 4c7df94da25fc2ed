// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace moesaic::conformance {

/// What a suite has to say against a policy; empty: it conforms. Suites answer findings instead of failing a test themselves,
/// so that a test can also hold that a broken policy is found out, and by which sentence.
class findings {
 public:
  /// Notes `sentence`, once, unless `fine`.
  void expect(bool fine, std::string_view sentence) {
    if (!fine && !mentions(sentence)) said_.emplace_back(sentence);
  }
  [[nodiscard]] bool mentions(std::string_view sentence) const {
    return std::any_of(said_.begin(), said_.end(), [&](const std::string& s) { return s.find(sentence) != std::string::npos; });
  }
  [[nodiscard]] bool empty() const { return said_.empty(); }
  friend std::ostream& operator<<(std::ostream& out, const findings& f) {
    for (const std::string& s : f.said_) out << "\n  - " << s;
    return out;
  }

 private:
  std::vector<std::string> said_;
};

}  // namespace moesaic::conformance
