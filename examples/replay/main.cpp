// SPDX-License-Identifier: MIT
// moesaic-replay: what eviction and admission policies are worth on recorded routing. The same policy types as in a real
// run decide here, on event sets, without a byte being moved.
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "command_line/output_file.hpp"
#include "options.hpp"
#include "report_page.hpp"
#include "row_json.hpp"
#include "run_rows.hpp"
#include "table.hpp"

namespace {

using namespace moesaic::replaying;
using moesaic::error;
using moesaic::error_code;
using moesaic::result;

constexpr int done = 0, failed_half_way = 1, wrong_request = 2;

int complain(std::string_view sentence, int status) {
  std::fprintf(stderr, "moesaic-replay: %.*s\n", static_cast<int>(sentence.size()), sentence.data());
  return status;
}

result<void> print(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0) return {};
  return error(error_code::transfer_failed, "could not write to standard output: ", std::string_view(std::strerror(errno)));
}

result<void> save(const std::string& path, std::string_view text) {
  result<moesaic::command_line::output_file> file = moesaic::command_line::output_file::open(path, false);
  if (!file) return file.error();
  if (const result<void> written = file->write(text); !written) return written.error();
  return file->finish();
}

result<std::vector<row>> replay_all(const options& asked) {
  std::optional<finished_rows> finished;
  if (!asked.resume.empty()) {
    result<finished_rows> list = finished_rows::open(asked.resume);
    if (!list) return list.error();
    finished.emplace(*std::move(list));
  }
  moesaic::command_line::progress shown("moesaic-replay", true);
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
  const bool to_file = !asked.json.empty() && !to_stdout;
  for (const std::string& path : {to_file ? asked.json : std::string(), asked.report})  // tried first and taken back: long work should not end at a folder that is not there
    if (!path.empty())
      if (const auto tried = moesaic::command_line::output_file::open(path, false); !tried) return complain(tried.error().sentence(), wrong_request);
  const result<std::vector<row>> rows = replay_all(asked);
  if (!rows) {
    const bool half_way = rows.error().code() == error_code::out_of_memory || rows.error().code() == error_code::transfer_failed;
    return complain(rows.error().sentence(), half_way ? failed_half_way : wrong_request);
  }
  if (const result<void> out = print(to_stdout ? document(*rows) : as_table(*rows)); !out) return complain(out.error().sentence(), failed_half_way);
  if (to_file)
    if (const result<void> out = save(asked.json, document(*rows)); !out) return complain(out.error().sentence(), failed_half_way);
  if (!asked.report.empty())
    if (const result<void> out = save(asked.report, moesaic::report::as_html(report_page(*rows, asked, command))); !out) return complain(out.error().sentence(), failed_half_way);
  return done;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const auto asked = read_options(argc, argv);
    if (!asked) return complain(asked.error().sentence(), wrong_request);
    if (const std::string* text = std::get_if<std::string>(&*asked)) {
      const result<void> out = print(*text);
      return out ? done : complain(out.error().sentence(), failed_half_way);
    }
    return run(std::get<options>(*asked), "moesaic-replay " + moesaic::report::command_text(argc - 1, argv + 1));
  } catch (const std::bad_alloc&) {
    return complain("no memory left for this; take fewer windows at once, or a part of the trace", failed_half_way);
  }
}
