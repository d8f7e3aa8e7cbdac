//===- JsonText.cpp - UTF-8, and strings in quotes ------------------------===//

#include "QLinalg/Parameters/Json.h"

#include <cstdio>

namespace qlinalg {

bool isUtf8(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    unsigned char first = static_cast<unsigned char>(text[i++]);
    if (first < 0x80)
      continue;
    size_t more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
    if (first < 0xc2 || first > 0xf4 || text.size() - i < more)
      return false;
    for (size_t k = 0; k < more; ++k) {
      unsigned char next = static_cast<unsigned char>(text[i + k]);
      // The second byte rules out overlong forms, surrogates, and points
      // above U+10FFFF (RFC 3629, section 4).
      unsigned char least = k == 0 && first == 0xe0 ? 0xa0 : k == 0 && first == 0xf0 ? 0x90 : 0x80;
      unsigned char most = k == 0 && first == 0xed ? 0x9f : k == 0 && first == 0xf4 ? 0x8f : 0xbf;
      if (next < least || next > most)
        return false;
    }
    i += more;
  }
  return true;
}

void appendJsonString(std::string &json, std::string_view value) {
  json += '"';
  for (char c : value) {
    if (c == '"' || c == '\\') {
      json += '\\';
      json += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      char code[8];
      std::snprintf(code, sizeof code, "\\u%04x", static_cast<unsigned>(c));
      json += code;
    } else {
      json += c;
    }
  }
  json += '"';
}

std::string quoteForMessage(std::string_view value) {
  constexpr size_t longest = 200;
  bool isCut = value.size() > longest;
  if (isCut) {
    size_t size = longest;
    // Not within a character: the bytes after its first are 10xxxxxx.
    while (size > longest - 4 && (value[size] & 0xc0) == 0x80)
      --size;
    value = value.substr(0, size);
  }
  std::string shown;
  if (isUtf8(value)) {
    shown = value;
  } else {
    for (char c : value) {
      char code[8];
      std::snprintf(code, sizeof code, "<%02x>", static_cast<unsigned char>(c));
      shown += static_cast<unsigned char>(c) < 0x80 ? std::string(1, c) : std::string(code);
    }
  }
  std::string quoted;
  appendJsonString(quoted, shown);
  return isCut ? quoted + "..." : quoted;
}

} // namespace qlinalg
