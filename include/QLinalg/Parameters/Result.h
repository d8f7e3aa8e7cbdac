//===- Result.h - A value, or the reason why there is none ------*- C++ -*-===//
//
// Errors of this library are one line, lower case, that names the file. No
// exception is thrown for them.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_PARAMETERS_RESULT_H
#define QLINALG_PARAMETERS_RESULT_H

#include <cassert>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace qlinalg {

/// The reason, on its way into a `Result` of any type.
struct Failure {
  std::string message;
};

/// `if (!result) … result.error()`, else `*result`.
template <typename T> class [[nodiscard]] Result {
public:
  Result(T value) : state(std::in_place_index<0>, std::move(value)) {}
  Result(Failure failure) : state(std::in_place_index<1>, std::move(failure)) {}

  explicit operator bool() const { return state.index() == 0; }

  T &operator*() & {
    assert(*this && "a failure has no value");
    return *std::get_if<0>(&state);
  }
  const T &operator*() const & {
    assert(*this && "a failure has no value");
    return *std::get_if<0>(&state);
  }
  T &&operator*() && {
    assert(*this && "a failure has no value");
    return std::move(*std::get_if<0>(&state));
  }
  T *operator->() { return &**this; }
  const T *operator->() const { return &**this; }

  const std::string &error() const {
    assert(!*this && "a value has no error");
    return std::get_if<1>(&state)->message;
  }
  /// The failure, to hand on as a `Result` of another type.
  Failure failure() const { return {error()}; }

private:
  std::variant<T, Failure> state;
};

/// Success without a value: `return {};`.
template <> class [[nodiscard]] Result<void> {
public:
  Result() = default;
  Result(Failure failure) : reason(std::move(failure.message)) {}

  explicit operator bool() const { return !reason; }

  const std::string &error() const {
    assert(reason && "a success has no error");
    return *reason;
  }
  Failure failure() const { return {error()}; }

private:
  std::optional<std::string> reason;
};

} // namespace qlinalg

#endif // QLINALG_PARAMETERS_RESULT_H
