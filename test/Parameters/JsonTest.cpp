//===- JsonTest.cpp -------------------------------------------------------===//

#include "QLinalg/Parameters/Json.h"

#include <gtest/gtest.h>

using namespace qlinalg;

static std::string skipError(std::string_view text) {
  JsonReader json(text);
  return json.skip() && json.end() ? "" : json.error();
}

TEST(Json, acceptsAllKindsOfValues) {
  for (const char *text :
       {"null", " true ", "false", "0", "-0", "-12.5e+3", "1E5", "\"\"", "[]", "[ ]", "{}",
        "[1,\t2,\r\n3]", R"({"a":{"b":[null,{"c":"d"}]},"":1})", R"("\"\\\/\b\f\n\r\t\u00e9")"})
    EXPECT_EQ(skipError(text), "") << text;
}

TEST(Json, refusesWhatIsNoJson) {
  for (const char *text : {"",
                           " ",
                           "nul",
                           "True",
                           "NaN",
                           "Infinity",
                           "01",
                           "+1",
                           ".5",
                           "1.",
                           "1e",
                           "1e+",
                           "-",
                           "0x1",
                           "1 2",
                           "[1,]",
                           "[,1]",
                           "[1 2]",
                           "[",
                           "]",
                           "{",
                           "{\"a\"}",
                           "{\"a\":}",
                           "{\"a\":1,}",
                           "{a:1}",
                           "{'a':1}",
                           "{\"a\":1 \"b\":2}",
                           "{\"a\":1]",
                           "\"",
                           "\"a",
                           "\"\\",
                           "\"\\x\"",
                           "\"\\u12\"",
                           "\"\\u12g4\"",
                           "\"\\u-123\"",
                           "\"a\nb\"",
                           "\"\x01\"",
                           "// c\n1",
                           "[1]]"})
    EXPECT_NE(skipError(text), "") << text;
}

TEST(Json, saysWhatItExpectedWhereAndWhatItGot) {
  EXPECT_EQ(skipError("[1,}"), "expected a number at byte 3, got \"}\"");
  EXPECT_EQ(skipError("{\"a\" 1}"), "expected ':' at byte 5, got \"1\"");
  EXPECT_EQ(skipError("[1"), "expected ',' or ']' at byte 2, got the end of the text");
  EXPECT_EQ(skipError("{}x"), "expected the end of the text at byte 2, got \"x\"");
}

TEST(Json, boundsDepth) {
  std::string allowed = std::string(JsonReader::maxDepth, '[') + std::string(32, ']');
  EXPECT_EQ(skipError(allowed), "");
  EXPECT_EQ(skipError("[" + allowed + "]"), "expected at most 32 levels, got more");
  EXPECT_NE(skipError(std::string(10'000'000, '[')), "");
  std::string objects;
  for (int i = 0; i < 100'000; ++i)
    objects += "{\"a\":";
  EXPECT_EQ(skipError(objects), "expected at most 32 levels, got more");
}

static std::string decoded(std::string_view text) {
  JsonReader json(text);
  std::string value;
  return json.string(value) && json.end() ? value : "error: " + json.error();
}

TEST(Json, decodesStrings) {
  EXPECT_EQ(decoded(R"("a\"\\\/\b\f\n\r\tz")"), "a\"\\/\b\f\n\r\tz");
  EXPECT_EQ(decoded(R"("\u0041\u00e9\u20AC")"), "A\xc3\xa9\xe2\x82\xac");
  EXPECT_EQ(decoded(R"("\ud83d\ude00")"), "\xf0\x9f\x98\x80");
  EXPECT_EQ(decoded(R"("\u0000")"), std::string(1, '\0'));
  for (const char *text : {R"("\ud83d")", R"("\ud83dx")", R"("\ud83d\n")", R"("\ud83d\u0041")",
                           R"("\ude00")", R"("\ud83d\ud83d")"})
    EXPECT_TRUE(decoded(text).starts_with("error: expected")) << text;
}

TEST(Json, readsIntegersThatFit) {
  auto read = [](std::string_view text) {
    JsonReader json(text);
    int64_t value = 0;
    return json.integer(value) && json.end() ? std::to_string(value) : "error";
  };
  EXPECT_EQ(read("0"), "0");
  EXPECT_EQ(read("-7"), "-7");
  EXPECT_EQ(read("9223372036854775807"), "9223372036854775807");
  EXPECT_EQ(read("-9223372036854775808"), "-9223372036854775808");
  for (const char *text : {"9223372036854775808", "1.0", "1e2", "\"1\"", "[1]", "true", "00"})
    EXPECT_EQ(read(text), "error") << text;
}

TEST(Json, knowsUtf8) {
  for (const char *text : {"", "abc", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf",
                           "\xee\x80\x80", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"})
    EXPECT_TRUE(isUtf8(text)) << text;
  for (const char *text : {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc2", "\xc2 ", "\xe0\x9f\xbf",
                           "\xe2\x82", "\xed\xa0\x80", "\xed\xbf\xbf", "\xf0\x8f\xbf\xbf",
                           "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "\xf0\x90\x80"})
    EXPECT_FALSE(isUtf8(text)) << testing::PrintToString(text);
}

TEST(Json, writesStringsThatItReadsBack) {
  std::string all;
  for (int c = 0; c < 128; ++c)
    all += static_cast<char>(c);
  all += "\xc3\xa9\xf0\x9f\x98\x80";
  std::string json;
  appendJsonString(json, all);
  EXPECT_EQ(decoded(json), all);
  json.clear();
  appendJsonString(json, "a\"\\\n");
  EXPECT_EQ(json, R"("a\"\\\u000a")");
}

TEST(Json, quotesAnyBytesForMessages) {
  EXPECT_EQ(quoteForMessage("a\nb"), R"("a\u000ab")");
  EXPECT_EQ(quoteForMessage("a\xff"), "\"a<ff>\"");
  EXPECT_EQ(quoteForMessage(std::string(199, 'a') + "\xc3\xa9"),
            "\"" + std::string(199, 'a') + "\"...");
  EXPECT_LT(quoteForMessage(std::string(1'000'000, '\x80')).size(), 1000u);
}
