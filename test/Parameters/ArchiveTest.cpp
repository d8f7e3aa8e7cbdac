//===- ArchiveTest.cpp - What is well-formed ------------------------------===//

#include "QLinalg/Parameters/Archive.h"
#include "TemporaryFolder.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <unistd.h>

using namespace qlinalg;
using namespace qlinalg::test;

// As the Python package lays a file out: header padded to 8 bytes with spaces.
static const char twoTensors[] = R"({"__metadata__":{"format":"np","k\u00e9y":"v"},)"
                                 R"("b":{"dtype":"U8","shape":[3],"data_offsets":[8,11]},)"
                                 R"("a":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]}}   )";

TEST(Archive, readsTensorsInOrderOfTheirPlace) {
  TemporaryFolder folder;
  std::string path = folder.write("m.safetensors", safetensors(twoTensors, "ABCDEFGHxyz"));
  Result<Archive> archive = Archive::open(path);
  ASSERT_TRUE(archive) << archive.error();
  ASSERT_EQ(archive->size(), 2u);
  const TensorEntry &a = archive->tensors()[0], &b = archive->tensors()[1];
  EXPECT_EQ(a.name, "a");
  EXPECT_EQ(a.type, ElementType::F32);
  EXPECT_EQ(a.shape, (std::vector<int64_t>{2, 1}));
  EXPECT_EQ(textOf(a.bytes), "ABCDEFGH");
  EXPECT_EQ(b.name, "b");
  EXPECT_EQ(b.type, ElementType::U8);
  EXPECT_EQ(textOf(b.bytes), "xyz");
  EXPECT_EQ(archive->find("a"), &a);
  EXPECT_EQ(archive->find("b"), &b);
  for (const char *name : {"", "aa", "c", "__metadata__"})
    EXPECT_EQ(archive->find(name), nullptr) << name;
  EXPECT_EQ(archive->metadata(), (Archive::Metadata{{"format", "np"}, {"k\xc3\xa9y", "v"}}));
  ASSERT_EQ(archive->files().size(), 1u);
  EXPECT_EQ(archive->files()[a.file].path, path);
}

TEST(Archive, staysValidWhenMoved) {
  TemporaryFolder folder;
  Result<Archive> opened =
      Archive::open(folder.write("m.safetensors", safetensors(twoTensors, "ABCDEFGHxyz")));
  ASSERT_TRUE(opened) << opened.error();
  const TensorEntry *before = opened->find("b");
  Archive archive = *std::move(opened);
  EXPECT_EQ(archive.find("b"), before);
  EXPECT_EQ(textOf(before->bytes), "xyz");
}

TEST(Archive, readsAFileWithoutTensors) {
  for (const char *header : {"{}", "{}      ", R"({"__metadata__":{}})"}) {
    std::string file = safetensors(header);
    Result<Archive> archive = Archive::fromMemory(bytesOf(file), "memory");
    ASSERT_TRUE(archive) << archive.error();
    EXPECT_EQ(archive->size(), 0u);
    EXPECT_EQ(archive->begin(), archive->end());
  }
}

TEST(Archive, readsEmptyTensorsAndScalars) {
  std::string file =
      safetensors(R"({"z":{"dtype":"F32","shape":[0,4],"data_offsets":[2,2]},)"
                  R"("s":{"dtype":"BF16","shape":[],"data_offsets":[0,2]},)"
                  R"("e":{"dtype":"I64","shape":[0],"data_offsets":[0,0],"other":[{"key":null}]}})",
                  "Hi");
  Result<Archive> archive = Archive::fromMemory(bytesOf(file), "memory");
  ASSERT_TRUE(archive) << archive.error();
  EXPECT_EQ(textOf(archive->find("s")->bytes), "Hi");
  EXPECT_TRUE(archive->find("s")->shape.empty());
  EXPECT_TRUE(archive->find("e")->bytes.empty());
  EXPECT_TRUE(archive->find("z")->bytes.empty());
  EXPECT_EQ(archive->tensors()[0].name, "e");
  EXPECT_EQ(archive->tensors()[2].name, "z");
}

TEST(Archive, readsMemoryOfAnyAlignment) {
  std::string file = safetensors(twoTensors, "ABCDEFGHxyz");
  for (size_t shift = 0; shift < 8; ++shift) {
    std::vector<std::byte> storage(file.size() + shift);
    std::memcpy(storage.data() + shift, file.data(), file.size());
    Result<Archive> archive = Archive::fromMemory(std::span(storage).subspan(shift), "memory");
    ASSERT_TRUE(archive) << archive.error();
    EXPECT_EQ(textOf(archive->find("a")->bytes), "ABCDEFGH");
    // It was borrowed: nothing may be dropped.
    archive->release(archive->find("a")->bytes);
    EXPECT_EQ(textOf(archive->find("a")->bytes), "ABCDEFGH");
  }
}

TEST(Archive, readsSeveralFilesTogether) {
  TemporaryFolder folder;
  std::string first = folder.write(
      "1.safetensors", safetensors(R"({"__metadata__":{"k":"one"},)"
                                   R"("x":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})",
                                   "1"));
  std::string second = folder.write(
      "2.safetensors", safetensors(R"({"__metadata__":{"k":"two","l":"2"},)"
                                   R"("a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})",
                                   "2"));
  Result<Archive> archive = Archive::open({first, second});
  ASSERT_TRUE(archive) << archive.error();
  EXPECT_EQ(archive->tensors()[0].name, "x");
  EXPECT_EQ(archive->tensors()[1].name, "a");
  EXPECT_EQ(textOf(archive->find("a")->bytes), "2");
  EXPECT_EQ(archive->files()[archive->find("a")->file].path, second);
  EXPECT_EQ(archive->metadata(), (Archive::Metadata{{"k", "one"}, {"l", "2"}}));
  EXPECT_EQ(archive->files()[1].metadata.at("k"), "two");
}

/// What of this process is resident.
static size_t residentBytes() {
  std::ifstream status("/proc/self/statm");
  size_t total = 0, resident = 0;
  status >> total >> resident;
  return resident * static_cast<size_t>(sysconf(_SC_PAGESIZE));
}

namespace {
class ArchiveOf64MiB : public testing::Test {
protected:
  static constexpr size_t size = size_t{64} << 20;

  void SetUp() override {
    std::string header = R"({"w":{"dtype":"U8","shape":[67108864],"data_offsets":[0,67108864]}})";
    std::string path = folder.write("m.safetensors", safetensors(header));
    std::filesystem::resize_file(path, 8 + header.size() + size);
    archive = Archive::open(path);
    ASSERT_TRUE(archive) << archive.error();
    bytes = archive->find("w")->bytes;
  }
  /// Reads a byte of every page.
  static int touch(std::span<const std::byte> part) {
    int sum = 0;
    for (size_t i = 0; i < part.size(); i += 512)
      sum += std::to_integer<int>(part[i]);
    return sum;
  }

  TemporaryFolder folder;
  Result<Archive> archive = Failure{"not opened"};
  std::span<const std::byte> bytes;
};
} // namespace

TEST_F(ArchiveOf64MiB, givesPagesBack) {
  size_t before = residentBytes();
  EXPECT_EQ(touch(bytes), 0);
  size_t touched = residentBytes();
  EXPECT_GT(touched, before + size / 2);
  archive->release(bytes);
  EXPECT_LT(residentBytes(), touched - size / 2);
  EXPECT_EQ(touch(bytes), 0);
}

// The system maps pages around the one that is touched, those of the part
// before it too. So that the page cache holds them, the tensor is read twice.
TEST_F(ArchiveOf64MiB, staysSmallWhenStreamedInParts) {
  EXPECT_EQ(touch(bytes), 0);
  archive->release(bytes);
  size_t before = residentBytes(), most = before;
  constexpr size_t partSize = 100'000;
  for (size_t begin = 0; begin < size; begin += partSize) {
    std::span<const std::byte> part = bytes.subspan(begin, std::min(partSize, size - begin));
    EXPECT_EQ(touch(part), 0);
    archive->release(part);
    most = std::max(most, residentBytes());
  }
  EXPECT_LT(most, before + size / 4);
}
