// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include <moesaic/core/catalogue_entry.hpp>
#include <moesaic/core/result.hpp>
#include <moesaic/core/spec.hpp>
#include <moesaic/eviction/erased.hpp>
#include <moesaic/version.hpp>

namespace moesaic::eviction {

/// What a shared library says about an eviction policy it offers: compiled once, it runs in every program that loads it.
/// Library and program have to be made with the same version of these headers and compilers that lay out classes alike;
/// `made_with` differs if they are not.
/// Source: ours. Cost: none beyond erased's. Ties: none; a policy's name that another library has taken is an error of the loader.
struct exported {
  std::uint64_t made_with = 0;  ///< has to equal layout_word
  catalogue_entry entry;        ///< views into the library
  result<erased> (*make)(const spec& written) = nullptr;
};

/// Differs between headers whose types differ in version, size or number of virtual calls.
inline constexpr std::uint64_t layout_word = erased::calls << 56U ^
                                             (std::uint64_t{version.major} << 48U | std::uint64_t{version.minor} << 40U | std::uint64_t{version.patch} << 32U) ^
                                             (sizeof(eviction_scene<distant_scores>) << 20U | sizeof(layer_event) << 10U | sizeof(result<erased>));

/// Makes a policy from its spec: by `static result<P> P::from(const spec&)` where it has that; else it takes no arguments.
template <class P>
[[nodiscard]] result<erased> make_exported(const spec& written) {
  if constexpr (!eviction_policy<P>) {
    return error(error_code::bad_argument, "not an eviction policy");  // never made: the macro's first line has stopped the compiler
  } else if constexpr (requires {
                         { P::from(written) } -> std::same_as<result<P>>;
                       }) {
    result<P> made = P::from(written);
    if (!made) return made.error();
    return erased(*std::move(made));
  } else {
    if (const result<void> plain = written.only({}, false); !plain) return plain.error();
    return erased(P{});
  }
}

/// The function a library has to have: its policies, and how many.
inline constexpr const char* exported_symbol = "moesaic_eviction_policies";
using exported_function = const exported*(std::size_t* count);

}  // namespace moesaic::eviction

/// Offers one policy from a shared library, once in a library: MOESAIC_EXPORT_EVICTION_POLICY(my_policy, "my_policy", "one line")
#define MOESAIC_EXPORT_EVICTION_POLICY(policy, name, help)                                                                                               \
  static_assert(::moesaic::explain_eviction_policy<policy>()); /* before what would only say that nothing matches */                                     \
  extern "C" __attribute__((visibility("default"))) const ::moesaic::eviction::exported* moesaic_eviction_policies(::std::size_t* count) {               \
    static const ::moesaic::eviction::exported offered{::moesaic::eviction::layout_word, {name, "", help}, &::moesaic::eviction::make_exported<policy>}; \
    *count = 1;                                                                                                                                          \
    return &offered;                                                                                                                                     \
  }                                                                                                                                                      \
  static_assert(true, "a semicolon follows")
