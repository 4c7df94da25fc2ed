// SPDX-License-Identifier: MIT
#include "inputs.hpp"

#include "command_line/text_file.hpp"

namespace moesaic::decoder {

result<std::vector<token_id>> prompt_ids(const options& o, tokenizer& words) {
  if (o.prompt_ids) {
    auto ids = command_line::parse_ids(*o.prompt_ids, "--prompt-ids");
    if (ids && ids->empty()) return error(error_code::bad_argument, "the prompt is empty; give at least one id in --prompt-ids");
    return ids;
  }
  std::string text;
  if (o.prompt_file) {
    auto read = command_line::read_text_file(*o.prompt_file);
    if (!read) return read.error();
    text = std::move(*read);
  } else {
    text = *o.prompt;
  }
  if (text.empty())
    return error(error_code::bad_argument, "the prompt is empty; give some text in ",
                 o.prompt_file ? std::string_view(*o.prompt_file) : std::string_view("--prompt"));
  return words.encode(text);
}

result<std::vector<token_id>> forced_ids(const options& o) {
  if (o.force_ids.empty()) return std::vector<token_id>{};
  const auto text = command_line::read_text_file(o.force_ids);
  if (!text) return text.error();
  auto ids = command_line::parse_ids(*text, o.force_ids);
  if (ids && ids->empty()) return error(error_code::bad_argument, o.force_ids, " holds no ids; --force-ids wants at least one");
  return ids;
}

result<void> check_ids(const std::vector<token_id>& ids, std::uint32_t vocabulary, std::string_view what) {
  for (std::size_t i = 0; i < ids.size(); ++i)
    if (ids[i] < 0 || static_cast<std::uint32_t>(ids[i]) >= vocabulary)
      return error(error_code::bad_argument, "id ", ids[i], " (number ", i + 1, " of ", what, ") is out of range; this model's ids go from 0 to ",
                   vocabulary - 1);
  return {};
}

}  // namespace moesaic::decoder
