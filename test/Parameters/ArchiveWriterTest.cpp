//===- ArchiveWriterTest.cpp ----------------------------------------------===//

#include "QLinalg/Parameters/ArchiveWriter.h"
#include "QLinalg/Parameters/Archive.h"
#include "TemporaryFolder.h"

#include <csignal>
#include <gtest/gtest.h>
#include <sys/resource.h>

using namespace qlinalg;
using namespace qlinalg::test;

using Shape = std::vector<int64_t>;

static ArchiveWriter createWriter(const std::string &path) {
  Result<ArchiveWriter> writer = ArchiveWriter::create(path);
  EXPECT_TRUE(writer) << writer.error();
  return *std::move(writer);
}

static std::string messageOf(const Result<void> &result) {
  return result ? "no error" : result.error();
}

// Every byte, put together by hand from the description of the format.
TEST(ArchiveWriter, writesWiderElementsFirst) {
  TemporaryFolder folder;
  ArchiveWriter writer = createWriter(folder.path("m.safetensors"));
  ASSERT_TRUE(writer.addTensor("w.codes", ElementType::U8, Shape{3}, bytesOf("xyz")));
  ASSERT_TRUE(writer.beginTensor("w.scales", ElementType::F32, Shape{2}));
  ASSERT_TRUE(writer.append(bytesOf("abc")));
  ASSERT_TRUE(writer.append(bytesOf("")));
  ASSERT_TRUE(writer.append(bytesOf("defgh")));
  ASSERT_TRUE(writer.endTensor());
  ASSERT_TRUE(writer.setMetadata("format", "old"));
  ASSERT_TRUE(writer.setMetadata("format", "q\"1"));
  EXPECT_FALSE(std::filesystem::exists(folder.path("m.safetensors")));
  ASSERT_TRUE(writer.commit());
  std::string header = R"({"__metadata__":{"format":"q\"1"},)"
                       R"("w.scales":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
                       R"("w.codes":{"dtype":"U8","shape":[3],"data_offsets":[8,11]}})";
  header.resize((8 + header.size() + 63) / 64 * 64 - 8, ' ');
  EXPECT_EQ(folder.read("m.safetensors"), safetensors(header, "abcdefghxyz"));
  EXPECT_EQ(folder.names(), std::vector<std::string>{"m.safetensors"});
}

TEST(ArchiveWriter, roundTripsEveryTypeAligned) {
  const ElementType types[] = {
      ElementType::Bool,       ElementType::F64,       ElementType::U8,        ElementType::F16,
      ElementType::I8,         ElementType::U32,       ElementType::I64,       ElementType::U16,
      ElementType::F8E4M3FN,   ElementType::F32,       ElementType::U64,       ElementType::I16,
      ElementType::F8E5M2,     ElementType::I32,       ElementType::BF16,      ElementType::C64,
      ElementType::F8E4M3FNUZ, ElementType::F8E8M0FNU, ElementType::F8E5M2FNUZ};
  TemporaryFolder folder;
  std::string path = folder.path("m.safetensors");
  ArchiveWriter writer = createWriter(path);
  auto contents = [](ElementType type) {
    return std::string(static_cast<size_t>(3 * byteWidth(type)),
                       static_cast<char>('a' + static_cast<int>(type)));
  };
  for (ElementType type : types)
    ASSERT_TRUE(writer.addTensor("t." + std::string(safetensorsName(type)), type, Shape{3, 1},
                                 bytesOf(contents(type))));
  ASSERT_TRUE(writer.addTensor("scalar", ElementType::F32, Shape{}, bytesOf("1234")));
  ASSERT_TRUE(writer.addTensor("empty \"\\\n\xc3\xa9", ElementType::F32, Shape{2, 0}, {}));
  ASSERT_TRUE(writer.commit());
  Result<Archive> archive = Archive::open(path);
  ASSERT_TRUE(archive) << archive.error();
  EXPECT_EQ(archive->size(), std::size(types) + 2);
  for (ElementType type : types) {
    const TensorEntry *entry = archive->find("t." + std::string(safetensorsName(type)));
    ASSERT_TRUE(entry);
    EXPECT_EQ(entry->type, type);
    EXPECT_EQ(entry->shape, (Shape{3, 1}));
    EXPECT_EQ(textOf(entry->bytes), contents(type));
  }
  for (const TensorEntry &entry : *archive)
    EXPECT_EQ(reinterpret_cast<uintptr_t>(entry.bytes.data()) % byteWidth(entry.type), 0u)
        << entry.name;
  EXPECT_EQ(reinterpret_cast<uintptr_t>(archive->tensors()[0].bytes.data()) % 64, 0u);
  EXPECT_EQ(textOf(archive->find("scalar")->bytes), "1234");
  EXPECT_EQ(archive->find("empty \"\\\n\xc3\xa9")->shape, (Shape{2, 0}));
}

TEST(ArchiveWriter, writesAnArchiveWithoutTensors) {
  TemporaryFolder folder;
  ArchiveWriter writer = createWriter(folder.path("m.safetensors"));
  ASSERT_TRUE(writer.commit());
  EXPECT_EQ(folder.read("m.safetensors"), safetensors("{}" + std::string(54, ' ')));
  EXPECT_EQ(messageOf(writer.commit()), folder.path("m.safetensors") +
                                            ": expected nothing more after commit, got another "
                                            "call");
}

TEST(ArchiveWriter, leavesNothingWithoutCommit) {
  TemporaryFolder folder;
  folder.write("m.safetensors", "before");
  {
    ArchiveWriter writer = createWriter(folder.path("m.safetensors"));
    ASSERT_TRUE(writer.addTensor("w", ElementType::U8, Shape{3}, bytesOf("xyz")));
    ArchiveWriter moved = std::move(writer);
    ASSERT_TRUE(moved.addTensor("v", ElementType::U8, Shape{3}, bytesOf("xyz")));
  }
  EXPECT_EQ(folder.names(), std::vector<std::string>{"m.safetensors"});
  EXPECT_EQ(folder.read("m.safetensors"), "before");
}

TEST(ArchiveWriter, replacesAFileThatIsBeingRead) {
  TemporaryFolder folder;
  std::string path =
      folder.write("m.safetensors",
                   safetensors(R"({"w":{"dtype":"U8","shape":[3],"data_offsets":[0,3]}})", "old"));
  Result<Archive> archive = Archive::open(path);
  ASSERT_TRUE(archive) << archive.error();
  ArchiveWriter writer = createWriter(path);
  ASSERT_TRUE(writer.addTensor("w", ElementType::U8, Shape{3}, bytesOf("new")));
  ASSERT_TRUE(writer.commit());
  EXPECT_EQ(textOf(archive->find("w")->bytes), "old");
  Result<Archive> again = Archive::open(path);
  ASSERT_TRUE(again) << again.error();
  EXPECT_EQ(textOf(again->find("w")->bytes), "new");
}

/// What goes wrong in `use`, then nothing is written by `commit` any more.
template <typename Use> static std::string misuse(Use use) {
  TemporaryFolder folder;
  std::string path = folder.path("m.safetensors");
  ArchiveWriter writer = createWriter(path);
  std::string error = messageOf(use(writer));
  EXPECT_EQ(messageOf(writer.commit()), error);
  EXPECT_FALSE(std::filesystem::exists(path));
  return error.starts_with(path + ": ") ? error.substr(path.size() + 2) : error;
}

TEST(ArchiveWriter, refusesMisuse) {
  EXPECT_EQ(misuse([](ArchiveWriter &writer) {
              return writer.addTensor("w", ElementType::F32, Shape{2}, bytesOf("1234567"));
            }),
            "expected 1 more bytes of tensor \"w\", got its end");
  EXPECT_EQ(misuse([](ArchiveWriter &writer) {
              return writer.addTensor("w", ElementType::F32, Shape{2}, bytesOf("123456789"));
            }),
            "expected at most 8 more bytes of tensor \"w\", got 9");
  EXPECT_EQ(misuse([](ArchiveWriter &writer) { return writer.append(bytesOf("1")); }),
            "expected at most 0 more bytes, got 1");
  EXPECT_EQ(misuse([](ArchiveWriter &writer) { return writer.endTensor(); }),
            "expected a tensor to be begun, got its end");
  EXPECT_EQ(misuse([](ArchiveWriter &writer) {
              EXPECT_TRUE(writer.beginTensor("w", ElementType::U8, Shape{1}));
              return writer.beginTensor("v", ElementType::U8, Shape{1});
            }),
            "tensor \"v\": expected tensor \"w\" to end first, got a new one");
  EXPECT_EQ(misuse([](ArchiveWriter &writer) {
              EXPECT_TRUE(writer.addTensor("w", ElementType::U8, Shape{0}, {}));
              return writer.beginTensor("w", ElementType::F32, Shape{1});
            }),
            "tensor \"w\": expected a new name, got one that was written before");
  EXPECT_EQ(misuse([](ArchiveWriter &writer) {
              return writer.beginTensor("w", ElementType::F32, Shape{int64_t{1} << 61});
            }),
            "tensor \"w\": expected a shape of less than 2^63 bytes and at most 64 dimensions, "
            "got [2305843009213693952]");
  EXPECT_EQ(misuse([](ArchiveWriter &writer) {
              return writer.beginTensor("__metadata__", ElementType::U8, Shape{1});
            }),
            "tensor \"__metadata__\": expected a name in UTF-8 other than __metadata__, got this "
            "one");
  EXPECT_EQ(misuse([](ArchiveWriter &writer) {
              return writer.beginTensor("\xff", ElementType::U8, Shape{1});
            }),
            "tensor \"<ff>\": expected a name in UTF-8 other than __metadata__, got this one");
  EXPECT_EQ(misuse([](ArchiveWriter &writer) { return writer.setMetadata("k", "\xff"); }),
            "expected metadata in UTF-8, got other bytes under key \"k\"");
  EXPECT_EQ(misuse([](ArchiveWriter &writer) {
              EXPECT_TRUE(writer.beginTensor("w", ElementType::U8, Shape{1}));
              return writer.commit();
            }),
            "expected tensor \"w\" to end before the file, got the end of the file");
}

namespace {
/// Files of this process may grow to so many bytes: a disk that is full.
class FileSizeLimit {
public:
  explicit FileSizeLimit(rlim_t bytes) {
    handler = std::signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    rlimit limit = {bytes, before.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &before);
    std::signal(SIGXFSZ, handler);
  }

private:
  rlimit before;
  void (*handler)(int);
};
} // namespace

TEST(ArchiveWriter, reportsThatTheDiskIsFull) {
  TemporaryFolder folder;
  std::string path = folder.path("m.safetensors"), data(6000, 'x');
  std::string inAppend, inCommit;
  {
    FileSizeLimit limit(10'000);
    ArchiveWriter writer = createWriter(path);
    ASSERT_TRUE(writer.addTensor("a", ElementType::U8, Shape{6000}, bytesOf(data)));
    inAppend = messageOf(writer.addTensor("b", ElementType::U8, Shape{6000}, bytesOf(data)));
    EXPECT_EQ(messageOf(writer.commit()), inAppend);

    // Each of the two collections is small enough, the file is not.
    ArchiveWriter other = createWriter(path);
    ASSERT_TRUE(other.addTensor("a", ElementType::U8, Shape{6000}, bytesOf(data)));
    ASSERT_TRUE(other.addTensor("b", ElementType::U16, Shape{3000}, bytesOf(data)));
    inCommit = messageOf(other.commit());
  }
  EXPECT_EQ(inAppend, path + ": cannot write: File too large");
  EXPECT_EQ(inCommit, path + ": cannot write: File too large");
  EXPECT_TRUE(folder.names().empty());
}
