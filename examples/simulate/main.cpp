// SPDX-License-Identifier: MIT
// moesaic-simulate: how fast recorded routing would run on a machine on paper. The loop, the residency core and the policies
// are those of a real run; the model, the link and the clock are not. See --help.
#include <csignal>
#include <cstdio>
#include <new>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "command_line/output_file.hpp"
#include "command_line/progress.hpp"
#include "options.hpp"
#include "report.hpp"
#include "report_page.hpp"
#include "row.hpp"

namespace {

using namespace moesaic::simulating;
using moesaic::error;
using moesaic::error_code;
using moesaic::result;

constexpr int done = 0, failed_half_way = 1, wrong_request = 2;

int complain(std::string_view sentence, int status) {
  std::fprintf(stderr, "moesaic-simulate: %.*s\n", static_cast<int>(sentence.size()), sentence.data());
  return status;
}

bool print(std::string_view text) { return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0; }

result<void> save(const std::string& path, std::string_view text) {
  auto file = moesaic::command_line::output_file::open(path, false);
  if (!file) return file.error();
  if (auto written = file->write(text); !written) return written;
  return file->finish();
}

int run(const options& asked, const std::string& command) {
  const bool to_stdout = asked.json == "-";
  const bool to_file = !asked.json.empty() && !to_stdout;
  for (const std::string& path : {to_file ? asked.json : std::string(), asked.report})  // tried first and taken back: long work should not end at a folder that is not there
    if (!path.empty())
      if (const auto tried = moesaic::command_line::output_file::open(path, false); !tried) return complain(tried.error().sentence(), wrong_request);
  const auto on = load_hardware(asked.hardware);
  if (!on) return complain(on.error().sentence(), wrong_request);
  std::vector<row> rows;
  moesaic::command_line::progress shown("moesaic-simulate", !asked.quiet);
  for (const std::string& path : asked.traces) {
    auto of_trace = run_rows(path, *on, asked, shown);
    shown.done();
    if (!of_trace) return complain(of_trace.error().sentence(), of_trace.error().code() == error_code::out_of_memory ? failed_half_way : wrong_request);
    for (row& r : *of_trace) rows.push_back(std::move(r));
  }
  for (const row& r : rows)
    if (!asked.quiet && !on->machine.host && r.policies.placement != "fetch")
      std::fprintf(stderr, "moesaic-simulate: %s has no host lane, so %s fetches what it would have computed in place\n", r.hardware.c_str(), r.system.c_str());
  const std::string json = asked.json.empty() ? std::string() : as_json(rows, asked);
  if (!print(to_stdout ? json : as_table(rows))) return complain("could not write to standard output", failed_half_way);
  if (to_file)
    if (const auto saved = save(asked.json, json); !saved) return complain(saved.error().sentence(), failed_half_way);
  if (!asked.report.empty())
    if (const auto saved = save(asked.report, moesaic::report::as_html(report_page(rows, command))); !saved) return complain(saved.error().sentence(), failed_half_way);
  return done;
}

}  // namespace

int main(int count, char** words) {
  std::signal(SIGPIPE, SIG_IGN);  // a closed pipe is a write error like any other
  try {
    const auto asked = read_options(count, words);
    if (!asked) return complain(asked.error().sentence(), wrong_request);
    if (const std::string* text = std::get_if<std::string>(&*asked)) return print(*text) ? done : complain("could not write to standard output", failed_half_way);
    return run(std::get<options>(*asked), "moesaic-simulate " + moesaic::report::command_text(count - 1, words + 1));
  } catch (const std::bad_alloc&) {
    return complain("no memory left for this; take a part of the trace with --tokens", failed_half_way);
  }
}
