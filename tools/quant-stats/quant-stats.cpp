//===- quant-stats.cpp - Look at statistics of calibration runs -----------===//

#include "Commands.h"

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <sys/ioctl.h>
#include <unistd.h>

using namespace qlinalg;

static constexpr const char *usage =
    R"(usage: quant-stats show FILE...            what was seen of each site
       quant-stats merge FILE... -o OUT    files of several runs or machines as one
       quant-stats diff A B                how far two are apart, site by site, largest first
       quant-stats check FILE...           sites that cannot be relied on
  --json       JSON lines in place of tables
  --least=N    check: rows that each site must have seen (100)
  -o OUT       merge: the file to write; it may be one of the inputs
A terminal gets a table that fits its width, with a small histogram of logarithms of counts.
max/99.9% is the greatest magnitude in units of what 99.9 % of magnitudes do not exceed: what
saturating outliers would win. The distance of diff is that of Kolmogorov and Smirnov, 0 to 1.
FILE is what quant-run --statistics=FILE wrote. Exit codes: 0 done; 1 a file is wrong, or check found
something; 2 the command line is wrong.
examples:
  quant-stats show calibration.stats
  quant-stats merge machine1.stats machine2.stats -o all.stats
  quant-stats check all.stats --least=1000 && quant-stats diff all.stats other.stats --json
)";

namespace {
struct Options {
  std::string command, output;
  std::vector<std::string> files;
  std::string least;
  int64_t leastRows = 100;
  bool json = false;
};
} // namespace

/// Reads one option at `i`; what is wrong with it, if anything.
static std::string parseOption(const std::vector<std::string> &arguments, size_t &i,
                               Options &options) {
  const std::string &argument = arguments[i];
  std::string name = argument.substr(0, argument.find('='));
  if (argument == "--json") {
    options.json = true;
    return "";
  }
  std::string *value = name == "-o" || name == "--output" ? &options.output
                       : name == "--least"                ? &options.least
                                                          : nullptr;
  if (!value)
    return "unknown option '" + name + "'";
  if (!value->empty())
    return "expected '" + name + "' once, got it again";
  if (name.size() < argument.size())
    *value = argument.substr(name.size() + 1);
  else if (++i < arguments.size())
    *value = arguments[i];
  return value->empty() ? "expected a value of '" + name + "', got none" : "";
}

/// What is wrong with the command line, if anything.
static std::string parse(const std::vector<std::string> &arguments, Options &options) {
  bool onlyFiles = false;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string &argument = arguments[i];
    if (!onlyFiles && argument == "--") {
      onlyFiles = true;
    } else if (!onlyFiles && argument.size() > 1 && argument[0] == '-') {
      if (std::string problem = parseOption(arguments, i, options); !problem.empty())
        return problem;
    } else if (options.command.empty()) {
      options.command = argument;
    } else {
      options.files.push_back(argument);
    }
  }
  const std::string &command = options.command;
  if (command != "show" && command != "merge" && command != "diff" && command != "check")
    return "expected show, merge, diff or check, got " +
           (command.empty() ? "nothing" : "'" + command + "'");
  if (options.files.empty() || (command == "diff" && options.files.size() != 2))
    return std::string("expected ") + (command == "diff" ? "two files" : "a file") + ", got " +
           std::to_string(options.files.size());
  if ((command == "merge") == options.output.empty())
    return command == "merge" ? "expected a file to write, -o OUT, got none"
                              : "expected '-o' with merge only";
  if (!options.least.empty()) {
    if (command != "check")
      return "expected '--least' with check only";
    const char *end = options.least.data() + options.least.size();
    auto [stop, error] = std::from_chars(options.least.data(), end, options.leastRows);
    if (error != std::errc() || stop != end || options.leastRows < 0)
      return "expected a number of at least 0 for --least, got '" + options.least + "'";
  }
  return "";
}

static int widthOfTerminal() {
  if (!isatty(STDOUT_FILENO))
    return 0;
  winsize size;
  bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return known ? size.ws_col : 80;
}

static int fail(const std::string &message, int code) {
  std::fprintf(stderr, "error: %s\n", message.c_str());
  return code;
}

int main(int argc, char **argv) {
  std::vector<std::string> arguments(argv + 1, argv + argc);
  for (const std::string &argument : arguments)
    if (argument == "--help" || argument == "-h") {
      std::fputs(usage, stdout);
      return 0;
    }
  Options options;
  if (std::string problem = parse(arguments, options); !problem.empty())
    return fail(problem, 2);
  std::vector<StatisticsOf> files;
  for (const std::string &path : options.files) {
    Result<Statistics> statistics = readStatistics(path);
    if (!statistics)
      return fail(statistics.error(), 1);
    files.push_back({path, *std::move(statistics)});
  }
  Output out;
  out.json = options.json;
  out.width = widthOfTerminal();
  bool fine = true;
  if (options.command == "show")
    show(files, out);
  else if (options.command == "diff")
    diff(files[0], files[1], out);
  else if (options.command == "check")
    fine = check(files, options.leastRows, out);
  else if (Result<void> done = merge(files, options.output, out); !done)
    return fail(done.error(), 1);
  std::fputs(out.text.c_str(), stdout);
  if (std::fflush(stdout) != 0)
    return fail("cannot write to standard output", 1);
  return fine ? 0 : 1;
}
