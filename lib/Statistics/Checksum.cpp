//===- Checksum.cpp - CRC-32 of IEEE 802.3 --------------------------------===//
//
// Eight bytes a step: table k holds what a byte becomes after k more zero bytes.
//
//===----------------------------------------------------------------------===//

#include "Checksum.h"

#include <array>
#include <cstring>

using namespace qlinalg;

namespace {

using Tables = std::array<std::array<uint32_t, 256>, 8>;

constexpr Tables makeTables() {
  Tables tables{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit)
      value = (value >> 1) ^ (value & 1 ? 0xedb88320 : 0);
    tables[0][i] = value;
  }
  for (size_t k = 1; k < 8; ++k)
    for (size_t i = 0; i < 256; ++i)
      tables[k][i] = (tables[k - 1][i] >> 8) ^ tables[0][tables[k - 1][i] & 0xff];
  return tables;
}

constexpr Tables tables = makeTables();

} // namespace

uint32_t qlinalg::extendChecksum(uint32_t checksum, std::span<const std::byte> bytes) {
  uint32_t value = ~checksum;
  for (; bytes.size() >= 8; bytes = bytes.subspan(8)) {
    uint64_t next;
    std::memcpy(&next, bytes.data(), 8);
    next ^= value;
    value = 0;
    for (size_t k = 0; k < 8; ++k)
      value ^= tables[7 - k][(next >> (8 * k)) & 0xff];
  }
  for (std::byte byte : bytes)
    value = (value >> 8) ^ tables[0][(value ^ std::to_integer<uint32_t>(byte)) & 0xff];
  return ~value;
}
