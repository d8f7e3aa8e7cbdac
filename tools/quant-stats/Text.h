//===- Text.h - Numbers and JSON members ------------------------*- C++ -*-===//

#ifndef QLINALG_TOOLS_QUANTSTATS_TEXT_H
#define QLINALG_TOOLS_QUANTSTATS_TEXT_H

#include "QLinalg/Parameters/Json.h"

#include <cmath>
#include <cstdio>
#include <string>
#include <string_view>

namespace qlinalg {

/// Four digits, for people.
inline std::string shortNumber(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4g", value);
  return text;
}

/// One JSON line, member by member.
class JsonLine {
public:
  JsonLine &add(std::string_view key, std::string_view value) {
    begin(key);
    appendJsonString(text, value);
    return *this;
  }
  JsonLine &add(std::string_view key, const char *value) {
    return add(key, std::string_view(value));
  }
  JsonLine &add(std::string_view key, int64_t value) {
    begin(key);
    text += std::to_string(value);
    return *this;
  }
  /// What is not finite is null.
  JsonLine &add(std::string_view key, double value) {
    begin(key);
    char digits[32];
    std::snprintf(digits, sizeof digits, "%.9g", value);
    text += std::isfinite(value) ? digits : "null";
    return *this;
  }
  std::string end() const { return text + "}\n"; }

private:
  void begin(std::string_view key) {
    text += text.size() > 1 ? ", " : "";
    appendJsonString(text, key);
    text += ": ";
  }

  std::string text = "{";
};

} // namespace qlinalg

#endif // QLINALG_TOOLS_QUANTSTATS_TEXT_H
