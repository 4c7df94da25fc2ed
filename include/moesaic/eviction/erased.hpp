// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include <moesaic/concepts/eviction_policy.hpp>
#include <moesaic/core/event.hpp>
#include <moesaic/core/step_outcome.hpp>

namespace moesaic::eviction {

/// Another bundle's scorer behind a pointer: what code that was compiled before the bundle can ask.
struct distant_scores {
  using hears = events<>;
  const void* scorer = nullptr;
  utility (*ask)(const void*, expert_id) noexcept = nullptr;
  [[nodiscard]] utility score(expert_id e) const noexcept { return ask(scorer, e); }
};
static_assert(utility_scorer<distant_scores>);

/// An eviction policy behind virtual calls, for those that are not known when the program is compiled: a library loaded at run
/// time (exported.hpp), an embedding in another language.
///
/// Source: ours. Mechanism: type erasure by value; copying copies the policy.
/// Cost: the policy's and a virtual call for each event, question and key; a question also copies its scene. Copying and
/// making allocate. State and Ties: the policy's. Threads: one at a time.
class erased {
 public:
  using hears = events<inventory, layer_event, admitted, evicted, lease_ended, draft_started, token_drafted, draft_cut, draft_ended, hint, step_outcome>;

  /// Virtual calls of a policy: a library made with another number of them cannot be loaded.
  static constexpr std::uint64_t calls = 15;

  template <eviction_policy P>
    requires(!std::same_as<P, erased> && std::copy_constructible<P>)
  explicit erased(P policy) : policy_(std::make_unique<holder<P>>(std::move(policy))) {}
  erased(const erased& other) : policy_(other.policy_->copy()) {}
  erased& operator=(const erased& other) {
    policy_ = other.policy_->copy();
    return *this;
  }
  erased(erased&&) noexcept = default;
  erased& operator=(erased&&) noexcept = default;
  ~erased() = default;

  void on(const inventory& all) { policy_->hear(all); }
  template <class Event>
    requires(!std::same_as<Event, inventory> && hears::template include<Event>)
  void on(const Event& event) noexcept {
    policy_->hear(event);
  }
  template <utility_scorer S>
  [[nodiscard]] std::optional<expert_id> victim(const eviction_scene<S>& seen) noexcept {
    const distant_scores scores{&seen.scores, [](const void* scorer, expert_id e) noexcept { return static_cast<const S*>(scorer)->score(e); }};
    return policy_->victim({{scores, seen.expectation, seen.residency, seen.link, seen.layer, seen.token, seen.now, seen.layer_time, seen.threshold},
                            seen.candidates,
                            seen.group,
                            seen.newcomer,
                            seen.why});
  }
  [[nodiscard]] std::optional<utility> key(expert_id e) const noexcept { return policy_->key(e); }
  /// Has the policy a key? Optional admission needs one.
  [[nodiscard]] bool keyed() const noexcept { return policy_->keyed(); }

 private:
  struct any_policy {
    any_policy() = default;
    any_policy(const any_policy&) = delete;
    any_policy& operator=(const any_policy&) = delete;
    virtual ~any_policy() = default;
    [[nodiscard]] virtual std::unique_ptr<any_policy> copy() const = 0;
    virtual void hear(const inventory&) = 0;
    virtual void hear(const layer_event&) noexcept = 0;
    virtual void hear(const admitted&) noexcept = 0;
    virtual void hear(const evicted&) noexcept = 0;
    virtual void hear(const lease_ended&) noexcept = 0;
    virtual void hear(const draft_started&) noexcept = 0;
    virtual void hear(const token_drafted&) noexcept = 0;
    virtual void hear(const draft_cut&) noexcept = 0;
    virtual void hear(const draft_ended&) noexcept = 0;
    virtual void hear(const hint&) noexcept = 0;
    virtual void hear(const step_outcome&) noexcept = 0;
    [[nodiscard]] virtual std::optional<expert_id> victim(const eviction_scene<distant_scores>&) noexcept = 0;
    [[nodiscard]] virtual std::optional<utility> key(expert_id) const noexcept = 0;
    [[nodiscard]] virtual bool keyed() const noexcept = 0;
  };
  template <class P>
  struct holder final : any_policy {
    explicit holder(P held) : policy(std::move(held)) {}
    [[nodiscard]] std::unique_ptr<any_policy> copy() const override { return std::make_unique<holder>(policy); }
    void hear(const inventory& all) override { tell(policy, all); }
    void hear(const layer_event& event) noexcept override { tell(policy, event); }
    void hear(const admitted& event) noexcept override { tell(policy, event); }
    void hear(const evicted& event) noexcept override { tell(policy, event); }
    void hear(const lease_ended& event) noexcept override { tell(policy, event); }
    void hear(const draft_started& event) noexcept override { tell(policy, event); }
    void hear(const token_drafted& event) noexcept override { tell(policy, event); }
    void hear(const draft_cut& event) noexcept override { tell(policy, event); }
    void hear(const draft_ended& event) noexcept override { tell(policy, event); }
    void hear(const hint& event) noexcept override { tell(policy, event); }
    void hear(const step_outcome& event) noexcept override { tell(policy, event); }
    [[nodiscard]] std::optional<expert_id> victim(const eviction_scene<distant_scores>& seen) noexcept override { return policy.victim(seen); }
    [[nodiscard]] std::optional<utility> key(expert_id e) const noexcept override { return key_of(policy, e); }
    [[nodiscard]] bool keyed() const noexcept override { return keyed_eviction_policy<P>; }
    P policy;
  };

  std::unique_ptr<any_policy> policy_;
};

static_assert(keyed_eviction_policy<erased>, "erased no longer models keyed_eviction_policy");

}  // namespace moesaic::eviction
