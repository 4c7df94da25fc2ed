// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "../engine/ggml_model.hpp"
#include "evidence.hpp"
#include "generation.hpp"
#include "options.hpp"
#include "report.hpp"
#include "tapped_model.hpp"
#include "text_output.hpp"
#include "token_choice.hpp"

namespace moesaic::decoder {

/// Why a run ended early, and whether it had begun.
struct broken_off {
  error why;
  bool half_way = false;
};

/// The policies of a run: the system's, the parts named on the command line, and the governor of its drafts.
/// Errors: unknown_name, listing the known; bad_argument: a time limit that this governor would not heed.
[[nodiscard]] result<command_line::policy_names> named_policies(const options& o);

/// Decodes a model with routed experts: the library's loop over a file transport and the chosen policies. Fills in the report.
/// Nothing: it went well.
[[nodiscard]] std::optional<broken_off> run_routed(tapped_model<ggml_model> model, token_choice rule, const options& o, const generation_order& order,
                                                   const tokenizer& words, text_output& out, report& r);

}  // namespace moesaic::decoder
