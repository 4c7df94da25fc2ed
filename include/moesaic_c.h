/* SPDX-License-Identifier: MIT */
#ifndef MOESAIC_C_H
#define MOESAIC_C_H

/* moesaic for engines that are not written in C++: the residency core behind plain functions, in the library moesaic_c.
 *
 * A cache is made from the shape of a model, a budget of bytes, policies as text, and something that moves experts: callbacks, or
 * files. Before a layer's experts are computed the engine acquires the event, takes seat after seat in order of readiness,
 * releases each, and ends the lease.
 *
 * Structs. The first member of every struct that has a `size` is sizeof that struct as the caller was compiled. Later versions
 * append members: a shorter struct of an older caller means zeros, a longer one of a newer caller is refused unless what this
 * library does not know is zero. So: clear a struct, set `size`, fill in. Zero is always "the default". Answers are filled in as
 * far as `size` reaches. moesaic_layer, moesaic_part, moesaic_transfer and moesaic_completion stand in arrays and never change.
 * Ownership. What is passed in is read during the call and stays the caller's, but for: `memory` and a transport's `user`, which
 * have to outlive the cache. The cache is the caller's, until moesaic_destroy. Sentences are copied into the caller's struct.
 * Threads. One thread at a time may use a cache, any thread; a second one gets MOESAIC_BUSY and changes nothing, and so does a
 * callback that calls the cache it serves. Different caches are independent. There is no state outside of caches.
 * Failures. A call answers MOESAIC_OK, or one of the two below zero that are no failures, or a code above zero; the sentence
 * behind it is in `why` or comes from moesaic_last_error. A call that fails has changed nothing, unless it says so. No C++
 * exception leaves the library; callbacks must not throw or jump out. Handles that are null, ended, or no handles are refused as
 * far as that can be seen: moesaic_destroy clears the caller's variable, leases are numbers that are never used twice. A copy of
 * a destroyed cache's pointer cannot be recognised.
 */

#include <stdint.h>

#if defined(__GNUC__)
#define MOESAIC_C_API __attribute__((visibility("default")))
#else
#define MOESAIC_C_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Counts up when callers have to be compiled anew; it is the library's SOVERSION. */
#define MOESAIC_ABI 1

enum {
  MOESAIC_ALL_HANDED_OUT = -2, /* no failure: the lease has no further seat */
  MOESAIC_NOTHING_YET = -1,    /* no failure: a seat is still on its way */
  MOESAIC_OK = 0,
  MOESAIC_BAD_ARGUMENT = 1,    /* a value is outside its documented range */
  MOESAIC_BAD_FILE = 2,        /* a file is not what the parts say it is */
  MOESAIC_CANNOT_OPEN = 3,     /* a file is missing or not permitted */
  MOESAIC_BELOW_FLOOR = 4,     /* the budget cannot hold one staging frame; the sentence names the floor */
  MOESAIC_DOES_NOT_FIT = 5,    /* MOESAIC_HOLD_ALL: the event needs more slots than there are */
  MOESAIC_WRONG_ORDER = 6,     /* a call at a moment its contract excludes: a third lease, a second release */
  MOESAIC_RELEASE_FIRST = 7,   /* nothing more can arrive until a seat is released */
  MOESAIC_TRANSFER_FAILED = 8, /* an expert did not arrive; the other seats can still be had by calling again */
  MOESAIC_UNKNOWN_NAME = 9,    /* a SPEC names no policy; the sentence lists those that exist */
  MOESAIC_OUT_OF_MEMORY = 10,
  MOESAIC_BAD_HANDLE = 11,     /* null, destroyed or ended, or never a handle */
  MOESAIC_BUSY = 12,           /* another thread, or a callback's caller, is inside this cache */
  MOESAIC_INTERNAL = 13        /* a defect of the library; please report it */
};
typedef int32_t moesaic_status;

typedef struct moesaic_cache moesaic_cache;
typedef uint64_t moesaic_lease; /* 0 is none */

typedef struct moesaic_error {
  uint32_t size;
  moesaic_status code;
  char sentence[512]; /* UTF-8, ended by 0; empty after success */
} moesaic_error;

/* One Mixture-of-Experts layer, in model order, counted from 0; dense layers are left out. */
typedef struct moesaic_layer {
  uint32_t experts;      /* routed experts, 1 to 65535 */
  uint32_t top_k;        /* experts per token, 1 to `experts` */
  uint64_t expert_bytes; /* of one expert, all parts together; 0 with `files`: what the parts add up to */
} moesaic_layer;

enum { MOESAIC_DEMAND = 0, MOESAIC_PREFETCH = 1 };

/* An expert to move: `bytes` of room begin at `to` (null with MOESAIC_NO_MEMORY); where its parts go inside is up to the engine.
 * `after`: for stream-ordered engines, the fence of the room's last use, before which nothing may be written; 0: none. */
typedef struct moesaic_transfer {
  uint64_t ticket;
  uint32_t layer, expert;
  void* to;
  uint64_t bytes;
  uint32_t why; /* MOESAIC_DEMAND, MOESAIC_PREFETCH */
  uint32_t reserved;
  uint64_t after;
} moesaic_transfer;

enum { MOESAIC_ARRIVED = 0, MOESAIC_SHORT_READ = 1, MOESAIC_READ_ERROR = 2, MOESAIC_REFUSED = 3 };

typedef struct moesaic_completion {
  uint64_t ticket;
  uint64_t bytes_moved;
  uint32_t status;      /* MOESAIC_ARRIVED ... MOESAIC_REFUSED; anything else counts as MOESAIC_REFUSED */
  int32_t system_error; /* errno or its like, for the sentence; 0: none */
} moesaic_completion;

/* Moves experts, and is the cache's clock. Callbacks are called from inside calls of the cache, on their thread.
 * Each submitted ticket is completed once, in any order, unless `cancel` answered 1: then not another byte is written and no
 * completion follows. `poll` never blocks; `wait` blocks until it has something to report and answers 0 only if nothing is open
 * (what is open then counts as refused). Completions of tickets that are not open are ignored. */
typedef struct moesaic_transport {
  uint32_t size;
  uint32_t capacity; /* tickets open at once, 1 to 65535: no more are ever submitted */
  void* user;        /* handed to every callback */
  void (*submit)(void* user, const moesaic_transfer* what);
  uint32_t (*poll)(void* user, moesaic_completion* out, uint32_t room); /* how many of `out` it filled */
  uint32_t (*wait)(void* user, moesaic_completion* out, uint32_t room); /* null: `poll` is asked until it answers */
  uint32_t (*cancel)(void* user, uint64_t ticket);                      /* null: nothing can be withdrawn */
  int64_t (*now)(void* user);                                           /* nanoseconds, never back; null: a monotonic clock */
  uint64_t overhead_ns;      /* n bytes take about overhead + n / rate; what prefetching plans with */
  uint64_t bytes_per_second; /* 0: 1e9 */
} moesaic_transport;

/* One part of an expert (usually one of three matrices): `bytes` from `offset` of file number `file`. */
typedef struct moesaic_part {
  uint32_t layer, expert;
  uint32_t part; /* number within the expert, from 0 without gaps */
  uint32_t file;
  uint64_t offset, bytes;
} moesaic_part;

enum { MOESAIC_READ_AUTOMATIC = 0, MOESAIC_READ_URING = 1, MOESAIC_READ_PREAD = 2 };
enum { MOESAIC_DIRECT_AUTOMATIC = 0, MOESAIC_DIRECT_YES = 1, MOESAIC_DIRECT_NO = 2 };

/* The library reads experts itself, past the page cache where it can, with io_uring or threads of its own. */
typedef struct moesaic_files {
  uint32_t size;
  uint32_t path_count;
  const char* const* paths;
  const moesaic_part* parts;
  uint64_t part_count;
  uint32_t backend;  /* MOESAIC_READ_... */
  uint32_t direct;   /* MOESAIC_DIRECT_... */
  uint32_t threads;  /* of the pread backend, 1 to 8; 0: 4 */
  uint32_t capacity; /* transfers at once, 1 to 1024; 0: 32 */
} moesaic_files;

enum { MOESAIC_HOST_POSSIBLE = 1, MOESAIC_NO_MEMORY = 2 };

/* clang-format off */
typedef struct moesaic_options {
  uint32_t size;
  uint32_t layer_count;
  const moesaic_layer* layers;
  const uint64_t* expert_bytes; /* null, or one for each expert, layer after layer, where experts of a layer differ */
  uint64_t expert_count;        /* how many `expert_bytes` there are */
  uint64_t budget;              /* bytes for experts: slots, transfers and staging frames, padding included */
  uint32_t frames;              /* staging frames; 0: 2 */
  uint32_t flags;               /* MOESAIC_HOST_POSSIBLE: the engine can compute experts in slow memory. MOESAIC_NO_MEMORY: seats
                                   have no addresses, everything is decided and counted all the same */
  void* memory;                 /* at least `budget` bytes, aligned; the library never touches it, so it may be a device's.
                                   Null: the library takes some of its own, on huge pages */
  uint64_t memory_bytes;
  uint64_t alignment;           /* rooms begin at multiples of it: a power of two up to 2 MiB; 0: 64, or what the files need */
  /* Policies as text, `name` or `name(argument,key=value)`; null or empty: what `system` says. */
  const char* system;           /* a named bundle; null: on_demand */
  const char* eviction;
  const char* admission;
  const char* scope;            /* "layer": each layer has room of its own; "global": one pool */
  const char* scoring;
  const char* prediction;
  const char* prefetch;
  const char* placement;
  const moesaic_transport* transport; /* this */
  const moesaic_files* files;         /* or this */
} moesaic_options;
/* clang-format on */

/* What a budget is good for. `in_use` and the peaks are 0 before a cache exists. All in bytes but `resident_experts`, `frames`. */
typedef struct moesaic_memory {
  uint32_t size;
  uint32_t frames;           /* as asked for, or fewer where the budget holds only these */
  uint64_t floor;            /* below it nothing can run */
  uint64_t recommended;
  uint64_t everything;       /* from here on nothing travels twice */
  uint64_t frame;            /* one staging frame: the largest expert */
  uint64_t resident_experts; /* how many fit beside the frames, smallest first */
  uint64_t budget, in_use;
  uint64_t peak_resident, peak_in_flight, peak_staging, peak_total; /* each the largest of its own moment */
} moesaic_memory;

/* Says what these options would need; the budget may be 0 or too small (then MOESAIC_BELOW_FLOOR, and `out` is filled in all the
 * same). Reads no file but what the alignment needs. `why` may be null. */
MOESAIC_C_API moesaic_status moesaic_plan(const moesaic_options* options, moesaic_memory* out, moesaic_error* why);
/* `*out` is null after a failure. `why` may be null. The only call besides moesaic_plan that allocates, but for
 * moesaic_acquire when an event has more routes than any before. */
MOESAIC_C_API moesaic_status moesaic_create(const moesaic_options* options, moesaic_cache** out, moesaic_error* why);
/* Ends the leases, waits for or withdraws what travels, and sets `*cache` to null. Null, or a null inside, is fine. */
MOESAIC_C_API moesaic_status moesaic_destroy(moesaic_cache** cache);

enum { MOESAIC_PREFILL = 0, MOESAIC_DECODE = 1, MOESAIC_DRAFT = 2, MOESAIC_VERIFY = 3 };
enum { MOESAIC_HOLD_ALL = 1 };

/* One (step, layer): which experts the router chose for each token. Steps and tokens are numbered from the start of the run, over
 * all sequences, and never go back. */
typedef struct moesaic_event {
  uint32_t size;
  uint32_t layer;
  uint64_t step;
  uint64_t first_token;  /* index of the step's first token */
  uint32_t phase;        /* MOESAIC_PREFILL ... MOESAIC_VERIFY */
  uint32_t tokens;       /* rows of `routes`, at least 1 */
  uint32_t k;            /* experts in each row, at least 1 */
  uint32_t flags;        /* MOESAIC_HOLD_ALL: all experts in slots at once (one batched kernel), or MOESAIC_DOES_NOT_FIT */
  const int32_t* routes; /* tokens x k experts, best first; any may repeat */
  const float* weights;  /* gate weights beside them, or null */
} moesaic_event;

enum { MOESAIC_IN_SLOT = 0, MOESAIC_IN_FRAME = 1, MOESAIC_ON_HOST = 2 };

typedef struct moesaic_seat {
  uint32_t size;
  uint32_t layer, expert;
  uint32_t where;   /* MOESAIC_IN_SLOT: kept after the event. MOESAIC_IN_FRAME: gone once released. MOESAIC_ON_HOST: compute in place */
  uint32_t entry;   /* for moesaic_release */
  uint32_t reserved;
  void* address;    /* start of the room; null on the host and without memory */
  uint64_t offset;  /* of the room in the memory; 0 where there is no address */
  uint64_t bytes;   /* charged for it */
  uint64_t arrives; /* from moesaic_next_ahead: the ticket to wait for before use; 0: it is there */
} moesaic_seat;

/* Every expert of the event is decided upon and on its way or pinned. At most two leases, of different layers. */
MOESAIC_C_API moesaic_status moesaic_acquire(moesaic_cache* cache, const moesaic_event* event, moesaic_lease* out);
/* The next expert that is there; waits if none is. MOESAIC_ALL_HANDED_OUT at the end. */
MOESAIC_C_API moesaic_status moesaic_next(moesaic_cache* cache, moesaic_lease lease, moesaic_seat* out);
/* The same without waiting: MOESAIC_NOTHING_YET. */
MOESAIC_C_API moesaic_status moesaic_try_next(moesaic_cache* cache, moesaic_lease lease, moesaic_seat* out);
/* The same, but what still travels is handed out too; the consumer waits for `arrives`. */
MOESAIC_C_API moesaic_status moesaic_next_ahead(moesaic_cache* cache, moesaic_lease lease, moesaic_seat* out);
/* The seat's compute is done, or is behind `last_use` (0: done); it is not to be touched after that. */
MOESAIC_C_API moesaic_status moesaic_release(moesaic_cache* cache, moesaic_lease lease, uint32_t entry, uint64_t last_use);
/* Releases the rest and gives up what has not been handed out. The number is void afterwards. */
MOESAIC_C_API moesaic_status moesaic_end(moesaic_cache* cache, moesaic_lease lease);
/* Where a part lies in its expert's room (files only). */
MOESAIC_C_API moesaic_status moesaic_part_place(moesaic_cache* cache, uint32_t layer, uint32_t expert, uint32_t part, uint64_t* offset, uint64_t* bytes);

enum {
  MOESAIC_FROM_TARGET_ROUTER = 0,
  MOESAIC_FROM_DRAFT_ROUTER = 1,
  MOESAIC_FROM_TARGET_GATE_ON_DRAFT = 2,
  MOESAIC_FROM_HISTORY = 3,
  MOESAIC_FROM_TARGET_GATE_AHEAD = 4
};
enum { MOESAIC_DRAFT_STARTED = 0, MOESAIC_TOKEN_DRAFTED = 1, MOESAIC_DRAFT_CUT = 2, MOESAIC_DRAFT_ENDED = 3 };

/* Early knowledge about one token of the coming window in one layer. */
typedef struct moesaic_hint {
  uint32_t size;
  uint32_t from;          /* MOESAIC_FROM_... */
  uint32_t layer;
  uint32_t at;            /* position in the window, 0 to 63 */
  uint32_t expert_count;
  uint32_t hidden_count;
  const int32_t* experts; /* distinct, most probable first */
  const float* weights;   /* gate weights beside them, or null */
  const float* hidden;    /* a drafter's hidden state, or null */
} moesaic_hint;

/* What a step was; times in nanoseconds. Without speculation only `step`, `committed` = 1 and `verifying_ns` are not 0. */
typedef struct moesaic_step {
  uint32_t size;
  uint32_t drafted, verified, accepted, committed; /* tokens */
  uint32_t reserved;
  uint64_t step;
  int64_t drafting_ns, verifying_ns, stalled_ns;
  uint64_t bytes_demanded, bytes_prefetched;
} moesaic_step;

/* Experts, unless a name says otherwise. accesses = hits + prefetch_late + misses. */
typedef struct moesaic_counters {
  uint32_t size;
  uint32_t reserved;
  uint64_t events, accesses, hits, misses, evictions, bypasses, host;
  uint64_t prefetches, prefetch_used, prefetch_late, prefetch_wasted, failed;
  uint64_t bytes_demanded, bytes_prefetched, bytes_host;
  int64_t stall_ns;
} moesaic_counters;

MOESAIC_C_API moesaic_status moesaic_tell_hint(moesaic_cache* cache, const moesaic_hint* hint);
/* Where a draft stands, for policies that plan by it. `tokens`, at most 64, is: the most it may become (at least 1); those drafted so far, the
 * last of which took `nanoseconds`; those that are kept, rows behind them will not be verified; those the target verifies, or 0. */
MOESAIC_C_API moesaic_status moesaic_tell_draft(moesaic_cache* cache, uint32_t what, uint32_t tokens, int64_t nanoseconds);
MOESAIC_C_API moesaic_status moesaic_tell_step(moesaic_cache* cache, const moesaic_step* step);
/* Takes in what has arrived and lets prefetching use an idle link. For whenever the engine has a moment. */
MOESAIC_C_API moesaic_status moesaic_pump(moesaic_cache* cache);
/* At most the budget at creation, without leases. */
MOESAIC_C_API moesaic_status moesaic_set_budget(moesaic_cache* cache, uint64_t bytes);
MOESAIC_C_API moesaic_status moesaic_count(moesaic_cache* cache, moesaic_counters* out);
MOESAIC_C_API moesaic_status moesaic_memory_use(moesaic_cache* cache, moesaic_memory* out);
/* The last failure of this cache's calls; code MOESAIC_OK if there was none. Later successes do not clear it. */
MOESAIC_C_API moesaic_status moesaic_last_error(moesaic_cache* cache, moesaic_error* out);

/* What a code means, in a sentence that lives as long as the library is loaded. */
MOESAIC_C_API const char* moesaic_status_text(moesaic_status status);
MOESAIC_C_API const char* moesaic_version_text(void); /* "0.1.0" */
MOESAIC_C_API uint32_t moesaic_abi(void);             /* MOESAIC_ABI of the library that is loaded */

#ifdef __cplusplus
}
#endif
#endif
