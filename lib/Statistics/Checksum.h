//===- Checksum.h - CRC-32 of IEEE 802.3 ------------------------*- C++ -*-===//

#ifndef QLINALG_STATISTICS_CHECKSUM_H
#define QLINALG_STATISTICS_CHECKSUM_H

#include <cstddef>
#include <cstdint>
#include <span>

namespace qlinalg {

/// Of what `checksum` is that of, followed by `bytes`; 0 is that of nothing.
uint32_t extendChecksum(uint32_t checksum, std::span<const std::byte> bytes);

} // namespace qlinalg

#endif // QLINALG_STATISTICS_CHECKSUM_H
