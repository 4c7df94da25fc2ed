// SPDX-License-Identifier: MIT
#pragma once

// Everything of moesaic that needs the standard library only. Files, compression and accelerators have headers of their own:
// moesaic/transport/file/, moesaic/trace/compressed_source.hpp.

#include <moesaic/admission/catalogue.hpp>
#include <moesaic/admission/forced.hpp>
#include <moesaic/admission/optional.hpp>
#include <moesaic/admission/staging_only.hpp>
#include <moesaic/cache/extent_arena.hpp>
#include <moesaic/cache/memory_plan.hpp>
#include <moesaic/cache/residency.hpp>
#include <moesaic/cache/uniform_arena.hpp>
#include <moesaic/concepts/acceptance_rule.hpp>
#include <moesaic/concepts/drafter.hpp>
#include <moesaic/concepts/moe_model.hpp>
#include <moesaic/concepts/policy_bundle.hpp>
#include <moesaic/concepts/transport.hpp>
#include <moesaic/core/decayed_count.hpp>
#include <moesaic/core/roofline.hpp>
#include <moesaic/core/routing.hpp>
#include <moesaic/core/spec.hpp>
#include <moesaic/eviction/catalogue.hpp>
#include <moesaic/eviction/fifo.hpp>
#include <moesaic/eviction/least_useful.hpp>
#include <moesaic/eviction/lfu.hpp>
#include <moesaic/eviction/lrfu.hpp>
#include <moesaic/eviction/lru.hpp>
#include <moesaic/eviction/random.hpp>
#include <moesaic/eviction/successor.hpp>
#include <moesaic/placement/catalogue.hpp>
#include <moesaic/placement/fetch.hpp>
#include <moesaic/placement/host.hpp>
#include <moesaic/prediction/catalogue.hpp>
#include <moesaic/prediction/none.hpp>
#include <moesaic/prediction/previous_step.hpp>
#include <moesaic/prediction/transition_counts.hpp>
#include <moesaic/prefetch/catalogue.hpp>
#include <moesaic/prefetch/most_useful.hpp>
#include <moesaic/prefetch/none.hpp>
#include <moesaic/runtime/offload_runtime.hpp>
#include <moesaic/scoring/catalogue.hpp>
#include <moesaic/scoring/decayed_frequency.hpp>
#include <moesaic/scoring/none.hpp>
#include <moesaic/scoring/recency.hpp>
#include <moesaic/speculation/catalogue.hpp>
#include <moesaic/speculation/fixed.hpp>
#include <moesaic/speculation/greedy.hpp>
#include <moesaic/speculation/no_draft.hpp>
#include <moesaic/speculation/sampled.hpp>
#include <moesaic/transport/instant.hpp>
#include <moesaic/transport/simulated.hpp>
#include <moesaic/version.hpp>
