//===- StatisticsFileTest.cpp - Written, continued, refused ---------------===//

#include "QLinalg/Statistics/StatisticsFile.h"
#include "../Parameters/TemporaryFolder.h"
#include "QLinalg/Parameters/Archive.h"
#include "QLinalg/Parameters/ArchiveWriter.h"
#include "SomeStatistics.h"

#include <functional>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace qlinalg;
using namespace qlinalg::test;

namespace {

/// What reading says, without the path.
std::string readError(const std::string &path) {
  Result<Statistics> statistics = readStatistics(path);
  if (statistics)
    return "no error";
  EXPECT_EQ(statistics.error().find(path + ": "), 0u) << statistics.error();
  EXPECT_EQ(statistics.error().find('\n'), std::string::npos);
  return statistics.error().substr(std::min(statistics.error().size(), path.size() + 2));
}

uint32_t crc(uint32_t before, std::span<const std::byte> bytes) {
  uint32_t value = ~before;
  for (std::byte byte : bytes) {
    value ^= std::to_integer<uint32_t>(byte);
    for (int bit = 0; bit < 8; ++bit)
      value = (value >> 1) ^ (value & 1 ? 0xedb88320 : 0);
  }
  return ~value;
}

struct Column {
  ElementType type;
  std::vector<int64_t> shape;
  std::vector<std::byte> bytes;

  template <typename T> void set(size_t i, T value) {
    std::memcpy(bytes.data() + i * sizeof(T), &value, sizeof(T));
  }
};
using Columns = std::map<std::string, Column>;

/// The columns of a good file, for changes that the checksum does not tell.
struct Forgery {
  TemporaryFolder folder;
  Columns columns;
  Archive::Metadata metadata;

  Forgery() {
    EXPECT_TRUE(writeStatistics(folder.path("good"), someStatistics()));
    Result<Archive> archive = Archive::open(folder.path("good"));
    for (const TensorEntry &tensor : *archive)
      columns[tensor.name] = {
          tensor.type, tensor.shape, {tensor.bytes.begin(), tensor.bytes.end()}};
    metadata = archive->metadata();
  }

  std::string write() const {
    Result<ArchiveWriter> writer = ArchiveWriter::create(folder.path("forged"));
    uint32_t checksum = 0;
    for (const auto &[name, column] : columns) {
      EXPECT_TRUE(writer->addTensor(name, column.type, column.shape, column.bytes));
      checksum = crc(checksum, column.bytes);
    }
    for (const auto &[key, value] : metadata)
      EXPECT_TRUE(writer->setMetadata(key, value));
    char digits[9];
    std::snprintf(digits, sizeof digits, "%08x", checksum);
    EXPECT_TRUE(writer->setMetadata("checksum", digits));
    EXPECT_TRUE(writer->commit());
    return folder.path("forged");
  }
  std::string error() const { return readError(write()); }
};

std::string errorAfter(const std::function<void(Forgery &)> &change) {
  Forgery forgery;
  change(forgery);
  return forgery.error();
}

} // namespace

TEST(StatisticsFile, RoundTrip) {
  TemporaryFolder folder;
  Statistics statistics = someStatistics();
  ASSERT_TRUE(writeStatistics(folder.path("s"), statistics));
  Result<Statistics> read = readStatistics(folder.path("s"));
  ASSERT_TRUE(read) << read.error();
  expectSame(*read, statistics);
  EXPECT_EQ(read->sites[1].statistics.channels.products,
            statistics.sites[1].statistics.channels.products);
  EXPECT_EQ(read->sites[0].statistics.distribution.sum.low,
            statistics.sites[0].statistics.distribution.sum.low);
  // The same statistics are the same bytes.
  ASSERT_TRUE(writeStatistics(folder.path("t"), *read));
  EXPECT_EQ(folder.read("t"), folder.read("s"));
  EXPECT_EQ(Forgery().error(), "no error");
}

TEST(StatisticsFile, Continued) {
  TemporaryFolder folder;
  Statistics whole = emptyStatistics();
  for (unsigned seed = 0; seed < 5; ++seed) {
    Statistics run = emptyStatistics();
    addBatch(run, seed);
    addBatch(whole, seed);
    ASSERT_TRUE(continueStatistics(folder.path("s"), run));
  }
  expectSame(*readStatistics(folder.path("s")), whole);
  EXPECT_EQ(folder.names(), std::vector<std::string>{"s"});
}

TEST(StatisticsFile, UnfinishedBatchesAreFinished) {
  TemporaryFolder folder;
  Statistics statistics = {{{"s", SiteStatistics(1)}}};
  for (float value : {1.0f, 2.0f}) {
    Statistics run = statistics;
    run.sites[0].statistics.update(&value, 1);
    ASSERT_TRUE(continueStatistics(folder.path("s"), run));
  }
  Result<Statistics> read = readStatistics(folder.path("s"));
  EXPECT_EQ(read->sites[0].statistics.distribution.batches, 2);
  EXPECT_EQ(read->sites[0].statistics.distribution.leastOfBatches.high, 3);
}

TEST(StatisticsFile, ProgramsTakeTurns) {
  TemporaryFolder folder;
  constexpr int programs = 6, batches = 5;
  std::vector<pid_t> children;
  for (int i = 0; i < programs; ++i) {
    children.push_back(fork());
    if (children.back() == 0) {
      bool ok = true;
      for (int batch = 0; batch < batches; ++batch) {
        Statistics run = emptyStatistics();
        addBatch(run, static_cast<unsigned>(i * batches + batch));
        ok = continueStatistics(folder.path("s"), run) && ok;
      }
      _exit(ok ? 0 : 1);
    }
  }
  for (pid_t child : children) {
    int status = 1;
    waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  Statistics whole = emptyStatistics();
  for (unsigned seed = 0; seed < programs * batches; ++seed)
    addBatch(whole, seed);
  expectSame(*readStatistics(folder.path("s")), whole);
}

// Whenever it is killed, the file holds some whole number of batches.
TEST(StatisticsFile, SurvivesKill) {
  TemporaryFolder folder;
  int64_t before = 0;
  for (int delay : {1, 5, 10, 20, 50}) {
    pid_t child = fork();
    if (child == 0)
      for (unsigned seed = 0;; ++seed) {
        Statistics run = emptyStatistics();
        addBatch(run, seed);
        if (!continueStatistics(folder.path("s"), run))
          _exit(1);
      }
    usleep(static_cast<useconds_t>(delay) * 1000);
    kill(child, SIGKILL);
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status));
    if (!std::filesystem::exists(folder.path("s")))
      continue;
    Result<Statistics> read = readStatistics(folder.path("s"));
    ASSERT_TRUE(read) << read.error();
    const SiteStatistics &site = read->sites[0].statistics;
    EXPECT_GE(site.distribution.batches, before);
    EXPECT_EQ(site.channels.rows, 20 * site.distribution.batches);
    before = site.distribution.batches;
  }
}

TEST(StatisticsFile, OtherFiles) {
  TemporaryFolder folder;
  EXPECT_EQ(readError(folder.path("none")), "cannot open: No such file or directory");
  EXPECT_EQ(readError(folder.write("a", "")),
            "expected at least 8 bytes, got 0: it is not a statistics file, or not all of one");
  EXPECT_EQ(readError(folder.write("a", safetensors("{}"))),
            "expected the format \"qlinalg.statistics\", got none: it is not a statistics file");
  EXPECT_EQ(readError(folder.write("a", safetensors(R"({"__metadata__":{"format":"pt"}})"))),
            "expected the format \"qlinalg.statistics\", got \"pt\": it is not a statistics file");
  EXPECT_EQ(errorAfter([](Forgery &f) { f.metadata["version"] = "2"; }),
            "expected version 1 of statistics, got \"2\": use the program that wrote the file");
  // What cannot be read is not replaced.
  std::string path = folder.write("a", "precious");
  Result<void> done = continueStatistics(path, someStatistics());
  EXPECT_FALSE(done);
  EXPECT_EQ(folder.read("a"), "precious");
}

TEST(StatisticsFile, OtherModel) {
  TemporaryFolder folder;
  ASSERT_TRUE(writeStatistics(folder.path("s"), someStatistics()));
  std::string before = folder.read("s");
  Statistics other = {{{"x", SiteStatistics(1)}}};
  Result<void> done = continueStatistics(folder.path("s"), other);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error(),
            folder.path("s") +
                ": expected statistics of the same model, got none of site \"a.lhs\"");
  EXPECT_EQ(folder.read("s"), before);
}

TEST(StatisticsFile, NamesThatCannotBeWritten) {
  TemporaryFolder folder;
  EXPECT_FALSE(writeStatistics(folder.path("s"), {}));
  EXPECT_FALSE(writeStatistics(folder.path("s"), {{{"\xff", SiteStatistics(1)}}}));
  Statistics twice = {{{"a", SiteStatistics(1)}, {"a", SiteStatistics(1)}}};
  Result<void> done = writeStatistics(folder.path("s"), twice);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error(), folder.path("s") + ": expected each site once, got \"a\" twice");
  EXPECT_TRUE(folder.names().empty());
}

TEST(StatisticsFile, EveryByteMatters) {
  TemporaryFolder folder;
  ASSERT_TRUE(writeStatistics(folder.path("s"), someStatistics()));
  std::string good = folder.read("s");
  size_t header = 0;
  std::memcpy(&header, good.data(), 8);
  for (size_t i = 8 + header; i < good.size(); i += 997) {
    std::string bad = good;
    bad[i] ^= 0x10;
    EXPECT_NE(readError(folder.write("t", bad)).find("the file is damaged"), std::string::npos)
        << i;
  }
  for (size_t length = 0; length < good.size(); length += 607)
    EXPECT_NE(readError(folder.write("t", good.substr(0, length))), "no error");
}

TEST(StatisticsFile, ContradictionsBehindAGoodChecksum) {
  auto site = [](std::string message) { return "site \"a.lhs\": " + message; };
  auto set = [](const char *column, size_t i, auto value) {
    return [=](Forgery &f) { f.columns.at(column).set(i, value); };
  };
  EXPECT_EQ(errorAfter(set("count", 0, int64_t{299})),
            site("expected counts of values that sum up to 299, got others"));
  EXPECT_EQ(errorAfter(set("zeros", 0, int64_t{-1})),
            site("expected counts of values that sum up to 300, got others"));
  EXPECT_EQ(errorAfter(set("nans", 0, INT64_MAX)),
            site("expected counts of values that sum up to 300, got others"));
  EXPECT_EQ(errorAfter(set("batches", 0, int64_t{301})),
            site("expected at most one batch a value, got 301"));
  EXPECT_EQ(errorAfter(set("minimum", 0, 100.0f)),
            site("expected finite extremes in order, got others"));
  EXPECT_EQ(errorAfter(set("maximum", 0, 100.0f)),
            site("expected a histogram that ends with the extremes, got another"));
  EXPECT_EQ(errorAfter(set("sum", 1, HUGE_VAL)), site("expected finite sums, got others"));
  EXPECT_EQ(errorAfter(set("sum_of_squares", 0, -1.0)),
            site("expected a sum of squares that is not negative, got less"));
  EXPECT_EQ(errorAfter(set("rows", 0, int64_t{61})),
            site("expected as many values as rows of 5 channels, got 300 for 61 rows"));
  EXPECT_EQ(errorAfter(set("channel_magnitudes", 0, 1e9f)),
            site("expected the greatest magnitude in a channel, got another"));
  EXPECT_EQ(errorAfter(set("channel_squares", 0, -1.0)),
            site("expected moments of channels that are finite and not negative, got others"));
  EXPECT_EQ(errorAfter(set("channels", 0, int64_t{-1})),
            site("expected 0 to 2^31 channels with or without products, got -1"));
  EXPECT_EQ(errorAfter(set("channels", 0, int64_t{1} << 31)),
            site("expected more elements in column channel_magnitudes, got its end"));
  EXPECT_EQ(errorAfter(set("bins", 0, int64_t{16321})).find("site \"a.lhs\": expected bins of f32"),
            0u);
  EXPECT_EQ(errorAfter(set("count", 0, (int64_t{1} << 53) + 1)),
            site("expected at most 2^53 values, got 9007199254740993"));
  EXPECT_EQ(errorAfter(set("minimum", 2, 0.0f)),
            "site \"never\": expected no extremes without a finite value, got some");
  EXPECT_EQ(errorAfter([](Forgery &f) { f.columns.erase("count"); }),
            site("expected a column count of I64, got none"));
  EXPECT_EQ(errorAfter([](Forgery &f) { f.columns["count"].type = ElementType::F64; }),
            site("expected a column count of I64, got F64"));
  EXPECT_EQ(errorAfter([](Forgery &f) { f.columns["more"] = f.columns["count"]; }),
            "expected columns of this format for these sites, got more in \"more\"");
  EXPECT_EQ(
      errorAfter([](Forgery &f) { f.metadata["sites"] = R"(["a.lhs"])"; }).substr(0, 70),
      std::string("expected columns of this format for these sites, got more in \"batch_maxima\"")
          .substr(0, 70));
  EXPECT_EQ(errorAfter([](Forgery &f) { f.metadata["sites"] = R"(["a","a","b"])"; }),
            "in the names of sites: expected each site once, got \"a\" twice");
  EXPECT_EQ(errorAfter([](Forgery &f) { f.metadata["sites"] = "[]"; }),
            "expected at least one site, got none");
  EXPECT_EQ(errorAfter([](Forgery &f) { f.metadata["sites"] = R"(["x","y","z"])"; }),
            "expected the fingerprint of its sites, got another");
}

// Behind a good checksum anything may stand: reading ends, and what is read can be used.
TEST(StatisticsFile, RandomColumns) {
  const char *seconds = std::getenv("QLINALG_FUZZ_SECONDS");
  auto end =
      std::chrono::steady_clock::now() + std::chrono::seconds(seconds ? std::atoi(seconds) : 0);
  const Forgery good;
  std::mt19937_64 random(1);
  Forgery forged;
  for (int i = 0; i < 100 || std::chrono::steady_clock::now() < end; ++i) {
    Columns columns = good.columns;
    for (uint64_t changes = random() % 3 + 1; changes > 0; --changes) {
      auto place = columns.begin();
      std::advance(place, random() % columns.size());
      Column &column = place->second;
      size_t at = random() % column.bytes.size() / 8 * 8;
      uint64_t values[] = {0, 1, random() % 64, random(), ~uint64_t{0}, uint64_t{1} << 31};
      std::memcpy(column.bytes.data() + at, &values[random() % 6],
                  std::min<size_t>(column.bytes.size() - at, random() % 8 + 1));
      if (random() % 8 == 0 && column.shape.size() == 1) {
        int64_t more = static_cast<int64_t>(random() % 3);
        column.shape[0] += more;
        column.bytes.resize(column.bytes.size() +
                            static_cast<size_t>(more * byteWidth(column.type)));
      }
    }
    forged.columns = columns;
    std::string path = forged.write();
    if (Result<Statistics> read = readStatistics(path)) {
      Statistics twice = *read;
      ASSERT_TRUE(twice.merge(*read));
      ASSERT_TRUE(writeStatistics(path, *read));
      ASSERT_TRUE(readStatistics(path));
    } else {
      ASSERT_EQ(read.error().find(path + ": "), 0u);
    }
  }
}
