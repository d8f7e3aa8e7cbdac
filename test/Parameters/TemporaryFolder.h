//===- TemporaryFolder.h - Files of one test --------------------*- C++ -*-===//

#ifndef QLINALG_TEST_PARAMETERS_TEMPORARYFOLDER_H
#define QLINALG_TEST_PARAMETERS_TEMPORARYFOLDER_H

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace qlinalg::test {

/// A fresh folder, removed with what is in it.
class TemporaryFolder {
public:
  TemporaryFolder() {
    std::string pattern = std::filesystem::temp_directory_path() / "qlinalg-parameters-XXXXXX";
    folder = mkdtemp(pattern.data());
  }
  TemporaryFolder(const TemporaryFolder &) = delete;
  ~TemporaryFolder() { std::filesystem::remove_all(folder); }

  std::string path(const std::string &name = "") const { return folder / name; }

  std::string write(const std::string &name, std::string_view contents) const {
    std::ofstream(folder / name, std::ios::binary) << contents;
    return path(name);
  }
  std::string read(const std::string &name) const {
    std::ifstream file(folder / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  /// Names of all that is there, hidden files too.
  std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (const auto &entry : std::filesystem::directory_iterator(folder))
      all.push_back(entry.path().filename());
    return all;
  }

private:
  std::filesystem::path folder;
};

inline std::span<const std::byte> bytesOf(std::string_view text) {
  return std::as_bytes(std::span(text));
}

template <typename T> std::span<const std::byte> bytesOf(const std::vector<T> &values) {
  return std::as_bytes(std::span(values));
}

inline std::string textOf(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char *>(bytes.data()), bytes.size()};
}

/// A safetensors file put together by hand.
inline std::string safetensors(std::string_view header, std::string_view data = "") {
  uint64_t length = header.size();
  std::string file(8, '\0');
  std::memcpy(file.data(), &length, 8);
  return file.append(header).append(data);
}

} // namespace qlinalg::test

#endif // QLINALG_TEST_PARAMETERS_TEMPORARYFOLDER_H
