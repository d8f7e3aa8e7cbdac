//===- MemoryTest.cpp - Memory of a loaded module -------------------------===//

#include "../../lib/Runtime/Memory.h"

#include "gtest/gtest.h"

#include <algorithm>
#include <cstring>

using namespace qlinalg;

namespace {

struct Part {
  unsigned char *start;
  size_t bytes;
};

/// What is allocated one after the other is aligned, apart, and keeps what was written, whether it
/// fits the rest of a chunk, needs a new one, or is larger than a large page.
TEST(OwnedMemory, KeepsPartsApart) {
  OwnedMemory memory;
  std::vector<Part> parts;
  const size_t sizes[] = {0,         1,     64,      65,  100'000, 2'000'000, 3,       2 << 20,
                          5'000'000, 8'192, 300'000, 257, 1 << 20, 1 << 20,   1 << 20, 7};
  for (size_t bytes : sizes) {
    auto *start = static_cast<unsigned char *>(memory.allocate(bytes));
    ASSERT_NE(start, nullptr);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(start) % 64, 0u);
    std::memset(start, static_cast<int>(parts.size() + 1), bytes);
    parts.push_back({start, bytes});
  }
  for (size_t i = 0; i < parts.size(); ++i)
    EXPECT_TRUE(std::all_of(parts[i].start, parts[i].start + parts[i].bytes,
                            [&](unsigned char byte) { return byte == i + 1; }))
        << "part " << i << " of " << parts[i].bytes << " bytes";
}

/// Small parts share chunks: a thousand of them are not a thousand pages.
TEST(OwnedMemory, PacksSmallParts) {
  OwnedMemory memory;
  int neighbours = 0;
  auto *last = static_cast<std::byte *>(memory.allocate(64));
  for (int i = 0; i < 1000; ++i) {
    auto *next = static_cast<std::byte *>(memory.allocate(64));
    neighbours += next == last + 64;
    last = next;
  }
  EXPECT_GE(neighbours, 980);
}

} // namespace
