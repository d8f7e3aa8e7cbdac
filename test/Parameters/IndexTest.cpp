//===- IndexTest.cpp - Shards that an index names -------------------------===//

#include "QLinalg/Parameters/Archive.h"
#include "TemporaryFolder.h"

#include <gtest/gtest.h>

using namespace qlinalg;
using namespace qlinalg::test;

static std::string oneByte(const std::string &name, const char *value) {
  return safetensors("{\"" + name + R"(":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})", value);
}

namespace {
class Index : public testing::Test {
protected:
  Index() {
    folder.write("m-1.safetensors", oneByte("z", "1"));
    folder.write("m-2.safetensors", oneByte("a", "2"));
  }
  std::string path() const { return folder.path("m.safetensors.index.json"); }
  std::string errorOf(std::string_view text) const {
    folder.write("m.safetensors.index.json", text);
    Result<Archive> archive = Archive::open(path());
    if (archive)
      return "no error";
    EXPECT_TRUE(archive.error().starts_with(path() + ": ")) << archive.error();
    return archive.error().substr(path().size() + 2);
  }
  TemporaryFolder folder;
};
} // namespace

TEST_F(Index, opensShardsByName) {
  folder.write("m.safetensors.index.json",
               R"({"metadata":{"total_size":2,"other":[1.5,null]},)"
               R"("weight_map":{"a":"m-2.safetensors","z":"m-1.safetensors"}})");
  Result<Archive> archive = Archive::open(path());
  ASSERT_TRUE(archive) << archive.error();
  ASSERT_EQ(archive->size(), 2u);
  EXPECT_EQ(archive->tensors()[0].name, "z");
  EXPECT_EQ(textOf(archive->find("a")->bytes), "2");
  EXPECT_EQ(archive->files()[archive->find("a")->file].path, folder.path("m-2.safetensors"));
}

TEST_F(Index, opensShardsBesideARelativePath) {
  folder.write("m.safetensors.index.json", R"({"weight_map":{"z":"m-1.safetensors"}})");
  std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(folder.path());
  Result<Archive> archive = Archive::open("m.safetensors.index.json");
  std::filesystem::current_path(before);
  ASSERT_TRUE(archive) << archive.error();
  EXPECT_EQ(archive->files()[0].path, "m-1.safetensors");
}

TEST_F(Index, refusesTensorThatTheShardLacks) {
  EXPECT_EQ(errorOf(R"({"weight_map":{"a":"m-1.safetensors"}})"),
            R"(expected tensor "a" in "m-1.safetensors", got a file without it)");
}

TEST_F(Index, refusesShardsOutsideTheFolder) {
  std::filesystem::create_directory(folder.path("in"));
  folder.write("in/m-1.safetensors", oneByte("z", "1"));
  for (std::string shard :
       {"../m-1.safetensors", "in/../m-1.safetensors", "in/m-1.safetensors", "..", ".", ""})
    EXPECT_EQ(errorOf("{\"weight_map\":{\"z\":\"" + shard + "\"}}"),
              "in the index: expected the name of a file in the same folder for tensor \"z\", got "
              "\"" +
                  shard + "\"");
  EXPECT_NE(errorOf("{\"weight_map\":{\"z\":\"" + folder.path("m-1.safetensors") + "\"}}"),
            "no error");
  EXPECT_EQ(errorOf(R"({"weight_map":{"z":"m-1.safetensors\u0000"}})"),
            "in the index: expected the name of a file in the same folder for tensor \"z\", got "
            R"("m-1.safetensors\u0000")");
}

TEST_F(Index, refusesMissingShard) {
  folder.write("m.safetensors.index.json", R"({"weight_map":{"z":"m-3.safetensors"}})");
  Result<Archive> archive = Archive::open(path());
  ASSERT_FALSE(archive);
  EXPECT_EQ(archive.error(),
            folder.path("m-3.safetensors") + ": cannot open: No such file or directory");
}

TEST_F(Index, refusesNameInTwoShards) {
  folder.write("m-2.safetensors", oneByte("z", "2"));
  folder.write("m.safetensors.index.json",
               R"({"weight_map":{"z":"m-1.safetensors","z2":"m-2.safetensors"}})");
  EXPECT_FALSE(Archive::open(path()));
  EXPECT_EQ(errorOf(R"({"weight_map":{"z":"m-1.safetensors","z":"m-2.safetensors"}})"),
            R"(in the index: expected each tensor once, got "z" twice)");
}

TEST_F(Index, refusesWhatIsNoIndex) {
  EXPECT_EQ(errorOf(""), "in the index: expected an object at byte 0, got the end of the text");
  EXPECT_EQ(errorOf("[]"), "in the index: expected an object at byte 0, got \"[\"");
  EXPECT_EQ(errorOf("{}"), "expected an index with a weight_map, got none");
  EXPECT_EQ(errorOf(R"({"weight_map":[]})"),
            "in the index: expected an object at byte 14, got \"[\"");
  EXPECT_EQ(errorOf(R"({"weight_map":{"z":1}})"),
            "in the index: expected a string at byte 19, got \"1\"");
  EXPECT_EQ(errorOf(R"({"weight_map":{},"weight_map":{}})"),
            "in the index: expected weight_map once, got it twice");
  EXPECT_EQ(errorOf("{\"\xff\":1}"), "expected an index in UTF-8, got other bytes");
  EXPECT_EQ(errorOf(R"({"weight_map":{}} x)"),
            "in the index: expected the end of the text at byte 18, got \"x\"");
}
