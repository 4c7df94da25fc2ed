// SPDX-License-Identifier: MIT
// moesaic-trace: what recorded expert routing holds, in any format the library reads, and the same in another form.
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "command_line/output_file.hpp"
#include "command_line/program.hpp"
#include "command_line/progress.hpp"
#include "description.hpp"
#include "journal_commands.hpp"
#include "options.hpp"
#include "recall.hpp"
#include "rewrite.hpp"

namespace {

using namespace moesaic::tracing;
using moesaic::error_code;
using moesaic::result;
namespace command_line = moesaic::command_line;

constexpr command_line::program self("moesaic-trace");

result<void> describe_all(const options& asked, command_line::progress& shown) {
  if (const result<void> fine = command_line::can_be_written(asked.json); !fine) return fine;
  std::vector<description> all;
  for (const std::string& path : asked.traces) {
    result<description> d = describe(path, asked.said, shown);
    if (!d) return d.error();
    all.push_back(*std::move(d));
  }
  shown.done();
  const bool statistics = asked.what == command::stats;
  if (asked.json == "-") return command_line::print(as_json(all, statistics));
  if (const result<void> out = command_line::print(as_text(all, statistics)); !out || asked.json.empty()) return out;
  return command_line::save(asked.json, as_json(all, statistics));
}

result<void> run(const options& asked) {
  command_line::progress shown(self.name(), true);
  if (asked.what == command::info || asked.what == command::stats) return describe_all(asked, shown);
  const result<std::string> said = asked.what == command::verify     ? verify(asked, shown)
                                   : asked.what == command::timeline ? draw_timeline(asked)
                                                                     : rewrite(asked, shown);
  shown.done();
  if (!said) return said.error();
  return command_line::print(*said);
}

int end(const result<void>& ran) {
  if (ran) return command_line::done;
  const error_code why = ran.error().code();
  const bool half_way = why == error_code::transfer_failed || why == error_code::out_of_memory || why == error_code::wrong_order;
  return self.complain(ran.error(), half_way ? command_line::failed_half_way : command_line::wrong_request);
}

}  // namespace

int main(int argc, char** argv) {
  constexpr std::string_view no_memory = "no memory left for this";
  if (argc > 1 && std::string_view(argv[1]) == "recall")  // has options of its own
    return self.start(argc - 1, argv + 1, read_recall_options, [](const recall_request& asked) { return end(recall(asked)); }, no_memory);
  return self.start(argc, argv, read_options, [](const options& asked) { return end(run(asked)); }, no_memory);
}
