//===- AtomicFileTest.cpp -------------------------------------------------===//

#include "QLinalg/Parameters/AtomicFile.h"
#include "TemporaryFolder.h"

#include <algorithm>
#include <csignal>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace qlinalg;
using namespace qlinalg::test;

static std::string createError(const std::string &path) {
  Result<AtomicFile> file = AtomicFile::create(path);
  return file ? "no error" : file.error();
}

TEST(AtomicFile, appearsOnCommit) {
  TemporaryFolder folder;
  {
    Result<AtomicFile> file = AtomicFile::create(folder.path("a"));
    ASSERT_TRUE(file) << file.error();
    ASSERT_TRUE(file->append("one "));
    ASSERT_TRUE(file->append("two"));
    EXPECT_FALSE(std::filesystem::exists(folder.path("a")));
    ASSERT_TRUE(file->commit());
    EXPECT_EQ(folder.read("a"), "one two");
    EXPECT_FALSE(file->commit());
  }
  EXPECT_EQ(folder.names(), std::vector<std::string>{"a"});
}

TEST(AtomicFile, hasTheModeThatTheUmaskLeaves) {
  TemporaryFolder folder;
  mode_t before = umask(027);
  Result<AtomicFile> file = AtomicFile::create(folder.path("a"));
  umask(before);
  ASSERT_TRUE(file) << file.error();
  ASSERT_TRUE(file->commit());
  struct stat facts;
  ASSERT_EQ(stat(folder.path("a").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0640u);
}

TEST(AtomicFile, copiesFromAnUnnamedFile) {
  TemporaryFolder folder;
  std::string data;
  for (int i = 0; i < 300'000; ++i)
    data += std::to_string(i);
  Result<UnnamedFile> source = UnnamedFile::create(folder.path("a"));
  ASSERT_TRUE(source) << source.error();
  EXPECT_TRUE(folder.names().empty());
  ASSERT_TRUE(source->append(bytesOf(data)));
  Result<AtomicFile> file = AtomicFile::create(folder.path("a"));
  ASSERT_TRUE(file) << file.error();
  ASSERT_TRUE(file->append("head"));
  ASSERT_TRUE(file->appendFrom(*source, static_cast<int64_t>(data.size()) - 1));
  EXPECT_FALSE(file->appendFrom(*source, static_cast<int64_t>(data.size()) + 1));
  ASSERT_TRUE(file->commit());
  EXPECT_EQ(folder.read("a").substr(0, data.size() + 3), "head" + data.substr(0, data.size() - 1));
}

// There the kernel does not copy, and the data go through memory.
TEST(AtomicFile, copiesBetweenFileSystems) {
  TemporaryFolder folder;
  struct stat here, there;
  if (stat("/dev/shm", &there) != 0 || stat(folder.path().c_str(), &here) != 0 ||
      here.st_dev == there.st_dev)
    GTEST_SKIP() << "no second file system at /dev/shm";
  Result<UnnamedFile> source = UnnamedFile::create("/dev/shm/a");
  if (!source)
    GTEST_SKIP() << source.error();
  std::string data;
  for (int i = 0; i < 300'000; ++i)
    data += std::to_string(i);
  ASSERT_TRUE(source->append(bytesOf(data)));
  Result<AtomicFile> file = AtomicFile::create(folder.path("a"));
  ASSERT_TRUE(file) << file.error();
  ASSERT_TRUE(file->append("head"));
  ASSERT_TRUE(file->appendFrom(*source, static_cast<int64_t>(data.size())));
  ASSERT_TRUE(file->commit());
  EXPECT_TRUE(folder.read("a") == "head" + data);
}

TEST(AtomicFile, refusesPathsThatCannotBeWritten) {
  TemporaryFolder folder;
  EXPECT_EQ(createError(""), ": expected the name of a file, got none");
  EXPECT_EQ(createError("x/"), "x/: expected the name of a file, got none");
  EXPECT_EQ(createError(folder.path("none/a")),
            folder.path("none/a") +
                ": cannot create a file in its folder: No such file or directory");
  folder.write("file", "");
  EXPECT_EQ(createError(folder.path("file/a")),
            folder.path("file/a") + ": cannot create a file in its folder: Not a directory");
  std::filesystem::create_directory(folder.path("in"));
  EXPECT_EQ(createError(folder.path("in")),
            folder.path("in") + ": expected a regular file or none, got a folder");
  EXPECT_EQ(createError("/dev/null"),
            "/dev/null: expected a regular file or none, got something else");
}

TEST(AtomicFile, isNotWrittenIntoAReadOnlyFolder) {
  if (geteuid() == 0)
    GTEST_SKIP() << "root may write everywhere";
  TemporaryFolder folder;
  std::filesystem::permissions(folder.path(), std::filesystem::perms::owner_read |
                                                  std::filesystem::perms::owner_exec);
  EXPECT_EQ(createError(folder.path("a")),
            folder.path("a") + ": cannot create a file in its folder: Permission denied");
  std::filesystem::permissions(folder.path(), std::filesystem::perms::owner_all);
}

TEST(AtomicFile, leavesNoFileWhenItCannotBeRenamed) {
  TemporaryFolder folder;
  {
    Result<AtomicFile> file = AtomicFile::create(folder.path("a"));
    ASSERT_TRUE(file) << file.error();
    std::filesystem::create_directory(folder.path("a"));
    Result<void> done = file->commit();
    ASSERT_FALSE(done);
    EXPECT_TRUE(done.error().starts_with(folder.path("a") + ": cannot rename")) << done.error();
  }
  EXPECT_EQ(folder.names(), std::vector<std::string>{"a"});
}

TEST(AtomicFile, removesWhatKilledProgramsLeft) {
  TemporaryFolder folder;
  pid_t child = fork();
  if (child == 0) {
    Result<AtomicFile> file = AtomicFile::create(folder.path("a"));
    kill(getpid(), SIGKILL);
  }
  int status = 0;
  waitpid(child, &status, 0);
  ASSERT_TRUE(WIFSIGNALED(status));
  ASSERT_EQ(folder.names().size(), 1u);
  // Of a process that is there; no name of ours; one that another machine's program holds open.
  std::string held = ".qlinalg." + std::to_string(child) + ".7";
  std::vector<std::string> others = {held, ".qlinalg." + std::to_string(getpid()) + ".999999",
                                     ".qlinalg.stats", ".qlinalg." + std::to_string(child) + ".x"};
  for (const std::string &name : others)
    folder.write(name, "");
  FileDescriptor other(open(folder.path(held).c_str(), O_RDONLY));
  ASSERT_EQ(flock(other.get(), LOCK_EX | LOCK_NB), 0);
  Result<AtomicFile> file = AtomicFile::create(folder.path("a"));
  ASSERT_TRUE(file && file->commit());
  others.push_back("a");
  std::ranges::sort(others);
  std::vector<std::string> left = folder.names();
  std::ranges::sort(left);
  EXPECT_EQ(left, others);
}

TEST(AtomicFile, doesNotTouchAFileOfAnotherWriter) {
  TemporaryFolder folder;
  Result<AtomicFile> one = AtomicFile::create(folder.path("a"));
  Result<AtomicFile> two = AtomicFile::create(folder.path("a"));
  ASSERT_TRUE(one && two);
  ASSERT_TRUE(one->append("one"));
  ASSERT_TRUE(two->append("two"));
  *one = *std::move(two);
  ASSERT_TRUE(one->commit());
  EXPECT_EQ(folder.read("a"), "two");
}
