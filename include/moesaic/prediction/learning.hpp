// SPDX-License-Identifier: MIT
#pragma once

namespace moesaic::prediction {

/// Tells a predictor whether events still teach it. Only who measures says it: a predictor learns from the start, in any
/// program. While `on` is false, events are still evidence for the next forecast (what was
/// used lately is evidence too, however it is kept), and no table changes.
///
/// Source: ours; held-out measurement needs a predictor that hears and does not learn. Cost: none. State and Ties: none.
struct learning {
  bool on = true;
};

}  // namespace moesaic::prediction
