//===- JsonObject.cpp - JSON of reports -----------------------------------===//

#include "QLinalg/Text/JsonObject.h"

#include "QLinalg/Parameters/Json.h"

#include <cmath>
#include <cstdio>

using namespace qlinalg;

std::string qlinalg::jsonNumber(double value) {
  if (std::isnan(value))
    return "null";
  if (std::isinf(value))
    return value > 0 ? "1e999" : "-1e999";
  char text[32];
  std::snprintf(text, sizeof text, "%.9g", value);
  return text;
}

JsonObject &JsonObject::add(std::string_view key, std::string_view value) {
  std::string json;
  appendJsonString(json, value);
  return addJson(key, json);
}

JsonObject &JsonObject::addJson(std::string_view key, std::string_view json) {
  members += members.empty() ? "" : ", ";
  appendJsonString(members, key);
  members += ": ";
  members += json;
  return *this;
}

static std::string join(const std::vector<std::string> &elements, std::string_view separator) {
  std::string text;
  for (const std::string &element : elements) {
    text += text.empty() ? "" : separator;
    text += element;
  }
  return text;
}

std::string qlinalg::jsonArray(const std::vector<std::string> &elements) {
  return "[" + join(elements, ", ") + "]";
}

std::string qlinalg::jsonLines(const std::vector<std::string> &elements) {
  return elements.empty() ? "[]" : "[\n    " + join(elements, ",\n    ") + "\n  ]";
}
