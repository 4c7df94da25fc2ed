// SPDX-License-Identifier: MIT
#include "model_keys.hpp"

#include <cmath>

namespace moesaic::decoder {

std::int64_t model_keys::whole(std::string_view name, std::int64_t least, std::int64_t most) {
  const std::string key = full(name);
  std::int64_t value = 0;
  if (file_.is_array(key)) {
    const auto all = file_.wholes(key);
    if (!all || (*all).empty()) {
      fail(all ? error(error_code::bad_file, file_.path(), ": the key ", key, " is an empty list") : all.error());
      return least;
    }
    value = (*all).front();
    for (const std::int64_t other : *all)
      if (other != value) {
        fail(error(error_code::bad_file, file_.path(), ": the key ", key, " differs between layers, which this decoder does not support"));
        return least;
      }
  } else {
    const auto one = file_.whole(key);
    if (!one) {
      fail(one.error());
      return least;
    }
    value = static_cast<std::int64_t>(*one);
  }
  if (value >= least && value <= most) return value;
  fail(error(error_code::bad_file, file_.path(), ": the key ", key, " is ", value, "; expected ", least, " to ", most));
  return least;
}

std::int64_t model_keys::whole_or(std::string_view name, std::int64_t otherwise, std::int64_t least, std::int64_t most) {
  return file_.has(full(name)) ? whole(name, least, most) : otherwise;
}

double model_keys::real(std::string_view name, double least, double most) {
  const auto value = file_.real(full(name));
  if (!value) {
    fail(value.error());
    return least;
  }
  if (std::isfinite(*value) && *value >= least && *value <= most) return *value;
  fail(error(error_code::bad_file, file_.path(), ": the key ", full(name), " has a value that makes no sense (not finite or out of range)"));
  return least;
}

double model_keys::real_or(std::string_view name, double otherwise, double least, double most) {
  return file_.has(full(name)) ? real(name, least, most) : otherwise;
}

bool model_keys::flag_or(std::string_view name, bool otherwise) {
  if (!file_.has(full(name))) return otherwise;
  const auto value = file_.flag(full(name));
  if (value) return *value;
  fail(value.error());
  return otherwise;
}

std::string model_keys::text_or(std::string_view name, std::string_view otherwise) {
  if (!file_.has(full(name))) return std::string(otherwise);
  const auto value = file_.text(full(name));
  if (value) return std::string(*value);
  fail(value.error());
  return std::string(otherwise);
}

void model_keys::require(bool holds, std::string_view sentence) {
  if (!holds) fail(error(error_code::bad_file, file_.path(), ": ", sentence));
}

}  // namespace moesaic::decoder
