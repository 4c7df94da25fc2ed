// SPDX-License-Identifier: MIT
#include <cerrno>

#include <doctest/doctest.h>

#include <moesaic/transport/file/system_words.hpp>

TEST_CASE("system errors become words, the rare ones plain ones") {
  using moesaic::file::words_for;
  CHECK(words_for(ENOENT) == "there is no such file");
  CHECK(words_for(EACCES) == words_for(EPERM));
  CHECK(words_for(EIO) == "the device reports a read error");
  CHECK(words_for(123'456) == "system error");
}
