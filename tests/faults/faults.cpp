// SPDX-License-Identifier: MIT
#include "faults.hpp"

#include <pthread.h>
#include <sys/mman.h>
#include <sys/types.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace {
using faults::read_fault;

struct countdown {
  std::atomic<std::uint64_t> left{0};
  /// True for the one call that it reaches zero at.
  bool hits() noexcept {
    std::uint64_t now = left.load(std::memory_order_relaxed);
    while (now != 0)
      if (left.compare_exchange_weak(now, now - 1, std::memory_order_relaxed)) return now == 1;
    return false;
  }
};
countdown allocations, calls, reads;
std::atomic<bool> failed{false}, for_good{false};
std::atomic<read_fault> how{read_fault::error};
std::atomic<std::int64_t> alive{0};

void* taken(std::size_t size, std::size_t alignment) {
  if (allocations.hits()) {
    failed = true;
    throw std::bad_alloc();
  }
  if (size == 0) size = 1;
  void* const room = alignment <= alignof(std::max_align_t) ? std::malloc(size) : std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
  if (room == nullptr) throw std::bad_alloc();
  alive.fetch_add(1, std::memory_order_relaxed);
  return room;
}
void given_back(void* room) noexcept {
  if (room != nullptr) alive.fetch_sub(1, std::memory_order_relaxed);
  std::free(room);
}
bool call_fails() noexcept {
  if (!calls.hits()) return false;
  failed = true;
  return true;
}
}  // namespace

void faults::fail_allocation(std::uint64_t n) noexcept {
  failed = false;
  allocations.left = n;
}
void faults::fail_call(std::uint64_t n) noexcept {
  failed = false;
  calls.left = n;
}
void faults::fail_read(std::uint64_t n, read_fault wrong) noexcept {
  failed = for_good = false;
  how = wrong;
  reads.left = n;
}
bool faults::heal() noexcept {
  allocations.left = calls.left = reads.left = 0;
  for_good = false;
  return failed;
}
std::int64_t faults::living() noexcept { return alive.load(std::memory_order_relaxed); }

void* operator new(std::size_t size) { return taken(size, 0); }
void* operator new[](std::size_t size) { return taken(size, 0); }
void* operator new(std::size_t size, std::align_val_t alignment) { return taken(size, static_cast<std::size_t>(alignment)); }
void* operator new[](std::size_t size, std::align_val_t alignment) { return taken(size, static_cast<std::size_t>(alignment)); }
void operator delete(void* room) noexcept { given_back(room); }
void operator delete[](void* room) noexcept { given_back(room); }
void operator delete(void* room, std::size_t) noexcept { given_back(room); }
void operator delete[](void* room, std::size_t) noexcept { given_back(room); }
void operator delete(void* room, std::align_val_t) noexcept { given_back(room); }
void operator delete[](void* room, std::align_val_t) noexcept { given_back(room); }
void operator delete(void* room, std::size_t, std::align_val_t) noexcept { given_back(room); }
void operator delete[](void* room, std::size_t, std::align_val_t) noexcept { given_back(room); }

// The linker gives every call of our own objects to __wrap_..., and calls the system's as __real_...; the names are its own.
// NOLINTBEGIN(bugprone-reserved-identifier)
extern "C" {
ssize_t __real_pread(int, void*, std::size_t, off_t);
int __real_open(const char*, int, ...);
void* __real_mmap(void*, std::size_t, int, int, int, off_t);
int __real_pthread_create(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);
ssize_t __wrap_pread(int, void*, std::size_t, off_t);
int __wrap_open(const char*, int, ...);
void* __wrap_mmap(void*, std::size_t, int, int, int, off_t);
int __wrap_pthread_create(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);

ssize_t __wrap_pread(int file, void* to, std::size_t count, off_t from) {
  if (call_fails()) return errno = EIO, -1;
  if (reads.hits() || for_good) {
    failed = true;
    switch (how.load()) {
      case read_fault::error_for_good: for_good = true; [[fallthrough]];
      case read_fault::error: return errno = EIO, -1;
      case read_fault::file_ends: return 0;
      case read_fault::interrupted: return errno = EINTR, -1;
      case read_fault::half: return __real_pread(file, to, (count + 1) / 2, from);
    }
  }
  return __real_pread(file, to, count, from);
}
int __wrap_open(const char* path, int flags, ...) {
  if (call_fails()) return errno = EMFILE, -1;
  return __real_open(path, flags);  // nothing here creates files with open
}
void* __wrap_mmap(void* at, std::size_t length, int protection, int flags, int file, off_t offset) {
  if (call_fails()) return errno = ENOMEM, MAP_FAILED;
  return __real_mmap(at, length, protection, flags, file, offset);
}
int __wrap_pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*run)(void*), void* argument) {
  if (call_fails()) return EAGAIN;
  return __real_pthread_create(thread, attributes, run, argument);
}
}
// NOLINTEND(bugprone-reserved-identifier)
