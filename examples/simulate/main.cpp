// SPDX-License-Identifier: MIT
// moesaic-simulate: how fast recorded routing would run on a machine on paper. The loop, the residency core and the policies
// are those of a real run; the model, the link and the clock are not. See --help.
#include <string>
#include <utility>
#include <vector>

#include "command_line/output_file.hpp"
#include "command_line/program.hpp"
#include "command_line/progress.hpp"
#include "options.hpp"
#include "report.hpp"
#include "report_page.hpp"
#include "row.hpp"

namespace {

using namespace moesaic::simulating;
using moesaic::error_code;
namespace command_line = moesaic::command_line;
using command_line::failed_half_way, command_line::wrong_request;

constexpr command_line::program self("moesaic-simulate");

int run(const options& asked, const std::string& command) {
  const bool to_stdout = asked.json == "-";
  for (const std::string* path : {&asked.json, &asked.report})
    if (const auto fine = command_line::can_be_written(*path); !fine) return self.complain(fine.error(), wrong_request);
  const auto on = load_hardware(asked.hardware);
  if (!on) return self.complain(on.error(), wrong_request);
  std::vector<row> rows;
  command_line::progress shown(self.name(), !asked.quiet);
  for (const std::string& path : asked.traces) {
    auto of_trace = run_rows(path, *on, asked, shown);
    shown.done();
    if (!of_trace) return self.complain(of_trace.error(), of_trace.error().code() == error_code::out_of_memory ? failed_half_way : wrong_request);
    for (row& r : *of_trace) rows.push_back(std::move(r));
  }
  for (const row& r : rows)
    if (!asked.quiet && !on->machine.host && r.policies.placement != "fetch")
      shown.remark(r.hardware + " has no host lane, so " + r.system + " fetches what it would have computed in place");
  const std::string json = asked.json.empty() ? std::string() : as_json(rows, asked);
  if (const auto out = command_line::print(to_stdout ? json : as_table(rows)); !out) return self.complain(out.error(), failed_half_way);
  if (!to_stdout && !asked.json.empty())
    if (const auto saved = command_line::save(asked.json, json); !saved) return self.complain(saved.error(), failed_half_way);
  if (!asked.report.empty())
    if (const auto saved = command_line::save(asked.report, moesaic::report::as_html(report_page(rows, command))); !saved)
      return self.complain(saved.error(), failed_half_way);
  return command_line::done;
}

}  // namespace

int main(int count, char** words) {
  const auto and_run = [&](const options& asked) { return run(asked, "moesaic-simulate " + moesaic::report::command_text(count - 1, words + 1)); };
  return self.start(count, words, read_options, and_run, "no memory left for this; take a part of the trace with --tokens");
}
