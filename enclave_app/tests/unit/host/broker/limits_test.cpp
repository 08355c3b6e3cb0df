#include "broker/limits.hpp"

#include <doctest/doctest.h>

#include "broker/backoff.hpp"

namespace ben::broker {
namespace {

using std::chrono::milliseconds;

TEST_CASE("waits double up to the most, and none is shorter than half of its turn") {
  Backoff shortest({.first = milliseconds(100), .most = milliseconds(1000)});
  Backoff longest({.first = milliseconds(100), .most = milliseconds(1000)});
  for (const int whole : {100, 200, 400, 800, 1000, 1000}) {
    CHECK(shortest.next(0) == milliseconds(whole / 2));
    CHECK(longest.next(static_cast<std::uint32_t>(whole - whole / 2)) == milliseconds(whole));
  }
  CHECK(shortest.attempts() == 6);
  shortest.reset();
  CHECK(shortest.attempts() == 0);
  CHECK(shortest.next(0) == milliseconds(50));
}

TEST_CASE("any random number gives a wait within its turn") {
  for (std::uint32_t random = 0; random < 2000; random += 7) {
    Backoff backoff({.first = milliseconds(100), .most = milliseconds(1000)});
    const auto wait = backoff.next(random);
    CHECK(wait >= milliseconds(50));
    CHECK(wait <= milliseconds(100));
  }
}

TEST_CASE("shares never hold more than the budget, and give back what they held") {
  ByteBudget budget(100);
  ByteBudget::Share first(budget);
  CHECK(first.grow_to(60));
  {
    ByteBudget::Share second(budget);
    CHECK(second.grow_to(40));
    CHECK_FALSE(first.grow_to(61));
    CHECK_FALSE(second.grow_to(41));
    CHECK(first.grow_to(10));  // it has that already
  }
  CHECK(first.grow_to(100));
  CHECK_FALSE(first.grow_to(101));
}

TEST_CASE("a rate limit admits its number at once, and then one in each part of a second") {
  const RateLimit::Clock::time_point start(std::chrono::hours(1));
  RateLimit limit(20);
  int admitted = 0;
  for (int i = 0; i < 100; ++i) admitted += limit.admit(start) ? 1 : 0;
  CHECK(admitted == 20);
  CHECK_FALSE(limit.admit(start + milliseconds(49)));
  CHECK(limit.admit(start + milliseconds(51)));
  CHECK_FALSE(limit.admit(start + milliseconds(52)));
  admitted = 0;
  for (int i = 0; i < 100; ++i) admitted += limit.admit(start + std::chrono::hours(1)) ? 1 : 0;
  CHECK(admitted == 20);
}

}  // namespace
}  // namespace ben::broker
