// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>
#include <vector>

namespace moesaic::decoder {

/// The rules deepseek_llm and deepseek_v3 of pre_tokenizer.hpp. Both append the pieces of `text`, which is not empty.
void cut_deepseek_llm(std::string_view text, std::vector<std::string_view>& out);
void cut_deepseek_v3(std::string_view text, std::vector<std::string_view>& out);

}  // namespace moesaic::decoder
