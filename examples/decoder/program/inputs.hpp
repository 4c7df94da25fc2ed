// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include <moesaic/concepts/moe_model.hpp>
#include <moesaic/core/result.hpp>

#include "../tokenizer/tokenizer.hpp"
#include "options.hpp"

namespace moesaic::decoder {

/// The prompt's ids, from whichever form it was given in. Errors: bad_argument for an empty prompt, an id that is no id, a text
/// that this model cannot take; cannot_open.
[[nodiscard]] result<std::vector<token_id>> prompt_ids(const options& o, tokenizer& words);
/// The ids of --force-ids, none without it.
[[nodiscard]] result<std::vector<token_id>> forced_ids(const options& o);

/// Every id names a token of the vocabulary, else an error that names the first that does not.
[[nodiscard]] result<void> check_ids(const std::vector<token_id>& ids, std::uint32_t vocabulary, std::string_view what);

}  // namespace moesaic::decoder
