// SPDX-License-Identifier: MIT
#pragma once

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

#include <moesaic/concepts/transport.hpp>
#include <moesaic/transport/file/expert_source.hpp>
#include <moesaic/transport/file/read_progress.hpp>
#include <moesaic/transport/file/read_queue.hpp>

namespace moesaic::file {

struct pread_pool_options {
  std::uint32_t capacity = 32;        ///< tickets open at once, 1 to 1024
  std::uint32_t threads = 4;          ///< reading at the same time, 1 to 8
  bytes longest_read = mebibytes(1);  ///< larger reads are cut, so that demand waits for one piece and not for an expert
};

/// Reads experts with blocking reads on threads of its own: works wherever POSIX does. Threads take the pieces of demanded
/// experts first; one expert is read by several threads. Cancelled is what no thread has begun.
/// Rooms are host memory, so a fence (`transfer::after`) counts as past.
/// Threads: calls from one thread at a time; bytes of a room are visible to the thread that was told of its completion.
/// Signals are left to the program's own threads. The destructor lets reads under way finish and joins.
/// Cost: one lock a call and per piece; no allocation after construction.
class pread_pool {
 public:
  /// Takes the source. Fails if options are out of range, or the system starts no thread.
  [[nodiscard]] static result<pread_pool> create(expert_source source, const pread_pool_options& options = {}) {
    if (options.capacity < 1 || options.capacity > 1024 || options.threads < 1 || options.threads > 8)
      return error(error_code::bad_argument, "a pool of ", options.threads, " threads for ", options.capacity,
                   " transfers is out of range; expected 1 to 8 threads and 1 to 1024 transfers");
    pread_pool made(std::make_unique<shared>(std::move(source), options));
    for (std::uint32_t i = 0; i < options.threads; ++i) {
      sigset_t all;
      sigset_t before;
      ::sigfillset(&all);
      ::pthread_sigmask(SIG_SETMASK, &all, &before);
      pthread_t thread{};
      const int refused = ::pthread_create(&thread, nullptr, &work, made.shared_.get());
      ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
      if (refused != 0)
        return error(error_code::out_of_memory, "the system starts no thread for reading files: ", words_for(refused), " (errno ", refused, ")");
      made.shared_->threads.push_back(thread);
    }
    return made;
  }

  pread_pool(pread_pool&&) noexcept = default;
  pread_pool& operator=(pread_pool&& other) noexcept {
    stop();
    shared_ = std::move(other.shared_);
    return *this;
  }
  ~pread_pool() { stop(); }

  [[nodiscard]] std::uint32_t capacity() const noexcept { return shared_->queue.capacity(); }
  void submit(const transfer& what) noexcept {
    shared& s = *shared_;
    {
      const std::lock_guard lock(s.access);
      s.queue.submit(what);
    }
    // Wakes all: an expert has several pieces, and idle threads are few.
    s.work.notify_all();
  }
  std::uint32_t poll(std::span<completion> out) noexcept {
    const std::lock_guard lock(shared_->access);
    return shared_->queue.collect(out);
  }
  std::uint32_t wait(std::span<completion> out) noexcept {
    shared& s = *shared_;
    std::unique_lock lock(s.access);
    if (out.empty()) return 0;
    s.done.wait(lock, [&] { return s.queue.has_complete() || s.queue.open() == 0; });
    return s.queue.collect(out);
  }
  bool cancel(ticket which) noexcept {
    const std::lock_guard lock(shared_->access);
    return shared_->queue.cancel(which);
  }
  [[nodiscard]] std::uint32_t open() const noexcept {
    const std::lock_guard lock(shared_->access);
    return shared_->queue.open();
  }
  /// Bytes that reads have brought so far, edges of blocks included.
  [[nodiscard]] bytes moved() const noexcept {
    const std::lock_guard lock(shared_->access);
    return shared_->queue.moved();
  }
  [[nodiscard]] const expert_source& source() const noexcept { return shared_->source; }

  /// Reads one piece with pread: through interruptions and partial reads, to the end or to the first trouble.
  [[nodiscard]] static std::uint64_t read(const expert_file& from, const piece& p, transfer_status& status, std::int32_t& system_error) noexcept {
    read_progress progress(p, from.alignment().count);
    while (true) {
      const ssize_t n = ::pread(from.descriptor(), progress.to(), progress.left(), static_cast<off_t>(progress.file_offset()));
      switch (progress.after(n < 0 ? -errno : n)) {
        case read_progress::step::again: continue;
        case read_progress::step::whole: return progress.got();
        case read_progress::step::ended: status = transfer_status::short_read; return progress.got();
        case read_progress::step::failed:
          status = transfer_status::read_error;
          system_error = errno;
          return progress.got();
      }
    }
  }

 private:
  struct shared {
    shared(expert_source from, const pread_pool_options& options) : source(std::move(from)), queue(source.layout(), options.capacity, options.longest_read) {
      threads.reserve(options.threads);
    }
    const expert_source source;
    std::mutex access;  // guards queue and stopping
    std::condition_variable work;
    std::condition_variable done;
    read_queue queue;
    bool stopping = false;
    std::vector<pthread_t> threads;
  };

  explicit pread_pool(std::unique_ptr<shared> s) noexcept : shared_(std::move(s)) {}

  static void* work(void* argument) noexcept {
    shared& s = *static_cast<shared*>(argument);
    std::unique_lock lock(s.access);
    while (true) {
      s.work.wait(lock, [&] { return s.stopping || s.queue.has_waiting(); });
      if (s.stopping) return nullptr;
      const auto next = s.queue.take();
      if (!next) continue;
      lock.unlock();
      auto status = transfer_status::arrived;
      std::int32_t system_error = 0;
      const std::uint64_t moved = read(s.source.files()[next->file], *next, status, system_error);
      lock.lock();
      if (s.queue.finished(*next, moved, status, system_error)) s.done.notify_one();
    }
  }

  void stop() noexcept {
    if (!shared_) return;
    {
      const std::lock_guard lock(shared_->access);
      shared_->stopping = true;
    }
    shared_->work.notify_all();
    for (const pthread_t thread : shared_->threads) ::pthread_join(thread, nullptr);
    shared_.reset();
  }

  std::unique_ptr<shared> shared_;
};

}  // namespace moesaic::file
