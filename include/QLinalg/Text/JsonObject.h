//===- JsonObject.h - JSON of reports ---------------------------*- C++ -*-===//

#ifndef QLINALG_TEXT_JSONOBJECT_H
#define QLINALG_TEXT_JSONOBJECT_H

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace qlinalg {

/// 9 significant digits; infinity is 1e999, which readers of JSON take for infinity, NaN is null.
std::string jsonNumber(double value);

/// An object on one line, member by member.
class JsonObject {
public:
  JsonObject &add(std::string_view key, std::string_view value);
  JsonObject &add(std::string_view key, const char *value) {
    return add(key, std::string_view(value));
  }
  JsonObject &add(std::string_view key, int64_t value) {
    return addJson(key, std::to_string(value));
  }
  JsonObject &add(std::string_view key, double value) { return addJson(key, jsonNumber(value)); }
  JsonObject &addNull(std::string_view key) { return addJson(key, "null"); }
  /// A value that is JSON already.
  JsonObject &addJson(std::string_view key, std::string_view json);

  std::string text() const { return "{" + members + "}"; }

private:
  std::string members;
};

/// The elements, which are JSON, on one line.
std::string jsonArray(const std::vector<std::string> &elements);
/// Each on a line of its own.
std::string jsonLines(const std::vector<std::string> &elements);

} // namespace qlinalg

#endif // QLINALG_TEXT_JSONOBJECT_H
