// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

/// Made by golden_hits.py, which shares no line with the library.
namespace moesaic::golden {

/// Experts found one and two layers ahead, by naming top-k, in the first steps of a trace.
struct found {
  const char* trace;
  const char* predictor;
  std::uint64_t one, two;
};
inline constexpr std::uint32_t steps_of_found = 100;
inline constexpr found hits[] = {
    {"gptoss20b_6x96", "previous_step", 3782, 3661},
    {"gptoss20b_6x96", "popularity", 3396, 3269},
    {"gptoss20b_6x96", "decayed_frequency", 3634, 3510},
    {"gptoss20b_6x96", "successors", 4100, 3950},
    {"gptoss20b_6x96", "co_occurrence", 5540, 5222},
    {"gptoss20b_6x96", "naive_bayes", 5871, 5451},
    {"gptoss20b_6x96", "blend", 5805, 5426},
    {"gptoss20b_6x96", "linear", 5842, 5487},
    {"dsv2lite_law_2x128", "previous_step", 4763, 4656},
    {"dsv2lite_law_2x128", "popularity", 3411, 3337},
    {"dsv2lite_law_2x128", "decayed_frequency", 4327, 4247},
    {"dsv2lite_law_2x128", "successors", 4780, 4629},
    {"dsv2lite_law_2x128", "co_occurrence", 6902, 6557},
    {"dsv2lite_law_2x128", "naive_bayes", 7580, 7189},
    {"dsv2lite_law_2x128", "blend", 7558, 7212},
    {"dsv2lite_law_2x128", "linear", 7441, 7081},
};

}  // namespace moesaic::golden
