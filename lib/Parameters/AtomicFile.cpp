//===- AtomicFile.cpp - A file that appears whole or not at all -----------===//

#include "QLinalg/Parameters/AtomicFile.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <memory>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace qlinalg {

static std::string folderOf(const std::string &path) {
  size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash + 1);
}

static constexpr std::string_view temporaryPrefix = ".qlinalg.";

/// The process that made a temporary file of this name; 0 for other names.
static pid_t ownerOf(std::string_view name) {
  if (!name.starts_with(temporaryPrefix))
    return 0;
  name.remove_prefix(temporaryPrefix.size());
  const char *end = name.data() + name.size();
  pid_t owner = 0;
  unsigned number = 0;
  auto [point, error] = std::from_chars(name.data(), end, owner);
  if (error != std::errc() || owner <= 0 || point == end || *point != '.')
    return 0;
  auto [stop, wrong] = std::from_chars(point + 1, end, number);
  return wrong == std::errc() && stop == end ? owner : 0;
}

/// Removes what programs left that were killed. Another machine's processes are not known here, and
/// a folder may be shared: who still has the file holds its lock.
static void removeAbandoned(const std::string &folder) {
  std::error_code ignored;
  for (std::filesystem::directory_iterator entry(folder, ignored), end; !ignored && entry != end;
       entry.increment(ignored)) {
    pid_t owner = ownerOf(entry->path().filename().native());
    if (owner == 0 || kill(owner, 0) == 0 || errno != ESRCH)
      continue;
    FileDescriptor file(::open(entry->path().c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
    if (file.get() >= 0 && flock(file.get(), LOCK_EX | LOCK_NB) == 0)
      unlink(entry->path().c_str());
  }
}

/// A new file in the folder of `path`, open for reading and writing with the
/// mode that the umask leaves. `name` is set to its path.
static Result<FileDescriptor> createTemporary(const std::string &path, std::string &name) {
  static std::atomic<unsigned> counter = 0;
  removeAbandoned(folderOf(path));
  // A name may be taken by a program that was killed and had our process id.
  for (int attempt = 0; attempt < 1000; ++attempt) {
    name = folderOf(path) + "/" + std::string(temporaryPrefix) + std::to_string(getpid()) + "." +
           std::to_string(counter++);
    FileDescriptor file(::open(name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
    if (file.get() >= 0) {
      // Where the file system has no locks, nobody takes them.
      (void)flock(file.get(), LOCK_EX | LOCK_NB);
      return file;
    }
    if (errno != EEXIST)
      break;
  }
  return systemFailure(path, "cannot create a file in its folder");
}

static Result<void> writeAll(const FileDescriptor &file, const std::string &path,
                             std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    ssize_t written = write(file.get(), bytes.data(), std::min(bytes.size(), size_t{1} << 30));
    if (written < 0 && errno == EINTR)
      continue;
    if (written < 0)
      return systemFailure(path, "cannot write");
    bytes = bytes.subspan(static_cast<size_t>(written));
  }
  return {};
}

Result<UnnamedFile> UnnamedFile::create(const std::string &path) {
  std::string name;
  Result<FileDescriptor> file = createTemporary(path, name);
  if (!file)
    return file.failure();
  if (unlink(name.c_str()) != 0)
    return systemFailure(name, "cannot remove");
  return UnnamedFile(*std::move(file), path);
}

Result<void> UnnamedFile::append(std::span<const std::byte> bytes) {
  return writeAll(file, path, bytes);
}

Result<AtomicFile> AtomicFile::create(std::string path) {
  if (path.empty() || path.back() == '/')
    return Failure{path + ": expected the name of a file, got none"};
  struct stat facts;
  if (stat(path.c_str(), &facts) == 0 && !S_ISREG(facts.st_mode))
    return Failure{path + ": expected a regular file or none, got " +
                   (S_ISDIR(facts.st_mode) ? "a folder" : "something else")};
  std::string temporary;
  Result<FileDescriptor> file = createTemporary(path, temporary);
  if (!file)
    return file.failure();
  return AtomicFile(*std::move(file), std::move(path), std::move(temporary));
}

AtomicFile::AtomicFile(AtomicFile &&other) noexcept
    : file(std::move(other.file)), target(std::move(other.target)),
      temporary(std::exchange(other.temporary, {})) {}

AtomicFile &AtomicFile::operator=(AtomicFile &&other) noexcept {
  std::swap(file, other.file);
  std::swap(target, other.target);
  std::swap(temporary, other.temporary);
  return *this;
}

AtomicFile::~AtomicFile() {
  if (!temporary.empty())
    unlink(temporary.c_str());
}

Result<void> AtomicFile::append(std::span<const std::byte> bytes) {
  return writeAll(file, target, bytes);
}

Result<void> AtomicFile::append(std::string_view text) {
  return append(std::as_bytes(std::span(text)));
}

Result<void> AtomicFile::appendFrom(const UnnamedFile &source, int64_t size) {
  off_t offset = 0;
#ifdef __linux__
  while (offset < size) {
    ssize_t copied =
        copy_file_range(source.descriptor().get(), &offset, file.get(), nullptr,
                        static_cast<size_t>(std::min<int64_t>(size - offset, int64_t{1} << 30)), 0);
    if (copied < 0 && errno == EINTR)
      continue;
    // The file system cannot, or says that there is nothing: read and write,
    // which also says what is wrong.
    if (copied <= 0)
      break;
  }
#endif
  constexpr size_t bufferSize = size_t{1} << 20;
  std::unique_ptr<std::byte[]> buffer;
  while (offset < size) {
    if (!buffer)
      buffer = std::make_unique<std::byte[]>(bufferSize);
    size_t wanted = static_cast<size_t>(std::min<int64_t>(size - offset, bufferSize));
    ssize_t got = pread(source.descriptor().get(), buffer.get(), wanted, offset);
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0)
      return systemFailure(target, "cannot read what was written");
    if (got == 0)
      return Failure{target + ": expected " + std::to_string(size) + " bytes to copy, got " +
                     std::to_string(offset)};
    if (Result<void> done = append({buffer.get(), static_cast<size_t>(got)}); !done)
      return done;
    offset += got;
  }
  return {};
}

Result<void> AtomicFile::commit() {
  if (temporary.empty())
    return Failure{target + ": expected one commit, got a second"};
  if (fsync(file.get()) != 0)
    return systemFailure(target, "cannot flush to the disk");
  if (rename(temporary.c_str(), target.c_str()) != 0)
    return systemFailure(target, "cannot rename the finished file to it");
  temporary.clear();
  // So that the name survives a crash too. Some file systems have no such
  // call for folders; the file is there all the same.
  FileDescriptor folder(::open(folderOf(target).c_str(), O_RDONLY | O_CLOEXEC));
  if (folder.get() >= 0)
    fsync(folder.get());
  return {};
}

} // namespace qlinalg
