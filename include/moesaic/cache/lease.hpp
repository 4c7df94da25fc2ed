// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include <moesaic/core/residence.hpp>
#include <moesaic/core/result.hpp>

namespace moesaic {

struct lease_state;

/// What `try_next` found: a seat, nothing yet, or nothing more.
struct poll_result {
  enum class kind : std::uint8_t { ready, nothing_yet, all_handed_out } what = kind::nothing_yet;
  seat where{};
};

/// The experts of one event, in order of readiness. Move-only; its end is the end of the pins.
///
/// `next` may wait for the transport; nullopt: everything has been handed out. An expert that could not be brought is an
/// error that names it; the others can still be had by calling again. `release_first` is no failure: nothing more can arrive
/// until something handed out is released (experts that are streamed share a few frames).
/// `release` as soon as the expert's own compute is done; a seat is not to be touched after that. Kept experts stay pinned
/// until the lease ends all the same. The destructor releases the rest, and waits for or cancels what still travels into a
/// frame. One thread; the residency must outlive the lease and not be moved meanwhile.
template <class Residency>
class [[nodiscard]] lease {
 public:
  lease(lease&& other) noexcept : owner_(std::exchange(other.owner_, nullptr)), mine_(other.mine_) {}
  lease& operator=(lease&& other) noexcept {
    if (this != &other) {
      end();
      owner_ = std::exchange(other.owner_, nullptr);
      mine_ = other.mine_;
    }
    return *this;
  }
  lease(const lease&) = delete;
  lease& operator=(const lease&) = delete;
  ~lease() { end(); }

  result<std::optional<seat>> next() noexcept { return owner_->next(*mine_); }
  result<poll_result> try_next() noexcept { return owner_->try_next(*mine_); }
  /// For stream-ordered engines: hands out what still travels, too. Its consumer has to wait for the ticket `arrives`.
  result<std::optional<seat>> next_ahead() noexcept { return owner_->next_ahead(*mine_); }
  /// `last_use`: the fence behind the engine's last use of the seat; none if the use is over.
  void release(const seat& done, fence last_use = {}) noexcept { owner_->release(*mine_, done, last_use); }
  /// Ends the lease now instead of in the destructor.
  void end() noexcept {
    if (owner_ != nullptr) std::exchange(owner_, nullptr)->end(*mine_);
  }

 private:
  friend Residency;
  lease(Residency* owner, lease_state* mine) noexcept : owner_(owner), mine_(mine) {}
  Residency* owner_;
  lease_state* mine_;
};

}  // namespace moesaic
