//===- NpyHeader.cpp - The dictionary before an array ---------------------===//

#include "NpyHeader.h"
#include "QLinalg/Parameters/Json.h"

#include <charconv>
#include <optional>

namespace qlinalg {

namespace {
/// Each function gives false where the text is something else.
class LiteralReader {
public:
  explicit LiteralReader(std::string_view text) : text(text) {}

  bool consume(std::string_view token) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\n'))
      text.remove_prefix(1);
    if (!text.starts_with(token))
      return false;
    text.remove_prefix(token.size());
    return true;
  }

  bool string(std::string_view &value) {
    std::string_view quote = consume("'") ? "'" : consume("\"") ? "\"" : "";
    size_t end = quote.empty() ? std::string_view::npos : text.find(quote);
    if (end == std::string_view::npos)
      return false;
    value = text.substr(0, end);
    text.remove_prefix(end + 1);
    // No name that is known needs an escape.
    return value.find('\\') == std::string_view::npos;
  }

  bool boolean(bool &value) {
    value = consume("True");
    return value || consume("False");
  }

  /// `()`, `(3,)`, `(2, 3)`, `(2, 3,)`; `(3)` is no tuple.
  bool tuple(std::vector<int64_t> &values) {
    if (!consume("("))
      return false;
    bool hasComma = true;
    while (!consume(")")) {
      int64_t value;
      if (!hasComma || values.size() == maxRank || !integer(value))
        return false;
      values.push_back(value);
      hasComma = consume(",");
    }
    return hasComma || values.size() > 1;
  }

  bool atEnd() { return consume("") && text.empty(); }
  std::string_view rest() {
    consume("");
    return text;
  }

private:
  bool integer(int64_t &value) {
    consume("");
    auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    text.remove_prefix(static_cast<size_t>(end - text.data()));
    return code == std::errc();
  }

  std::string_view text;
};
} // namespace

static Result<ElementType> readType(LiteralReader &reader) {
  if (reader.rest().starts_with("["))
    return Failure{"expected elements of one plain type, got a structured type"};
  std::string_view name;
  if (!reader.string(name))
    return Failure{"expected a string as descr, got " + quoteForMessage(reader.rest())};
  if (std::optional<ElementType> type = parseNpyName(name))
    return *type;
  std::string got = "got " + quoteForMessage(name);
  if (name.starts_with('>'))
    return Failure{"expected little-endian elements, " + got};
  if (name == "|O" || name == "O")
    return Failure{"expected numbers, " + got + ": Python objects"};
  return Failure{"expected booleans, integers or floats of 1 to 8 bytes as descr, " + got};
}

Result<NpyHeader> parseNpyHeader(std::string_view text) {
  LiteralReader reader(text);
  auto unexpected = [&](const std::string &what) {
    return Failure{"expected " + what + " in the header, got " + quoteForMessage(reader.rest())};
  };
  std::optional<ElementType> type;
  std::optional<bool> isFortranOrder;
  std::optional<std::vector<int64_t>> shape;
  if (!reader.consume("{"))
    return unexpected("a dictionary");
  for (bool hasComma = true; !reader.consume("}"); hasComma = reader.consume(",")) {
    std::string_view key;
    if (!hasComma || !reader.string(key) || !reader.consume(":"))
      return unexpected("a key and a value");
    if (key == "descr" && !type) {
      Result<ElementType> read = readType(reader);
      if (!read)
        return read.failure();
      type = *read;
    } else if (key == "fortran_order" && !isFortranOrder) {
      if (!reader.boolean(isFortranOrder.emplace()))
        return unexpected("True or False as fortran_order");
    } else if (key == "shape" && !shape) {
      if (!reader.tuple(shape.emplace()))
        return unexpected("a tuple of at most " + std::to_string(maxRank) +
                          " integers of 64 bits as shape");
    } else {
      return Failure{"expected descr, fortran_order and shape, each once, got " +
                     quoteForMessage(key)};
    }
  }
  if (!reader.atEnd())
    return unexpected("nothing after the dictionary");
  if (!type || !isFortranOrder || !shape)
    return Failure{std::string("expected descr, fortran_order and shape in the header, got no ") +
                   (!type    ? "descr"
                    : !shape ? "shape"
                             : "fortran_order")};
  if (!byteCount(*type, *shape))
    return Failure{"expected a shape of sizes from 0 on and less than 2^63 bytes, got " +
                   formatShape(*shape)};
  return NpyHeader{*type, *isFortranOrder, *std::move(shape)};
}

} // namespace qlinalg
