// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include <moesaic/core/result.hpp>

namespace moesaic::simulating {

/// A place in a JSON file that knows its file and its path, so that whatever is wrong there can be said in one sentence.
class profile_node {
 public:
  profile_node(const nlohmann::json& value, std::string file, std::string path = {}) : value_(&value), file_(std::move(file)), path_(std::move(path)) {}

  [[nodiscard]] const nlohmann::json& value() const noexcept { return *value_; }
  [[nodiscard]] bool is_null() const noexcept { return value_->is_null(); }
  template <class... Parts>
  [[nodiscard]] error wrong(const Parts&... parts) const {
    return error(error_code::bad_file, file_, ": ", path_.empty() ? std::string("the file") : path_, ": ", parts...);
  }

  /// Exactly these keys have to be there. A key that is left out by mistake is then never taken for a default.
  [[nodiscard]] result<void> only(std::initializer_list<std::string_view> keys) const {
    if (!value_->is_object()) return wrong("expected an object, found ", std::string_view(value_->type_name()));
    for (const std::string_view key : keys)
      if (!value_->contains(std::string(key))) return wrong("the key '", key, "' is missing");
    for (const auto& item : value_->items()) {
      bool known = false;
      for (const std::string_view key : keys) known = known || item.key() == key;
      if (!known) return wrong("nobody knows the key '", std::string_view(item.key()).substr(0, 60), "'");
    }
    return {};
  }
  [[nodiscard]] profile_node at(std::string_view key) const {
    return {value_->at(std::string(key)), file_, path_.empty() ? std::string(key) : path_ + "." + std::string(key)};
  }
  [[nodiscard]] profile_node at(std::size_t index) const { return {value_->at(index), file_, path_ + "[" + std::to_string(index) + "]"}; }

  [[nodiscard]] result<std::string> text() const {
    if (!value_->is_string() || value_->get_ref<const std::string&>().empty()) return wrong("expected a text");
    return value_->get<std::string>();
  }
  [[nodiscard]] result<bool> flag() const {
    if (!value_->is_boolean()) return wrong("expected true or false, found ", std::string_view(value_->type_name()));
    return value_->get<bool>();
  }
  [[nodiscard]] result<double> number() const {
    if (!value_->is_number()) return wrong("expected a number, found ", std::string_view(value_->type_name()));
    const auto n = value_->get<double>();
    if (!std::isfinite(n)) return wrong("expected a finite number");
    if (n < 0) return wrong("a negative number (", std::string_view(value_->dump()).substr(0, 30), ") makes no sense here");
    return n;
  }

 private:
  const nlohmann::json* value_;
  std::string file_;
  std::string path_;
};

}  // namespace moesaic::simulating
