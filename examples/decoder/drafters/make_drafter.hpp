// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include <moesaic/core/result.hpp>

#include "chosen_drafter.hpp"

namespace moesaic::decoder {

/// What --draft says, read without any model.
struct draft_request {
  struct self {
    ggml_type type;  ///< of the routed experts
  };
  struct script {
    bool right;
    std::string file;  ///< ids, separated by white space
  };
  struct model_file {
    std::string path;
  };
  std::variant<std::monostate, ngram::options, self, script, model_file> what;

  /// "none", "ngram", "ngram(longest=3,shortest=1)", "self:q4_0", "scripted:right:FILE", "scripted:wrong:FILE", or a path.
  /// Errors: bad_argument.
  [[nodiscard]] static result<draft_request> parse(std::string_view text);
  [[nodiscard]] bool none() const noexcept { return what.index() == 0; }
};

/// "name  one line" for each.
[[nodiscard]] std::string list_drafters();

/// What a drafter has to fit.
struct draft_setting {
  const ggml_model& target;
  std::string target_path;
  std::size_t prompt = 0;  ///< tokens
  ggml_type cache_type = GGML_TYPE_F32;
  float temperature = 0;
  float top_p = 1;
  std::uint64_t seed = 0;
};

/// Reads what the drafter needs. Errors: cannot_open, bad_file, out_of_memory, and bad_argument where drafter and target do not
/// speak the same tokens.
[[nodiscard]] result<chosen_drafter> make_drafter(const draft_request& request, const draft_setting& setting);

}  // namespace moesaic::decoder
