// SPDX-License-Identifier: MIT
#include "words.hpp"

namespace moesaic::report {

std::vector<fact> common_words() {
  return {
      {"event",
       "One layer of one step (a token, or a window of tokens that go through together). Its set is every distinct expert that "
       "the step's tokens are routed to in that layer. The whole set is judged against what is resident when the event begins; "
       "every miss is served, and nothing that the event uses can leave before it ends."},
      {"hit, miss",
       "An expert of the set is a hit if it is resident when its event begins, else a miss. The hit ratio is hits per access, "
       "an access being one expert of one set."},
      {"bound",
       "What a cache that knows the future would have missed (Belady: of what may leave, the expert whose next use is farthest "
       "away leaves). Where experts differ in size it is a strong heuristic rather than a bound."},
      {"regret", "Of what a policy missed, the share that the bound would not have missed: (misses - misses of the bound) / misses."},
      {"capacity", "What stays resident, as a share of all experts or in bytes. On the axes it stands where its share of all experts is."},
      {"sliders",
       "Time per token = max(compute per token, bytes moved per token / link), tokens/s its inverse. Computing and moving are "
       "taken to overlap perfectly, so this is the best that any engine with these misses could do; signs and ratios carry "
       "over to a real machine, absolute values do not."},
  };
}

}  // namespace moesaic::report
