// SPDX-License-Identifier: MIT
#pragma once

#include <liburing.h>

#include <sched.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include <moesaic/transport/file/expert_source.hpp>
#include <moesaic/transport/file/file_transport.hpp>
#include <moesaic/transport/file/read_progress.hpp>
#include <moesaic/transport/file/read_queue.hpp>

namespace moesaic::file {

/// Reads experts through io_uring: all pieces of an expert go to the kernel together, nobody of ours waits for them. The
/// backend of `file_transport<uring>`.
/// At most `depth` pieces are inside the kernel; the rest waits here, where it can be overtaken by demand and cancelled.
/// The kernel's queue is filled in submit, poll and wait, so `depth` pieces are also what covers the time between two calls.
/// Short reads are asked for again from where they ended. Every request carries its own number, so a completion can never
/// be taken for another's.
/// Threads: called from one thread at a time, not always the same. Cost: one system call for a submission or wait; no
/// allocation after construction. The destructor waits for what is inside the kernel, because it still writes.
class uring {
 public:
  /// Takes the source if it succeeds, and leaves it alone if it fails: where the kernel has no io_uring, or refuses it to
  /// this process, the caller goes on with threads.
  [[nodiscard]] static result<uring> create(expert_source&& source, const file_transport_options& options = {}) {
    if (options.capacity < 1 || options.capacity > 1024 || options.depth < 1 || options.depth > 256)
      return error(error_code::bad_argument, "io_uring with ", options.depth, " reads at once for ", options.capacity,
                   " transfers is out of range; expected 1 to 256 reads and 1 to 1024 transfers");
    auto ring = std::make_unique<open_ring>();
    int refused = ::io_uring_queue_init(options.depth, &ring->ring, 0);
    ring->there = refused == 0;
    if (refused == 0) refused = try_out(ring->ring);
    if (refused != 0)
      return error(error_code::cannot_open, "io_uring cannot be used here: ", words_for(-refused), " (errno ", -refused, "); please choose pread");
    return uring(std::make_unique<shared>(std::move(ring), std::move(source), options));
  }

  [[nodiscard]] std::uint32_t capacity() const noexcept { return shared_->queue.capacity(); }
  void submit(const transfer& what) noexcept {
    shared_->queue.submit(what);
    shared_->fill();
  }
  std::uint32_t poll(std::span<completion> out) noexcept {
    shared_->reap();
    shared_->fill();
    return shared_->queue.collect(out);
  }
  std::uint32_t wait(std::span<completion> out) noexcept {
    shared& s = *shared_;
    if (out.empty()) return 0;
    while (true) {
      s.reap();
      s.fill();
      if (s.queue.has_complete() || s.queue.open() == 0) return s.queue.collect(out);
      s.sleep();
    }
  }
  bool cancel(ticket which) noexcept { return shared_->queue.cancel(which); }
  [[nodiscard]] std::uint32_t open() const noexcept { return shared_->queue.open(); }
  /// Bytes that reads have brought so far, edges of blocks included.
  [[nodiscard]] bytes moved() const noexcept { return shared_->queue.moved(); }
  [[nodiscard]] const expert_source& source() const noexcept { return shared_->source; }

 private:
  struct open_ring {
    open_ring() = default;
    open_ring(const open_ring&) = delete;
    open_ring& operator=(const open_ring&) = delete;
    ~open_ring() {
      if (there) ::io_uring_queue_exit(&ring);
    }
    io_uring ring{};
    bool there = false;
  };

  /// Some sandboxes allow the set-up and refuse the rest. 0, or a negative errno.
  [[nodiscard]] static int try_out(io_uring& ring) noexcept {
    io_uring_probe* const probe = ::io_uring_get_probe_ring(&ring);
    if (probe == nullptr) return -ENOSYS;
    const bool reads = ::io_uring_opcode_supported(probe, IORING_OP_READ) != 0;
    ::io_uring_free_probe(probe);
    if (!reads) return -ENOSYS;
    ::io_uring_prep_nop(::io_uring_get_sqe(&ring));
    const int sent = ::io_uring_submit(&ring);
    if (sent != 1) return sent < 0 ? sent : -EAGAIN;
    io_uring_cqe* cqe = nullptr;
    const int waited = ::io_uring_wait_cqe(&ring, &cqe);
    if (waited != 0) return waited;
    ::io_uring_cqe_seen(&ring, cqe);
    return 0;
  }

  /// A piece inside the kernel, or on its way there.
  struct request {
    read_progress reading{};
    std::uint64_t number = 0;  // told apart from who had this place before
  };

  struct shared {
    shared(std::unique_ptr<open_ring> opened, expert_source&& from, const file_transport_options& options)
        : source(std::move(from)), queue(source.layout(), options.capacity, options.longest_read), requests(options.depth), ring(std::move(opened)) {
      free.reserve(options.depth);
      unsent.reserve(options.depth);
      for (std::uint32_t i = options.depth; i > 0; --i) free.push_back(i - 1);
    }
    ~shared() {
      queue.drop_waiting();
      while (inside() > 0) {
        if (wait_inside() != 0) ::sched_yield();  // whatever it says: what is inside still writes
        reap();
        queue.drop_waiting();
      }
    }

    /// Requests that the kernel has.
    [[nodiscard]] std::size_t inside() const noexcept { return requests.size() - free.size() - unsent.size(); }

    void fill() noexcept {
      while (!free.empty()) {
        const auto next = queue.take();
        if (!next) break;
        const std::uint32_t at = free.back();
        free.pop_back();
        requests[at] = {read_progress(*next, source.files()[next->file].alignment().count), 0};
        enter(at);
      }
      send();
    }

    /// Puts the (rest of the) request into the submission queue. There is room: it has as many places as there are requests.
    void enter(std::uint32_t at) noexcept {
      request& r = requests[at];
      r.number = ++last_number;
      io_uring_sqe* const sqe = broken ? nullptr : ::io_uring_get_sqe(&ring->ring);
      if (sqe == nullptr) return end(at, transfer_status::refused, broken ? system_error : EAGAIN);
      ::io_uring_prep_read(sqe, source.files()[r.reading.what().file].descriptor(), r.reading.to(), static_cast<unsigned>(r.reading.left()),
                           r.reading.file_offset());
      ::io_uring_sqe_set_data64(sqe, r.number * requests.size() + at);
      unsent.push_back(at);
    }

    void send() noexcept {
      while (!unsent.empty() && !broken) {
        const int sent = ::io_uring_submit(&ring->ring);
        if (sent > 0) {
          unsent.erase(unsent.begin(), unsent.begin() + std::min<std::ptrdiff_t>(sent, static_cast<std::ptrdiff_t>(unsent.size())));
          hopeless = 0;
          continue;
        }
        if (sent == -EINTR) continue;
        // Out of resources: what is inside will free some. With nothing inside, somebody else has to.
        const bool passes = sent == -EAGAIN || sent == -EBUSY || sent == 0;
        if (passes && (inside() > 0 || ++hopeless < patience)) break;
        broken = true;
        system_error = sent == 0 ? EAGAIN : -sent;
      }
      if (broken) give_up();
    }

    /// The kernel takes nothing more: what it has not taken is refused, so that no ticket stays open for ever.
    void give_up() noexcept {
      while (!unsent.empty()) {
        const std::uint32_t at = unsent.back();
        unsent.pop_back();
        end(at, transfer_status::refused, system_error);
      }
      while (const auto next = queue.take()) queue.finished(*next, 0, transfer_status::refused, system_error);
    }

    void reap() noexcept {
      io_uring_cqe* cqe = nullptr;
      while (::io_uring_peek_cqe(&ring->ring, &cqe) == 0 && cqe != nullptr) {
        const std::uint64_t data = ::io_uring_cqe_get_data64(cqe);
        const std::int32_t outcome = cqe->res;
        ::io_uring_cqe_seen(&ring->ring, cqe);
        const auto at = static_cast<std::uint32_t>(data % requests.size());
        if (requests[at].number == data / requests.size()) told(at, outcome);
      }
      if (!unsent.empty()) send();
    }

    void told(std::uint32_t at, std::int32_t outcome) noexcept {
      switch (requests[at].reading.after(outcome)) {
        case read_progress::step::again: return enter(at);
        case read_progress::step::whole: return end(at, transfer_status::arrived, 0);
        case read_progress::step::ended: return end(at, transfer_status::short_read, 0);
        case read_progress::step::failed: return end(at, transfer_status::read_error, -outcome);
      }
    }

    void end(std::uint32_t at, transfer_status status, std::int32_t why) noexcept {
      requests[at].number = 0;
      free.push_back(at);
      queue.finished(requests[at].reading.what(), requests[at].reading.got(), status, why);
    }

    /// Until the kernel has something to tell. 0, or a negative errno that will not pass.
    [[nodiscard]] int wait_inside() noexcept {
      io_uring_cqe* cqe = nullptr;
      int waited = 0;
      do waited = ::io_uring_wait_cqe(&ring->ring, &cqe);
      while (waited == -EINTR || waited == -EAGAIN);
      return waited;
    }

    /// Called with tickets open and none complete.
    void sleep() noexcept {
      if (inside() == 0)
        ::sched_yield();  // the kernel is out of resources; `send` counts how often
      else if (const int trouble = wait_inside(); trouble != 0) {
        broken = true;
        system_error = -trouble;
        ::sched_yield();  // what is inside still arrives
      }
    }

    static constexpr std::uint32_t patience = 100'000;

    const expert_source source;
    read_queue queue;
    std::vector<request> requests;
    std::vector<std::uint32_t> free;
    std::vector<std::uint32_t> unsent;  // in the submission queue, and not taken by the kernel
    std::unique_ptr<open_ring> ring;    // goes first: the kernel has let go of everything by then
    std::uint64_t last_number = 0;
    std::uint32_t hopeless = 0;
    std::int32_t system_error = 0;
    bool broken = false;
  };

  explicit uring(std::unique_ptr<shared> s) noexcept : shared_(std::move(s)) {}
  std::unique_ptr<shared> shared_;
};

static_assert(transport<file_transport<uring>>, "a file transport with io_uring no longer models transport");

}  // namespace moesaic::file
