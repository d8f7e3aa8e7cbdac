//===- NpyTest.cpp - Arrays as NumPy writes them --------------------------===//
//
// The headers are what np.save of NumPy 2.4.6 with ml_dtypes 0.6.0 writes.
//
//===----------------------------------------------------------------------===//

#include "QLinalg/Parameters/Npy.h"
#include "TemporaryFolder.h"

#include <gtest/gtest.h>

using namespace qlinalg;
using namespace qlinalg::test;

using Shape = std::vector<int64_t>;

/// Version 1, 2 or 3, padded to `size` bytes before the data.
static std::string npy(int version, std::string dictionary, std::string_view data,
                       size_t size = 128) {
  size_t prefix = version == 1 ? 10 : 12;
  dictionary.resize(size - prefix - 1, ' ');
  dictionary += '\n';
  uint32_t length = static_cast<uint32_t>(dictionary.size());
  std::string file = "\x93NUMPY";
  file += static_cast<char>(version);
  file += '\0';
  file.append(reinterpret_cast<const char *>(&length), version == 1 ? 2 : 4);
  return file.append(dictionary).append(data);
}

static NpyArray parsed(const std::string &file) {
  Result<NpyArray> array = parseNpy(bytesOf(file), "memory");
  EXPECT_TRUE(array) << array.error();
  return array ? *std::move(array) : NpyArray{ElementType::Bool, {}, {}};
}

TEST(Npy, readsAllVersions) {
  for (int version : {1, 2, 3}) {
    NpyArray array = parsed(
        npy(version, "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }", "abcdefgh"));
    EXPECT_EQ(array.type, ElementType::F32);
    EXPECT_EQ(array.shape, (Shape{1, 2}));
    EXPECT_EQ(textOf(array.data), "abcdefgh");
  }
}

TEST(Npy, readsOtherSpellingsOfTheDictionary) {
  for (const char *dictionary :
       {"{'shape':(2,),'descr':'|u1','fortran_order':False}",
        "{\"fortran_order\": False, \"shape\": ( 2 , ), \"descr\": \"|u1\"}",
        "{ 'descr' : '<u1' , 'fortran_order' : True , 'shape' : (2,) , }\n"})
    EXPECT_EQ(textOf(parsed(npy(1, dictionary, "ab")).data), "ab") << dictionary;
  EXPECT_EQ(
      textOf(
          parsed(npy(1, "{'descr': '|u1', 'fortran_order': False, 'shape': (1, 2,)}", "ab")).data),
      "ab");
}

TEST(Npy, readsScalarsAndEmptyArrays) {
  NpyArray scalar =
      parsed(npy(1, "{'descr': '<f4', 'fortran_order': False, 'shape': (), }", "1234"));
  EXPECT_TRUE(scalar.shape.empty());
  EXPECT_EQ(textOf(scalar.data), "1234");
  NpyArray empty = parsed(npy(1, "{'descr': '<c8', 'fortran_order': True, 'shape': (0, 2), }", ""));
  EXPECT_EQ(empty.shape, (Shape{0, 2}));
  EXPECT_TRUE(empty.data.empty());
}

TEST(Npy, readsEveryElementType) {
  const std::vector<std::pair<std::string, ElementType>> types = {
      {"|b1", ElementType::Bool},
      {"|i1", ElementType::I8},
      {"<i2", ElementType::I16},
      {"<i4", ElementType::I32},
      {"<i8", ElementType::I64},
      {"|u1", ElementType::U8},
      {"<u2", ElementType::U16},
      {"<u4", ElementType::U32},
      {"<u8", ElementType::U64},
      {"<f2", ElementType::F16},
      {"<f4", ElementType::F32},
      {"<f8", ElementType::F64},
      {"<c8", ElementType::C64},
      // bfloat16, float8_e4m3fn, float8_e5m2 of ml_dtypes
      {"<V2", ElementType::BF16},
      {"<V1", ElementType::U8},
      {"<f1", ElementType::F8E5M2},
      {"bfloat16", ElementType::BF16},
      {"float8_e4m3fn", ElementType::F8E4M3FN}};
  for (const auto &[name, type] : types) {
    std::string data(static_cast<size_t>(2 * byteWidth(type)), 'x');
    NpyArray array =
        parsed(npy(1, "{'descr': '" + name + "', 'fortran_order': False, 'shape': (2,), }", data));
    EXPECT_EQ(array.type, type) << name;
    EXPECT_EQ(textOf(array.data), data) << name;
  }
}

// np.arange(24, dtype='u1').reshape(2, 3, 4) in Fortran order: the file holds
// element (i, j, k) = 12 i + 4 j + k at place i + 2 j + 6 k.
TEST(Npy, transposesFortranOrder) {
  std::string file(24, '\0'), expected(24, '\0');
  for (int i = 0; i < 2; ++i)
    for (int j = 0; j < 3; ++j)
      for (int k = 0; k < 4; ++k)
        file[i + 2 * j + 6 * k] = static_cast<char>(12 * i + 4 * j + k);
  for (int i = 0; i < 24; ++i)
    expected[i] = static_cast<char>(i);
  NpyArray array =
      parsed(npy(1, "{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3, 4), }", file));
  EXPECT_EQ(array.shape, (Shape{2, 3, 4}));
  EXPECT_EQ(textOf(array.data), expected);
  NpyArray wide =
      parsed(npy(1, "{'descr': '<u2', 'fortran_order': True, 'shape': (2, 2), }", "aabbccdd"));
  EXPECT_EQ(textOf(wide.data), "aaccbbdd");
}

// Byte for byte what np.save(path, np.array([[1, 2, 3], [4, 5, 6]], '<i2')) writes.
TEST(Npy, writesWhatNumPyWrites) {
  TemporaryFolder folder;
  std::vector<int16_t> values = {1, 2, 3, 4, 5, 6};
  std::string path = folder.path("a.npy");
  ASSERT_TRUE(writeNpy(path, ElementType::I16, Shape{2, 3}, bytesOf(values)));
  std::string header = "{'descr': '<i2', 'fortran_order': False, 'shape': (2, 3), }";
  EXPECT_EQ(folder.read("a.npy"), npy(1, header, textOf(bytesOf(values))));
  EXPECT_EQ(folder.names(), std::vector<std::string>{"a.npy"});
  ASSERT_TRUE(writeNpy(path, ElementType::BF16, Shape{1}, bytesOf("ab")));
  header = "{'descr': '<u2', 'fortran_order': False, 'shape': (1,), }";
  EXPECT_EQ(folder.read("a.npy"), npy(1, header, "ab"));
  ASSERT_TRUE(writeNpy(path, ElementType::F8E5M2, Shape{}, bytesOf("a")));
  header = "{'descr': '|u1', 'fortran_order': False, 'shape': (), }";
  EXPECT_EQ(folder.read("a.npy"), npy(1, header, "a"));
}

TEST(Npy, roundTripsTheLongestShape) {
  TemporaryFolder folder;
  std::string path = folder.path("a.npy");
  Shape shape(63, int64_t{1});
  shape.insert(shape.begin() + 20, 2);
  ASSERT_TRUE(writeNpy(path, ElementType::F16, shape, bytesOf("abcd")));
  Result<NpyArray> array = readNpy(path);
  ASSERT_TRUE(array) << array.error();
  EXPECT_EQ(array->shape, shape);
  EXPECT_EQ(textOf(array->data), "abcd");
}

TEST(Npy, writesNothingForAWrongSize) {
  TemporaryFolder folder;
  std::string path = folder.path("a.npy");
  Result<void> result = writeNpy(path, ElementType::F32, Shape{2}, bytesOf("1234567"));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error(),
            path + ": expected 8 bytes in at most 64 dimensions for shape [2], got 7");
  EXPECT_FALSE(writeNpy(path, ElementType::F32, Shape{-1}, {}));
  EXPECT_FALSE(writeNpy(path, ElementType::F32, Shape(65, 1), bytesOf("1234")));
  EXPECT_FALSE(writeNpy(folder.path("none/a.npy"), ElementType::U8, Shape{1}, bytesOf("1")));
  EXPECT_TRUE(folder.names().empty());
}
