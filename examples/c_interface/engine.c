/* SPDX-License-Identifier: MIT
 * An engine in C that keeps its layer loop and its own copies: a quarter of its experts in fast memory, the others brought by a
 * callback when a layer wants them. Ends with status 1 if a weight is not what it should be. */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <moesaic_c.h>

enum { layers = 4, experts = 16, top_k = 2, floats = 256, most_open = 8 };

// [transport]
struct slow_memory {
  float weights[layers][experts][floats];
  moesaic_transfer open[most_open];
  uint32_t count;
};

static void submit(void* user, const moesaic_transfer* what) {
  struct slow_memory* slow = user;
  slow->open[slow->count++] = *what; /* never more than `capacity` */
}
static uint32_t poll_copies(void* user, moesaic_completion* out, uint32_t room) {
  struct slow_memory* slow = user;
  uint32_t done = 0;
  while (slow->count > 0 && done < room) {
    const moesaic_transfer what = slow->open[--slow->count];
    memcpy(what.to, slow->weights[what.layer][what.expert], sizeof slow->weights[0][0]);
    const moesaic_completion arrived = {what.ticket, sizeof slow->weights[0][0], MOESAIC_ARRIVED, 0};
    out[done++] = arrived;
  }
  return done;
}
// [/transport]

static int fail(const char* what, moesaic_cache* cache, moesaic_status status) {
  moesaic_error why = {.size = sizeof why};
  if (moesaic_last_error(cache, &why) != MOESAIC_OK || why.code == MOESAIC_OK) strcpy(why.sentence, moesaic_status_text(status));
  fprintf(stderr, "%s: %s\n", what, why.sentence);
  moesaic_destroy(&cache);
  return 1;
}

// [layer]
/* Answers the sum of all weights of the layer's two experts, or a failure. */
static moesaic_status run_layer(moesaic_cache* cache, uint32_t layer, uint64_t token, const int32_t routes[top_k], double* sum) {
  const moesaic_event event = {
      .size = sizeof event, .layer = layer, .step = token, .first_token = token, .phase = MOESAIC_DECODE, .tokens = 1, .k = top_k, .routes = routes};
  moesaic_lease lease;
  moesaic_status status = moesaic_acquire(cache, &event, &lease);
  if (status != MOESAIC_OK) return status;
  moesaic_seat seat = {.size = sizeof seat};
  while ((status = moesaic_next(cache, lease, &seat)) == MOESAIC_OK) { /* whichever is there first */
    const float* weights = seat.address;
    for (int i = 0; i < floats; ++i) *sum += weights[i];
    moesaic_release(cache, lease, seat.entry, 0); /* its room may serve another now */
  }
  moesaic_end(cache, lease);
  return status == MOESAIC_ALL_HANDED_OUT ? MOESAIC_OK : status;
}
// [/layer]

int main(void) {
  if (moesaic_abi() != MOESAIC_ABI) return fputs("another moesaic_c.h than the library's\n", stderr), 1;
  static struct slow_memory slow;
  for (int l = 0; l < layers; ++l)
    for (int e = 0; e < experts; ++e)
      for (int i = 0; i < floats; ++i) slow.weights[l][e][i] = (float)(l * experts + e + 1);

  // [create]
  moesaic_layer shape[layers];
  for (int l = 0; l < layers; ++l) shape[l] = (moesaic_layer){experts, top_k, sizeof slow.weights[0][0]};
  const moesaic_transport copies = {.size = sizeof copies, .capacity = most_open, .user = &slow, .submit = submit, .poll = poll_copies};
  const moesaic_options options = {.size = sizeof options,
                                   .layer_count = layers,
                                   .layers = shape,
                                   .budget = sizeof slow.weights / 4,
                                   .eviction = "lrfu(32)",
                                   .prefetch = "most_useful",
                                   .transport = &copies};
  moesaic_error why = {.size = sizeof why};
  moesaic_cache* cache = NULL;
  if (moesaic_create(&options, &cache, &why) != MOESAIC_OK) return fprintf(stderr, "%s\n", why.sentence), 1;
  // [/create]

  uint32_t dice = 1;
  for (uint64_t token = 0; token < 500; ++token)
    for (uint32_t l = 0; l < layers; ++l) {
      dice = dice * 1664525u + 1013904223u;
      const int32_t first = (int32_t)((token / 20 + (dice >> 30)) % experts); /* near tokens want similar experts */
      const int32_t routes[top_k] = {first, (first + 5) % experts};
      double sum = 0;
      const moesaic_status status = run_layer(cache, l, token, routes, &sum);
      if (status != MOESAIC_OK) return fail("a layer", cache, status);
      const double expected = (double)floats * (2.0 * (l * experts + 1) + routes[0] + routes[1]);
      if (sum != expected) return fprintf(stderr, "layer %u computed with wrong weights\n", (unsigned)l), 1;
    }

  moesaic_counters count = {.size = sizeof count};
  moesaic_memory memory = {.size = sizeof memory};
  if (moesaic_count(cache, &count) != MOESAIC_OK || moesaic_memory_use(cache, &memory) != MOESAIC_OK) return fail("counters", cache, MOESAIC_INTERNAL);
  printf("moesaic %s: %" PRIu64 " of %" PRIu64 " experts were there, peak %" PRIu64 " of %" PRIu64 " bytes\n", moesaic_version_text(), count.hits,
         count.accesses, memory.peak_total, memory.budget);

  /* What is wrong is said in a sentence, and nothing else happens. */
  const int32_t nobody[top_k] = {0, experts};
  double sum = 0;
  if (run_layer(cache, 0, 500, nobody, &sum) != MOESAIC_BAD_ARGUMENT || moesaic_last_error(cache, &why) != MOESAIC_OK) return 1;
  printf("%s\n", why.sentence);

  moesaic_destroy(&cache);
  return cache == NULL && count.hits > 0 && count.accesses == layers * 500 * top_k && memory.peak_total <= memory.budget ? 0 : 1;
}
