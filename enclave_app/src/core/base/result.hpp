// Result<T>: a value or an Error. The one way this code base reports failure.
#pragma once

#include <variant>

#include "base/bytes.hpp"

namespace ben {

// What the caller can do about a failure. Add a code only when callers act on it differently.
enum class ErrorCode : std::uint8_t {
  malformed,    // input breaks its format; retrying is useless
  refused,      // well formed, but a rule says no
  unavailable,  // a device, peer or service did not answer; retrying may help
  internal,     // a bug or a broken invariant
};

// Text known at compile time: no run-time data, and so no secret, can end up in an error.
class StaticText {
 public:
  consteval StaticText(const char* literal) : text_(literal) {}
  [[nodiscard]] constexpr std::string_view view() const noexcept { return text_; }

 private:
  std::string_view text_;
};

// `tag` is `area-what`, stable for ever and listed in docs/protocol.md; programs act on it.
// `reason` is a sentence for people: what is wrong and, where it helps, what to do.
// `detail` names the field the reason is about, where there is one.
struct [[nodiscard]] Error {
  ErrorCode code;
  StaticText tag;
  StaticText reason;
  StaticText detail = "";
};

constexpr Error malformed(StaticText tag, StaticText reason, StaticText detail = "") {
  return {ErrorCode::malformed, tag, reason, detail};
}
constexpr Error refused(StaticText tag, StaticText reason, StaticText detail = "") {
  return {ErrorCode::refused, tag, reason, detail};
}
constexpr Error unavailable(StaticText tag, StaticText reason) {
  return {ErrorCode::unavailable, tag, reason};
}
constexpr Error internal(StaticText tag, StaticText reason) { return {ErrorCode::internal, tag, reason}; }

struct Ok {};

// Both sides convert, so a function returns its value or `refused("tag", "reason")`, and passes a failure
// on with BEN_TRY. A dropped Result is a warning, and reading the side that is not there ends the program.
// The names are those of std::expected, which would replace this class where both compilers have it.
template <typename T = Ok, typename E = Error>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(E error) : state_(std::in_place_index<1>, error) {}

  [[nodiscard]] bool has_value() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return has_value(); }

  [[nodiscard]] T& operator*() & noexcept { return present(std::get_if<0>(&state_)); }
  [[nodiscard]] const T& operator*() const& noexcept { return present(std::get_if<0>(&state_)); }
  [[nodiscard]] T&& operator*() && noexcept { return std::move(present(std::get_if<0>(&state_))); }
  [[nodiscard]] T* operator->() noexcept { return &**this; }
  [[nodiscard]] const T* operator->() const noexcept { return &**this; }
  [[nodiscard]] const E& error() const noexcept { return present(std::get_if<1>(&state_)); }

 private:
  template <typename Side>
  static Side& present(Side* side) noexcept {
    if (side == nullptr) std::abort();
    return *side;
  }

  std::variant<T, E> state_;
};

}  // namespace ben

// `BEN_TRY(const auto size, read_size());` declares or assigns the value, and `BEN_TRY(write());` wants none:
// where the expression failed, the function that has the line returns its error. It is two statements, so
// never the body of an `if` or a loop without braces; a comma outside of parentheses is taken for the one
// after a declaration.
#define BEN_TRY(...) BEN_TRY_CHOOSE(__VA_ARGS__, BEN_TRY_VALUE, BEN_TRY_DONE, )(__VA_ARGS__)
#define BEN_TRY_CHOOSE(first, second, chosen, ...) chosen
#define BEN_TRY_DONE(expression) \
  if (const auto tried = (expression); !tried) return tried.error()
#define BEN_TRY_VALUE(declaration, expression) BEN_TRY_ON(__LINE__, declaration, expression)
#define BEN_TRY_ON(line, declaration, expression) BEN_TRY_NAMED(line, declaration, expression)
#define BEN_TRY_NAMED(line, declaration, expression) \
  auto tried_##line = (expression);                  \
  if (!tried_##line) return tried_##line.error();    \
  declaration = *std::move(tried_##line)  // NOLINT(bugprone-macro-parentheses): it may declare
