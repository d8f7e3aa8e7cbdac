//===- MalformedNpyTest.cpp - Files that must be refused ------------------===//

#include "QLinalg/Parameters/Npy.h"
#include "TemporaryFolder.h"

#include <gtest/gtest.h>

using namespace qlinalg;
using namespace qlinalg::test;

static std::string errorOf(std::string_view contents) {
  TemporaryFolder folder;
  std::string path = folder.write("a.npy", contents);
  Result<NpyArray> array = readNpy(path);
  if (array)
    return "no error";
  EXPECT_TRUE(array.error().starts_with(path + ": ")) << array.error();
  EXPECT_EQ(array.error().find('\n'), std::string::npos);
  return array.error().substr(std::min(array.error().size(), path.size() + 2));
}

static std::string npy(std::string_view dictionary, std::string_view data = "") {
  std::string file("\x93NUMPY\x01\x00", 8);
  file += static_cast<char>(dictionary.size() & 0xff);
  file += static_cast<char>(dictionary.size() >> 8);
  return file.append(dictionary).append(data);
}

static std::string typeError(const std::string &descr) {
  return errorOf(npy("{'descr': " + descr + ", 'fortran_order': False, 'shape': (1,), }"));
}

static std::string shapeError(const std::string &shape, std::string_view data = "") {
  return errorOf(npy("{'descr': '<f4', 'fortran_order': False, 'shape': " + shape + "}", data));
}

TEST(MalformedNpy, path) {
  TemporaryFolder folder;
  Result<NpyArray> none = readNpy(folder.path("none"));
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error(), folder.path("none") + ": cannot open: No such file or directory");
  EXPECT_FALSE(readNpy(folder.path()));
}

TEST(MalformedNpy, magicAndVersion) {
  std::string magic = "expected a file that begins with \\x93NUMPY, got another kind of file";
  EXPECT_EQ(errorOf(""), magic);
  EXPECT_EQ(errorOf("\x93NUMP"), magic);
  EXPECT_EQ(errorOf("PK\x03\x04 a zip file, as np.savez writes it"), magic);
  EXPECT_EQ(errorOf("\x93NUMPY\x01"), "expected a format version, got the end of the file");
  EXPECT_EQ(errorOf("\x93NUMPY\x04" + std::string(100, '\0')),
            "expected format version 1.0, 2.0 or 3.0, got 4.0");
  EXPECT_EQ(errorOf("\x93NUMPY\x01\x01" + std::string(100, '\0')),
            "expected format version 1.0, 2.0 or 3.0, got 1.1");
}

TEST(MalformedNpy, everyCutIsSeen) {
  std::string whole =
      npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }\n", "abcdefgh");
  ASSERT_EQ(errorOf(whole), "no error");
  for (size_t size = 0; size < whole.size(); ++size)
    EXPECT_NE(errorOf(whole.substr(0, size)), "no error") << size;
  EXPECT_EQ(errorOf(whole.substr(0, whole.size() - 1)),
            "expected 8 bytes of data for shape [2], got 7");
  EXPECT_EQ(errorOf(whole + "x"), "expected 8 bytes of data for shape [2], got 9");
}

TEST(MalformedNpy, headerLength) {
  EXPECT_EQ(errorOf("\x93NUMPY" + std::string("\x01\x00\x05\x00{}", 6)),
            "expected a header of at most 2 bytes, the rest of the file, got a length of 5");
  EXPECT_EQ(errorOf("\x93NUMPY" + std::string("\x02\x00\xff\xff\xff\xff{}", 8)),
            "expected a header of at most 2 bytes, the rest of the file, got a length of "
            "4294967295");
  EXPECT_EQ(
      errorOf("\x93NUMPY" + std::string("\x02\x00\x00\x00\x01\x00", 6) + std::string(70'000, ' ')),
      "expected a header of at most 65535 bytes, got a length of 65536");
  EXPECT_EQ(errorOf("\x93NUMPY" + std::string("\x03\x00\x01", 3)),
            "expected the length of the header, got the end of the file");
}

TEST(MalformedNpy, elementType) {
  EXPECT_EQ(typeError("'>f4'"), "expected little-endian elements, got \">f4\"");
  EXPECT_EQ(typeError("'|O'"), "expected numbers, got \"|O\": Python objects");
  for (const char *name : {"<c16", "<f16", "<U3", "|S4", "<M8[ns]", "|V3", "", "=f4", "float32"})
    EXPECT_EQ(typeError("'" + std::string(name) + "'"),
              "expected booleans, integers or floats of 1 to 8 bytes as descr, got \"" +
                  std::string(name) + "\"");
  EXPECT_EQ(typeError("[('a', '<f4')]"),
            "expected elements of one plain type, got a structured type");
  EXPECT_TRUE(typeError("4").starts_with("expected a string as descr, got \"4, "))
      << typeError("4");
  EXPECT_TRUE(typeError("'<f4").starts_with("expected ")) << typeError("'<f4");
}

TEST(MalformedNpy, shape) {
  EXPECT_EQ(shapeError("(-1,)"),
            "expected a shape of sizes from 0 on and less than 2^63 bytes, got [-1]");
  EXPECT_EQ(shapeError("(4294967296, 4294967296)"),
            "expected a shape of sizes from 0 on and less than 2^63 bytes, got [4294967296, "
            "4294967296]");
  EXPECT_EQ(shapeError("(0, 9223372036854775807)"),
            "expected a shape of sizes from 0 on and less than 2^63 bytes, got [0, "
            "9223372036854775807]");
  EXPECT_EQ(shapeError("(1000000000000,)", "abcd"),
            "expected 4000000000000 bytes of data for shape [1000000000000], got 4");
  std::string many = "(";
  for (int i = 0; i < 65; ++i)
    many += "1,";
  for (std::string shape : {"(3)", "[3]", "3", "(3", "(,)", "(3,,)", "(3 4)", "(1.5,)", "('a',)",
                            "(18446744073709551616,)", "(0x3,)", many.c_str()})
    EXPECT_TRUE(shapeError(shape).starts_with(
        "expected a tuple of at most 64 integers of 64 bits as shape in the header, got "))
        << shape << ": " << shapeError(shape);
}

TEST(MalformedNpy, dictionary) {
  EXPECT_EQ(errorOf(npy("")), "expected a dictionary in the header, got \"\"");
  EXPECT_EQ(errorOf(npy("{}")),
            "expected descr, fortran_order and shape in the header, got no descr");
  EXPECT_EQ(errorOf(npy("{'descr': '|u1', 'shape': (0,)}")),
            "expected descr, fortran_order and shape in the header, got no fortran_order");
  EXPECT_EQ(errorOf(npy("{'descr': '|u1', 'fortran_order': False}")),
            "expected descr, fortran_order and shape in the header, got no shape");
  EXPECT_EQ(errorOf(npy("{'descr': '|u1', 'descr': '|u1'}")),
            "expected descr, fortran_order and shape, each once, got \"descr\"");
  EXPECT_EQ(errorOf(npy("{'other': 1}")),
            "expected descr, fortran_order and shape, each once, got \"other\"");
  EXPECT_EQ(errorOf(npy("{'fortran_order': 0}")),
            "expected True or False as fortran_order in the header, got \"0}\"");
  EXPECT_EQ(errorOf(npy("{'descr' '|u1'}")),
            "expected a key and a value in the header, got \"'|u1'}\"");
  EXPECT_EQ(errorOf(npy("{'descr': '|u1' 'shape': (0,)}")),
            "expected a key and a value in the header, got \"'shape': (0,)}\"");
  EXPECT_EQ(errorOf(npy("{'descr': '|u1', 'fortran_order': False, 'shape': (0,)} {}")),
            "expected nothing after the dictionary in the header, got \"{}\"");
}
