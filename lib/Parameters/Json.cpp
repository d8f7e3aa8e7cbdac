//===- Json.cpp - A strict reader of JSON, without a tree -----------------===//

#include "QLinalg/Parameters/Json.h"

#include <charconv>

namespace qlinalg {

static void appendUtf8(std::string &text, uint32_t point) {
  auto put = [&](uint32_t byte) { text += static_cast<char>(byte); };
  if (point < 0x80)
    return put(point);
  if (point < 0x800) {
    put(0xc0 | point >> 6);
  } else {
    if (point < 0x10000) {
      put(0xe0 | point >> 12);
    } else {
      put(0xf0 | point >> 18);
      put(0x80 | (point >> 12 & 0x3f));
    }
    put(0x80 | (point >> 6 & 0x3f));
  }
  put(0x80 | (point & 0x3f));
}

static bool isDigit(char c) { return c >= '0' && c <= '9'; }

static bool isSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

void JsonReader::skipSpace() {
  while (position < text.size() && isSpace(text[position]))
    ++position;
}

bool JsonReader::consume(char expected) {
  if (!message.empty() || position == text.size() || text[position] != expected)
    return false;
  ++position;
  return true;
}

bool JsonReader::fail(std::string reason) {
  if (message.empty())
    message = std::move(reason);
  return false;
}

bool JsonReader::within(const std::string &place) {
  message = place + ": " + message;
  return false;
}

bool JsonReader::expected(std::string_view what) {
  std::string got =
      position < text.size() ? quoteForMessage(text.substr(position, 1)) : "the end of the text";
  return fail("expected " + std::string(what) + " at byte " + std::to_string(position) + ", got " +
              got);
}

bool JsonReader::object(const std::function<bool(std::string key)> &member) {
  skipSpace();
  if (!consume('{'))
    return expected("an object");
  if (++depth > maxDepth)
    return fail("expected at most " + std::to_string(maxDepth) + " levels, got more");
  skipSpace();
  bool isEmpty = consume('}');
  while (!isEmpty) {
    std::string key;
    if (!string(key))
      return false;
    skipSpace();
    if (!consume(':'))
      return expected("':'");
    if (!member(std::move(key)))
      return false;
    skipSpace();
    if (consume('}'))
      break;
    if (!consume(','))
      return expected("',' or '}'");
  }
  --depth;
  return message.empty();
}

bool JsonReader::array(const std::function<bool()> &element) {
  skipSpace();
  if (!consume('['))
    return expected("an array");
  if (++depth > maxDepth)
    return fail("expected at most " + std::to_string(maxDepth) + " levels, got more");
  skipSpace();
  bool isEmpty = consume(']');
  while (!isEmpty) {
    if (!element())
      return false;
    skipSpace();
    if (consume(']'))
      break;
    if (!consume(','))
      return expected("',' or ']'");
  }
  --depth;
  return message.empty();
}

bool JsonReader::string(std::string &value) {
  value.clear();
  skipSpace();
  if (!consume('"'))
    return expected("a string");
  while (!consume('"')) {
    if (position == text.size() || static_cast<unsigned char>(text[position]) < 0x20)
      return expected("the end of the string");
    if (text[position] != '\\')
      value += text[position++];
    else if (!escape(value))
      return false;
  }
  return true;
}

bool JsonReader::hexDigits(uint32_t &unit) {
  const char *begin = text.data() + position;
  if (text.size() - position < 4)
    return expected("four hexadecimal digits");
  auto [end, code] = std::from_chars(begin, begin + 4, unit, 16);
  if (end != begin + 4)
    return expected("four hexadecimal digits");
  position += 4;
  return true;
}

bool JsonReader::escape(std::string &value) {
  ++position;
  char kind = position < text.size() ? text[position] : '\0';
  constexpr std::string_view kinds = "\"\\/bfnrt", meanings = "\"\\/\b\f\n\r\t";
  if (size_t place = kinds.find(kind); place != std::string_view::npos) {
    ++position;
    value += meanings[place];
    return true;
  }
  if (!consume('u'))
    return expected("an escape");
  uint32_t unit = 0, second = 0;
  if (!hexDigits(unit))
    return false;
  if (unit >= 0xd800 && unit < 0xdc00) {
    if (!consume('\\') || !consume('u'))
      return expected("the second half of a surrogate pair");
    if (!hexDigits(second))
      return false;
    if (second < 0xdc00 || second >= 0xe000)
      return fail("expected the second half of a surrogate pair before byte " +
                  std::to_string(position) + ", got another character");
    unit = 0x10000 + ((unit - 0xd800) << 10) + (second - 0xdc00);
  } else if (unit >= 0xdc00 && unit < 0xe000) {
    return fail("expected the first half of a surrogate pair before byte " +
                std::to_string(position) + ", got the second");
  }
  appendUtf8(value, unit);
  return true;
}

bool JsonReader::number(std::string_view &digits, bool &isInteger) {
  skipSpace();
  size_t begin = position;
  auto run = [&] {
    size_t first = position;
    while (position < text.size() && isDigit(text[position]))
      ++position;
    return position > first;
  };
  consume('-');
  isInteger = true;
  if (!consume('0') && !run())
    return expected("a number");
  if (consume('.')) {
    isInteger = false;
    if (!run())
      return expected("a digit");
  }
  if (consume('e') || consume('E')) {
    isInteger = false;
    if (!consume('+'))
      consume('-');
    if (!run())
      return expected("a digit");
  }
  digits = text.substr(begin, position - begin);
  return message.empty();
}

bool JsonReader::integer(int64_t &value) {
  std::string_view digits;
  bool isInteger = false;
  if (!number(digits, isInteger))
    return false;
  const char *end = digits.data() + digits.size();
  auto [stop, code] = std::from_chars(digits.data(), end, value);
  if (!isInteger || code != std::errc() || stop != end)
    return fail("expected an integer of 64 bits before byte " + std::to_string(position) +
                ", got " + quoteForMessage(digits));
  return true;
}

bool JsonReader::skip() {
  skipSpace();
  char first = position < text.size() ? text[position] : '\0';
  if (first == '{')
    return object([this](const std::string &) { return skip(); });
  if (first == '[')
    return array([this] { return skip(); });
  if (first == '"') {
    std::string ignored;
    return string(ignored);
  }
  for (std::string_view word : {"true", "false", "null"})
    if (text.substr(position).starts_with(word)) {
      position += word.size();
      return message.empty();
    }
  std::string_view digits;
  bool isInteger = false;
  return number(digits, isInteger);
}

bool JsonReader::end() {
  skipSpace();
  return position == text.size() && message.empty() ? true : expected("the end of the text");
}

} // namespace qlinalg
