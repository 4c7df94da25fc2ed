// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <type_traits>
#include <utility>

#include <moesaic/core/error.hpp>

namespace moesaic {

/// A value, or the error that explains why there is none. Actions of this library return it; questions are noexcept and
/// answer plainly. Reading the value of a failed result is undefined, so ask first: `if (!r) return r.error();`.
/// Cost: success never touches the error's storage.
template <class T>
class [[nodiscard]] result {
 public:
  using value_type = T;

  template <class U = T>
    requires(std::is_convertible_v<U, T> && !std::is_same_v<std::remove_cvref_t<U>, result> && !std::is_same_v<std::remove_cvref_t<U>, moesaic::error>)
  constexpr result(U&& value) noexcept(std::is_nothrow_constructible_v<T, U>)  // NOLINT(google-explicit-constructor)
      : succeeded_(true) {
    std::construct_at(&value_, std::forward<U>(value));
  }
  constexpr result(const moesaic::error& why) noexcept : succeeded_(false) {  // NOLINT(google-explicit-constructor)
    std::construct_at(&error_, why);
  }
  constexpr result(result&& other) noexcept(std::is_nothrow_move_constructible_v<T>) : succeeded_(other.succeeded_) {
    if (succeeded_)
      std::construct_at(&value_, std::move(other.value_));
    else
      std::construct_at(&error_, other.error_);
  }
  constexpr result(const result& other)
    requires std::is_copy_constructible_v<T>
      : succeeded_(other.succeeded_) {
    if (succeeded_)
      std::construct_at(&value_, other.value_);
    else
      std::construct_at(&error_, other.error_);
  }
  /// Only where moving cannot throw: a value replaced half way would leave nothing to destroy.
  constexpr result& operator=(result&& other) noexcept
    requires std::is_nothrow_move_constructible_v<T>
  {
    if (this != &other) {
      std::destroy_at(this);
      std::construct_at(this, std::move(other));
    }
    return *this;
  }
  constexpr result& operator=(const result& other)
    requires(std::is_copy_constructible_v<T> && std::is_nothrow_move_constructible_v<T>)
  {
    if (this != &other) *this = result(other);
    return *this;
  }
  constexpr ~result() {
    if (succeeded_)
      std::destroy_at(&value_);
    else
      std::destroy_at(&error_);
  }

  [[nodiscard]] constexpr explicit operator bool() const noexcept { return succeeded_; }
  [[nodiscard]] constexpr T& operator*() & noexcept { return value_; }
  [[nodiscard]] constexpr const T& operator*() const& noexcept { return value_; }
  [[nodiscard]] constexpr T&& operator*() && noexcept { return std::move(value_); }
  [[nodiscard]] constexpr T* operator->() noexcept { return &value_; }
  [[nodiscard]] constexpr const T* operator->() const noexcept { return &value_; }
  [[nodiscard]] constexpr const moesaic::error& error() const noexcept { return error_; }

 private:
  union {
    T value_;
    moesaic::error error_;
  };
  bool succeeded_;
};

/// Success without a value, or an error.
template <>
class [[nodiscard]] result<void> {
 public:
  using value_type = void;

  constexpr result() noexcept : succeeded_(true), nothing_() {}
  constexpr result(const moesaic::error& why) noexcept : succeeded_(false), error_(why) {}  // NOLINT(google-explicit-constructor)
  constexpr result(const result& other) noexcept : succeeded_(other.succeeded_), nothing_() {
    if (!succeeded_) std::construct_at(&error_, other.error_);
  }
  constexpr result& operator=(const result& other) noexcept {
    if (this != &other) {
      succeeded_ = other.succeeded_;
      if (!succeeded_) std::construct_at(&error_, other.error_);
    }
    return *this;
  }
  constexpr ~result() = default;

  [[nodiscard]] constexpr explicit operator bool() const noexcept { return succeeded_; }
  [[nodiscard]] constexpr const moesaic::error& error() const noexcept { return error_; }

 private:
  bool succeeded_;
  union {
    char nothing_;
    moesaic::error error_;
  };
};

}  // namespace moesaic
