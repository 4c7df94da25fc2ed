// SPDX-License-Identifier: MIT
// moesaic-replay: what eviction and admission policies are worth on recorded routing. The same policy types as in a real
// run decide here, on event sets, without a byte being moved.
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "command_line/output_file.hpp"
#include "command_line/program.hpp"
#include "options.hpp"
#include "report_page.hpp"
#include "row_json.hpp"
#include "run_rows.hpp"
#include "table.hpp"

namespace {

using namespace moesaic::replaying;
using moesaic::error_code;
using moesaic::result;
namespace command_line = moesaic::command_line;
using command_line::failed_half_way, command_line::wrong_request;

constexpr command_line::program self("moesaic-replay");

result<std::vector<row>> replay_all(const options& asked) {
  std::optional<finished_rows> finished;
  if (!asked.resume.empty()) {
    result<finished_rows> list = finished_rows::open(asked.resume);
    if (!list) return list.error();
    finished.emplace(*std::move(list));
  }
  command_line::progress shown(self.name(), true);
  std::vector<row> rows;
  for (const std::string& path : asked.traces) {
    const result<loaded_trace> trace = load(path, asked, shown);
    if (!trace) return trace.error();
    result<std::vector<row>> of_trace = run_rows(*trace, asked, finished ? &*finished : nullptr, shown);
    if (!of_trace) return of_trace.error();
    for (row& r : *of_trace) rows.push_back(std::move(r));
  }
  return rows;
}

int run(const options& asked, const std::string& command) {
  const bool to_stdout = asked.json == "-";
  for (const std::string* path : {&asked.json, &asked.report})
    if (const auto fine = command_line::can_be_written(*path); !fine) return self.complain(fine.error(), wrong_request);
  const result<std::vector<row>> rows = replay_all(asked);
  if (!rows) {
    const bool half_way = rows.error().code() == error_code::out_of_memory || rows.error().code() == error_code::transfer_failed;
    return self.complain(rows.error(), half_way ? failed_half_way : wrong_request);
  }
  if (const result<void> out = command_line::print(to_stdout ? document(*rows) : as_table(*rows)); !out) return self.complain(out.error(), failed_half_way);
  if (!to_stdout && !asked.json.empty())
    if (const result<void> out = command_line::save(asked.json, document(*rows)); !out) return self.complain(out.error(), failed_half_way);
  if (!asked.report.empty())
    if (const result<void> out = command_line::save(asked.report, moesaic::report::as_html(report_page(*rows, asked, command))); !out)
      return self.complain(out.error(), failed_half_way);
  return command_line::done;
}

}  // namespace

int main(int argc, char** argv) {
  const auto and_run = [&](const options& asked) { return run(asked, "moesaic-replay " + moesaic::report::command_text(argc - 1, argv + 1)); };
  return self.start(argc, argv, read_options, and_run, "no memory left for this; take fewer windows at once, or a part of the trace");
}
