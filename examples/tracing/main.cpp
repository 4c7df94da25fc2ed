// SPDX-License-Identifier: MIT
// moesaic-trace: what recorded expert routing holds, in any format the library reads, and the same in another form.
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <new>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "command_line/output_file.hpp"
#include "command_line/progress.hpp"
#include "description.hpp"
#include "journal_commands.hpp"
#include "options.hpp"
#include "recall.hpp"
#include "rewrite.hpp"

namespace {

using namespace moesaic::tracing;
using moesaic::error;
using moesaic::error_code;
using moesaic::result;

constexpr int done = 0, failed_half_way = 1, wrong_request = 2;

int complain(std::string_view sentence, int status) {
  std::fprintf(stderr, "moesaic-trace: %.*s\n", static_cast<int>(sentence.size()), sentence.data());
  return status;
}
int complain(const error& why) {
  const bool half_way = why.code() == error_code::transfer_failed || why.code() == error_code::out_of_memory ||
                        why.code() == error_code::wrong_order;
  return complain(why.sentence(), half_way ? failed_half_way : wrong_request);
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

result<void> describe_all(const options& asked, moesaic::command_line::progress& shown) {
  const bool to_file = !asked.json.empty() && asked.json != "-";
  if (to_file)  // tried first and taken back: long work should not end at a folder that is not there
    if (const auto tried = moesaic::command_line::output_file::open(asked.json, false); !tried) return tried.error();
  std::vector<description> all;
  for (const std::string& path : asked.traces) {
    result<description> d = describe(path, asked.said, shown);
    if (!d) return d.error();
    all.push_back(*std::move(d));
  }
  shown.done();
  const bool statistics = asked.what == command::stats;
  if (asked.json != "-")
    if (const result<void> out = print(as_text(all, statistics)); !out) return out;
  if (asked.json.empty()) return {};
  return asked.json == "-" ? print(as_json(all, statistics)) : save(asked.json, as_json(all, statistics));
}

result<void> run(const options& asked) {
  moesaic::command_line::progress shown("moesaic-trace", true);
  if (asked.what == command::info || asked.what == command::stats) return describe_all(asked, shown);
  const result<std::string> said = asked.what == command::verify     ? verify(asked, shown)
                                   : asked.what == command::timeline ? draw_timeline(asked)
                                                                     : rewrite(asked, shown);
  shown.done();
  if (!said) return said.error();
  return print(*said);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc > 1 && std::string_view(argv[1]) == "recall") return recall(argc - 1, argv + 1);  // has options of its own
    const auto asked = read_options(argc, argv);
    if (!asked) return complain(asked.error());
    if (const std::string* text = std::get_if<std::string>(&*asked)) {
      const result<void> out = print(*text);
      return out ? done : complain(out.error());
    }
    const result<void> ran = run(std::get<options>(*asked));
    return ran ? done : complain(ran.error());
  } catch (const std::bad_alloc&) {
    return complain("no memory left for this", failed_half_way);
  }
}
