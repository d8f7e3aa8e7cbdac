//===- MalformedArchiveTest.cpp - Files that must be refused --------------===//

#include "QLinalg/Parameters/Archive.h"
#include "TemporaryFolder.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

using namespace qlinalg;
using namespace qlinalg::test;

/// What opening a file of these contents says, without the path.
static std::string errorOf(std::string_view contents) {
  TemporaryFolder folder;
  std::string path = folder.write("m.safetensors", contents);
  Result<Archive> archive = Archive::open(path);
  if (archive)
    return "no error";
  EXPECT_EQ(archive.error().find(path + ": "), 0u) << archive.error();
  EXPECT_EQ(archive.error().find('\n'), std::string::npos);
  return archive.error().substr(std::min(archive.error().size(), path.size() + 2));
}

static std::string headerError(std::string_view header, std::string_view data = "") {
  std::string error = errorOf(safetensors(header, data));
  return error.starts_with("in the header: ") ? error.substr(15) : error;
}

static std::string tensorError(const std::string &members, std::string_view data = "") {
  std::string error = headerError("{\"t\":{" + members + "}}", data);
  return error.starts_with("tensor \"t\": ") ? error.substr(12) : error;
}

TEST(MalformedArchive, length) {
  EXPECT_EQ(errorOf(""), "expected at least 8 bytes, got 0");
  EXPECT_EQ(errorOf("1234567"), "expected at least 8 bytes, got 7");
  EXPECT_EQ(errorOf(std::string("\3\0\0\0\0\0\0\0{}", 10)),
            "expected a header of at most 2 bytes, the rest of the file, got a length of 3");
  EXPECT_EQ(errorOf(std::string(8, '\xff') + "{}"),
            "expected a header of at most 2 bytes, the rest of the file, got a length of "
            "18446744073709551615");
}

TEST(MalformedArchive, headerOfMoreThan100MB) {
  TemporaryFolder folder;
  uint64_t length = 100'000'001;
  std::string contents(8, '\0');
  std::memcpy(contents.data(), &length, 8);
  std::string path = folder.write("m.safetensors", contents + "{}");
  std::filesystem::resize_file(path, 8 + length);
  Result<Archive> archive = Archive::open(path);
  ASSERT_FALSE(archive);
  EXPECT_EQ(archive.error(), path + ": expected a header of at most 100000000 bytes, got a "
                                    "length of 100000001");
}

TEST(MalformedArchive, notAnObject) {
  EXPECT_EQ(headerError(""), "expected a header that begins with '{', got none");
  EXPECT_EQ(headerError("[]"), "expected a header that begins with '{', got \"[\"");
  EXPECT_EQ(headerError(" {}"), "expected a header that begins with '{', got \" \"");
  EXPECT_EQ(headerError("{"), "expected a string at byte 1, got the end of the text");
  EXPECT_EQ(headerError("{}{}"), "expected the end of the text at byte 2, got \"{\"");
  EXPECT_EQ(headerError(std::string_view("{}\0", 3)),
            "expected the end of the text at byte 2, got \"\\u0000\"");
  EXPECT_EQ(headerError("{\"t\":3}"), "tensor \"t\": expected an object at byte 5, got \"3\"");
  EXPECT_EQ(headerError(std::string("{\"t\":{\"x\":") + std::string(100'000, '[')),
            "tensor \"t\": expected at most 32 levels, got more");
}

TEST(MalformedArchive, notUtf8) {
  EXPECT_EQ(headerError("{\"\xff\":{}}"), "expected a header in UTF-8, got other bytes");
  EXPECT_EQ(headerError("{}\xc3"), "expected a header in UTF-8, got other bytes");
}

TEST(MalformedArchive, namesTwice) {
  std::string empty = R"({"dtype":"U8","shape":[0],"data_offsets":[0,0]})";
  EXPECT_EQ(headerError("{\"t\":" + empty + ",\"u\":" + empty + ",\"t\":" + empty + "}"),
            "expected each tensor once, got \"t\" twice");
  EXPECT_EQ(headerError("{\"t\":" + empty + R"(,"\u0074":)" + empty + "}"),
            "expected each tensor once, got \"t\" twice");
  EXPECT_EQ(headerError(R"({"__metadata__":{},"__metadata__":{}})"),
            "expected __metadata__ once, got it twice");
  EXPECT_EQ(headerError(R"({"__metadata__":{"k":"1","k":"2"}})"),
            "expected each key of __metadata__ once, got \"k\" twice");
  EXPECT_EQ(tensorError(R"("shape":[0],"shape":[0])"), "expected shape once, got it twice");
}

TEST(MalformedArchive, metadataOtherThanStrings) {
  EXPECT_EQ(headerError(R"({"__metadata__":{"k":1}})"),
            "__metadata__: expected a string at byte 21, got \"1\"");
  EXPECT_EQ(headerError(R"({"__metadata__":[]})"), "expected an object at byte 16, got \"[\"");
}

TEST(MalformedArchive, missingKeys) {
  EXPECT_EQ(tensorError(""), "expected dtype, shape and data_offsets, got no dtype");
  EXPECT_EQ(tensorError(R"("dtype":"U8","data_offsets":[0,0])"),
            "expected dtype, shape and data_offsets, got no shape");
  EXPECT_EQ(tensorError(R"("dtype":"U8","shape":[0])"),
            "expected dtype, shape and data_offsets, got no data_offsets");
}

TEST(MalformedArchive, dtype) {
  EXPECT_EQ(tensorError(R"("dtype":"F4","shape":[2],"data_offsets":[0,1])", "x"),
            "expected a dtype of safetensors whose elements are whole bytes, got \"F4\"");
  EXPECT_EQ(tensorError(R"("dtype":32)"), "expected a string at byte 14, got \"3\"");
}

TEST(MalformedArchive, shape) {
  auto shape = [](const std::string &sizes) {
    return tensorError(R"("dtype":"F32","shape":[)" + sizes + R"(],"data_offsets":[0,0])");
  };
  EXPECT_EQ(shape("-1"), "expected a shape without negative sizes, got [-1]");
  EXPECT_EQ(shape("-1,-4"), "expected a shape without negative sizes, got [-1, -4]");
  EXPECT_EQ(shape("9223372036854775807"),
            "expected a shape of less than 2^63 bytes, got [9223372036854775807]");
  EXPECT_EQ(shape("4294967296,4294967296"),
            "expected a shape of less than 2^63 bytes, got [4294967296, 4294967296]");
  EXPECT_EQ(shape("0,4294967296,4294967296"),
            "expected a shape of less than 2^63 bytes, got [0, 4294967296, 4294967296]");
  EXPECT_EQ(shape("18446744073709551616"), "expected an integer of 64 bits before byte 49, got "
                                           "\"18446744073709551616\"");
  EXPECT_EQ(shape("1.5"), "expected an integer of 64 bits before byte 32, got \"1.5\"");
  EXPECT_EQ(shape("\"2\""), "expected a number at byte 29, got \"\\\"\"");
  std::string many = "0";
  for (int i = 0; i < 64; ++i)
    many += ",0";
  EXPECT_EQ(shape(many), "expected at most 64 numbers, got more");
}

TEST(MalformedArchive, offsets) {
  auto offsets = [](const std::string &values) {
    return tensorError(R"("dtype":"U8","shape":[4],"data_offsets":[)" + values + "]", "abcd");
  };
  EXPECT_EQ(offsets("0,4"), "no error");
  EXPECT_EQ(offsets("4,0"), "expected data_offsets that do not descend from 0 on, got [4, 0]");
  EXPECT_EQ(offsets("-4,0"), "expected data_offsets that do not descend from 0 on, got [-4, 0]");
  EXPECT_EQ(offsets("-9223372036854775808,9223372036854775807"),
            "expected data_offsets that do not descend from 0 on, got [-9223372036854775808, "
            "9223372036854775807]");
  EXPECT_EQ(offsets("1,5"), "expected data_offsets within 4 bytes of data, got [1, 5]");
  EXPECT_EQ(offsets("0,9223372036854775807"),
            "expected data_offsets within 4 bytes of data, got [0, 9223372036854775807]");
  EXPECT_EQ(offsets("0,3"), "expected 4 bytes for shape [4] of U8, got data_offsets [0, 3]");
  EXPECT_EQ(offsets("0"), "expected two data_offsets, got [0]");
  EXPECT_EQ(offsets("0,4,4"), "expected at most 2 numbers, got more");
}

static std::string twoRanges(const std::string &first, const std::string &second) {
  auto member = [](const std::string &name, const std::string &range) {
    int begin = 0, end = 0;
    std::sscanf(range.c_str(), "%d,%d", &begin, &end);
    return "\"" + name + R"(":{"dtype":"U8","shape":[)" + std::to_string(end - begin) +
           R"(],"data_offsets":[)" + range + "]}";
  };
  return headerError("{" + member("t", first) + "," + member("u", second) + "}", "abcdefgh");
}

TEST(MalformedArchive, coverage) {
  EXPECT_EQ(twoRanges("0,4", "4,8"), "no error");
  EXPECT_EQ(twoRanges("4,8", "0,4"), "no error");
  EXPECT_EQ(twoRanges("0,4", "3,8"), "expected tensors that do not overlap, got \"u\" at byte 3 "
                                     "of the data and \"t\" up to byte 4");
  EXPECT_EQ(twoRanges("0,8", "0,8"), "expected tensors that do not overlap, got \"u\" at byte 0 "
                                     "of the data and \"t\" up to byte 8");
  EXPECT_EQ(twoRanges("2,8", "0,8"), "expected tensors that do not overlap, got \"t\" at byte 2 "
                                     "of the data and \"u\" up to byte 8");
  EXPECT_EQ(twoRanges("0,4", "5,8"),
            "expected data without holes, got none for bytes 4 to 5 before tensor \"u\"");
  EXPECT_EQ(twoRanges("1,4", "4,8"),
            "expected data without holes, got none for bytes 0 to 1 before tensor \"t\"");
  EXPECT_EQ(twoRanges("0,4", "4,7"),
            "expected 7 bytes of data, got 8: 1 trailing bytes belong to no tensor");
  // An empty tensor inside another one covers nothing, but stands at no end.
  EXPECT_EQ(twoRanges("0,8", "4,4"), "expected tensors that do not overlap, got \"u\" at byte 4 "
                                     "of the data and \"t\" up to byte 8");
  EXPECT_EQ(headerError("{}", "x"),
            "expected 0 bytes of data, got 1: 1 trailing bytes belong to no tensor");
}

TEST(MalformedArchive, path) {
  TemporaryFolder folder;
  auto error = [](const std::string &path) {
    Result<Archive> archive = Archive::open(path);
    return archive ? "no error" : archive.error();
  };
  EXPECT_EQ(error(folder.path("none")), folder.path("none") + ": cannot open: No such file or "
                                                              "directory");
  EXPECT_EQ(error(folder.path()), folder.path() + ": expected a regular file, got a folder");
  std::string pipe = folder.path("pipe");
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_EQ(error(pipe), pipe + ": expected a regular file, got something else");
  Result<Archive> none = Archive::open(std::vector<std::string>());
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error(), "expected at least one file of parameters, got none");
}

TEST(MalformedArchive, nameInTwoFiles) {
  TemporaryFolder folder;
  std::string file = safetensors(R"({"w":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})", "x");
  std::string first = folder.write("1.safetensors", file);
  std::string second = folder.write("2.safetensors", file);
  Result<Archive> archive = Archive::open({first, second});
  ASSERT_FALSE(archive);
  EXPECT_EQ(archive.error(),
            second + ": expected each tensor in one file, got \"w\" in " + first + " as well");
  EXPECT_FALSE(Archive::open({first, first}));
}
