// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <moesaic/moesaic.hpp>
#include <moesaic/transport/file/expert_homes.hpp>
#include <moesaic/transport/memory_copy.hpp>

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

using namespace moesaic;

namespace {

constexpr std::uint32_t layers = 3, experts = 12, top_k = 3;
constexpr std::uint64_t size = 9'000;  // three pages as a room

using homes = file::expert_homes<transports::memory_copy>;

struct stored_model {
  stored_model() : content(std::size_t{layers} * experts * size) {
    for (std::size_t i = 0; i < content.size(); ++i) content[i] = static_cast<std::byte>(i / size * 7 + i % size * 13 + 1);
  }
  [[nodiscard]] const std::byte* of(expert_id e) const { return content.data() + (std::size_t{number(e.layer)} * experts + number(e.expert)) * size; }
  [[nodiscard]] bool is_at(const std::byte* place, expert_id e) const { return std::equal(place, place + size, of(e)); }
  std::vector<std::byte> content;
};

/// Pages that are in memory between two addresses.
std::size_t pages_present(const std::byte* from, std::uint64_t length) {
  std::vector<unsigned char> there(length / file::slab::page);
  REQUIRE(::mincore(const_cast<std::byte*>(from), length, there.data()) == 0);
  return static_cast<std::size_t>(std::count_if(there.begin(), there.end(), [](unsigned char c) { return (c & 1U) != 0; }));
}

/// Asked of the system itself, so that homes which wrongly refuse are found.
bool pages_can_move() {
#ifdef MREMAP_DONTUNMAP
  constexpr int mine = MAP_PRIVATE | MAP_ANONYMOUS;
  void* const from = ::mmap(nullptr, file::slab::page, PROT_READ | PROT_WRITE, mine, -1, 0);
  void* const to = ::mmap(nullptr, file::slab::page, PROT_READ | PROT_WRITE, mine, -1, 0);
  REQUIRE((from != MAP_FAILED && to != MAP_FAILED));
  *static_cast<char*>(from) = 42;
  const bool moved = ::mremap(from, file::slab::page, file::slab::page, MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP, to) == to;
  const bool arrived = moved && *static_cast<char*>(to) == 42;
  ::munmap(from, file::slab::page);
  ::munmap(to, file::slab::page);
  return arrived;
#else
  return false;
#endif
}

std::optional<homes> make(const stored_model& model, const model_shape& shape, std::uint64_t rooms) {
  transports::memory_source source(shape.space());
  for (std::uint32_t l = 0; l < layers; ++l)
    for (std::uint32_t e = 0; e < experts; ++e) source.add(make_expert(l, e), {.from = model.of(make_expert(l, e)), .size = {size}});
  auto made = homes::create(transports::memory_copy(std::move(source)), shape.space(), {size}, {rooms * 12'288 + 100});
  if (!made) {
    CAPTURE(made.error().sentence());
    REQUIRE_FALSE(pages_can_move());
    MESSAGE("skipped: this system moves no pages");
    return std::nullopt;
  }
  return std::move(*made);
}

template <class Eviction>
struct policies {
  one_group groups;
  scoring::none scoring;
  Eviction eviction;
  admission::forced admission;
  prediction::none prediction;
  prefetch::none prefetch;
  placement::fetch placement;
};

}  // namespace

TEST_CASE("whatever leaves and comes back, leased experts are at home, and the others' pages are gone") {
  const stored_model model;
  const model_shape shape = *model_shape::uniform(layers, experts, top_k, {size});
  constexpr std::uint64_t rooms = 7;
  auto link = make(model, shape, rooms);
  if (!link) return;
  CHECK(link->stride() == bytes{12'288});
  CHECK(link->memory().size() == rooms * 12'288);
  const std::span<std::byte> memory = link->memory();
  std::vector<bytes> charges(shape.space().size());
  for (std::uint32_t l = 0; l < layers; ++l)
    for (std::uint32_t e = 0; e < experts; ++e) charges[shape.space().flat(make_expert(l, e))] = link->stride();
  auto cache = residency<homes, policies<eviction::random>>::create(shape, std::move(*link), {},
                                                                    {.budget = {{memory.size()}, 1}, .footprint = charges, .memory = memory});
  REQUIRE(cache);
  const std::byte* const first = cache->link().home(make_expert(0, 0));

  std::uint32_t dice = 1;
  std::vector<demand> wanted;
  for (std::uint64_t step = 1; step < 400; ++step)
    for (std::uint32_t l = 0; l < layers; ++l) {
      wanted.clear();
      for (std::uint32_t e = 0; e < experts && wanted.size() < 5; ++e)
        if (((dice = dice * 1'664'525U + 1'013'904'223U) >> 28U) < 5) wanted.push_back({static_cast<expert_index>(e), 1, {}});
      if (wanted.empty()) continue;
      auto lease = cache->acquire({.step = {step}, .first_token = {step}, .layer = static_cast<layer_index>(l), .wanted = wanted}, holding::all);
      REQUIRE(lease);
      for (;;) {
        const auto seat = lease->next();
        REQUIRE(seat);
        if (!*seat) break;
      }
      for (const demand& d : wanted) {  // all at once, as a batched kernel sees them
        const expert_id e{static_cast<layer_index>(l), d.expert, {}};
        REQUIRE(model.is_at(cache->link().home(e), e));
        CHECK(cache->link().home(e) == first + shape.space().flat(e) * 12'288);
      }
      REQUIRE(pages_present(first, 12'288 * shape.space().size()) <= (rooms - 1) * 3);  // one room is the frame's
    }
  CHECK(cache->count().misses > 500);
  CHECK(cache->count().hits > 100);
}

TEST_CASE("an expert that comes back into another room keeps its home, and the two rooms change pages") {
  const stored_model model;
  const model_shape shape = *model_shape::uniform(layers, experts, top_k, {size});
  auto link = make(model, shape, 3);
  if (!link) return;
  std::uint64_t number_of = 0;
  const auto bring = [&](expert_id e, std::size_t room) {
    link->submit({.number = {++number_of}, .expert = e, .to = link->memory().data() + room * 12'288, .size = {size}});
    completion done;
    REQUIRE(link->wait({&done, 1}) == 1);
    CHECK(done.number == ticket{number_of});
    CHECK(done.status == transfer_status::arrived);
    return model.is_at(link->home(e), e);
  };
  const expert_id a = make_expert(0, 3), b = make_expert(2, 11), c = make_expert(1, 0);
  CHECK(bring(a, 0));
  CHECK(bring(b, 1));
  CHECK(bring(a, 1));  // its old room's pages were at its home
  CHECK(bring(c, 0));  // takes those that were b's
  CHECK(model.is_at(link->home(a), a));
  CHECK(bring(b, 2));  // a room that was never used
  CHECK(bring(a, 2));
  CHECK(model.is_at(link->home(c), c));
  CHECK(bring(b, 1));
  CHECK(model.is_at(link->home(c), c));
  CHECK(pages_present(link->home(make_expert(0, 0)), 12'288 * shape.space().size()) == 9);

  homes moved = std::move(*link);
  CHECK(model.is_at(moved.home(b), b));
}

#ifdef MREMAP_DONTUNMAP
TEST_CASE("a sandbox that forbids mremap is found at creation") {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {  // a filter cannot be taken away again
    std::array forbids{sock_filter BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
                       sock_filter BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mremap, 0, 1), sock_filter BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
                       sock_filter BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
    const sock_fprog filter{static_cast<unsigned short>(forbids.size()), forbids.data()};
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0) ::_exit(2);
    const model_shape shape = *model_shape::uniform(layers, experts, top_k, {size});
    const auto made = homes::create(transports::memory_copy(transports::memory_source(shape.space())), shape.space(), {size}, {3 * 12'288});
    ::_exit(!made && made.error().sentence().find("leave to call mremap") != std::string::npos ? 0 : 1);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  if (WEXITSTATUS(status) == 2)
    MESSAGE("skipped: this system lets nobody filter system calls");
  else
    CHECK(WEXITSTATUS(status) == 0);
}
#endif

TEST_CASE("why a transfer failed: the move, the file, or nobody knows") {
  const stored_model model;
  const model_shape shape = *model_shape::uniform(layers, experts, top_k, {size});
  struct file_like : transports::memory_copy {
    using transports::memory_copy::memory_copy;
    [[nodiscard]] error explain(expert_id, const completion&) const noexcept { return error(error_code::transfer_failed, "the file was cut"); }
  };
  static_assert(explain_transport<file::expert_homes<file_like>>() && explaining_transport<file::expert_homes<file_like>>);
  const auto told = file::expert_homes<file_like>::create(file_like(transports::memory_source(shape.space())), shape.space(), {size}, {3 * 12'288});
  const auto plain = make(model, shape, 3);
  if (!told || !plain) return;
  const completion cut{{1}, transfer_status::short_read, {}, 0}, no_room{{1}, transfer_status::refused, {}, 0},
      no_pages{{1}, transfer_status::refused, {}, ENOMEM};
  CHECK(told->explain(make_expert(2, 7), cut)->sentence() == "the file was cut");
  CHECK(told->explain(make_expert(2, 7), no_room)->sentence() == "the file was cut");
  CHECK(plain->explain(make_expert(2, 7), no_pages)->sentence() == told->explain(make_expert(2, 7), no_pages)->sentence());
  CHECK(plain->explain(make_expert(2, 7), no_pages)->sentence().starts_with("expert 7 of MoE layer 2 got no pages at its home: "));
  CHECK_FALSE(plain->explain(make_expert(2, 7), cut));
}

TEST_CASE("more homes than the system allows mappings for are refused with the number to raise") {
  std::uint64_t allowed = 0;
  if (!(std::ifstream("/proc/sys/vm/max_map_count") >> allowed) || allowed > 10'000'000) {
    MESSAGE("skipped: no limit of mappings, or one that no model reaches");
    return;
  }
  const model_shape shape = *model_shape::uniform(static_cast<std::uint32_t>(allowed / 2'000 + 1), 1'000, 1, {size});
  const auto made = homes::create(transports::memory_copy(transports::memory_source(shape.space())), shape.space(), {size}, {3 * 12'288});
  REQUIRE_FALSE(made);
  CHECK(made.error().sentence().find("vm.max_map_count") != std::string::npos);
}
