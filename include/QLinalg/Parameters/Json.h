//===- Json.h - A strict reader of JSON, without a tree ---------*- C++ -*-===//
//
// Reads RFC 8259 and nothing more, in one pass: the caller asks for the value
// that it expects next. Nothing is built in memory, so that a hostile header
// costs no more than its own size, and recursion is bounded.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_PARAMETERS_JSON_H
#define QLINALG_PARAMETERS_JSON_H

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace qlinalg {

/// Each reading function gives false once something was not as expected;
/// `error` then says what, and all further calls give false as well.
class JsonReader {
public:
  /// The text must be UTF-8 (see `isUtf8`).
  explicit JsonReader(std::string_view text) : text(text) {}

  /// Calls `member` with each key; it must read the value that follows. The
  /// reader does not look for keys that occur twice.
  bool object(const std::function<bool(std::string key)> &member);
  /// Calls `element` before each element; it must read it.
  bool array(const std::function<bool()> &element);
  bool string(std::string &value);
  /// A number without fraction and exponent that fits.
  bool integer(int64_t &value);
  /// Any value, nested at most `maxDepth` deep.
  bool skip();
  /// Nothing but white space may be left.
  bool end();

  /// An error that the caller found; gives false.
  bool fail(std::string message);
  /// Puts the place before the error that there is: "place: …"; gives false.
  bool within(const std::string &place);
  /// The first error. Syntax: "expected … at byte N, got …".
  const std::string &error() const { return message; }

  static constexpr int maxDepth = 32;

private:
  void skipSpace();
  bool consume(char expected);
  bool expected(std::string_view what);
  bool escape(std::string &value);
  bool hexDigits(uint32_t &unit);
  bool number(std::string_view &digits, bool &isInteger);

  std::string_view text;
  size_t position = 0;
  int depth = 0;
  std::string message;
};

/// RFC 3629: no overlong form, no surrogate, nothing above U+10FFFF.
bool isUtf8(std::string_view text);

/// Appends `value` (UTF-8) in quotes, escaped.
void appendJsonString(std::string &json, std::string_view value);

/// Any bytes in quotes, on one line and not too long for a message.
std::string quoteForMessage(std::string_view value);

} // namespace qlinalg

#endif // QLINALG_PARAMETERS_JSON_H
