//===- Table.cpp - Columns that fit a terminal ----------------------------===//

#include "QLinalg/Text/Table.h"

#include <algorithm>
#include <ranges>

using namespace qlinalg;

namespace {

constexpr int gap = 2, leastName = 12, leastDrawing = 12, greatestDrawing = 32;

bool beginsCharacter(char c) { return (c & 0xc0) != 0x80; }

/// Characters of UTF-8.
int lengthOf(std::string_view text) {
  return static_cast<int>(std::ranges::count_if(text, beginsCharacter));
}

/// The byte where character `i` begins.
size_t placeOf(std::string_view text, int i) {
  size_t place = 0;
  for (; place < text.size(); ++place)
    if (beginsCharacter(text[place]) && i-- == 0)
      break;
  return place;
}

std::string cutInTheMiddle(std::string_view text, int width) {
  int length = lengthOf(text);
  if (length <= width)
    return std::string(text);
  // What tells names of layers apart stands near their end.
  int start = (width - 1) / 3, end = width - 1 - start;
  return std::string(text.substr(0, placeOf(text, start))) + "\xe2\x80\xa6" +
         std::string(text.substr(placeOf(text, length - end)));
}

/// What names begin and end with alike, up to points: it tells none of them from another.
struct Shared {
  size_t start = 0, end = 0;
};

/// Of the names that are longer than `width` and have their first part in common with `name`.
Shared sharedWith(std::string_view name, const std::vector<std::vector<std::string>> &rows,
                  int width) {
  std::string_view first = name.substr(0, name.find('.'));
  size_t start = name.size(), end = name.size();
  int count = 0;
  for (const std::vector<std::string> &row : rows) {
    std::string_view other = row.front();
    if (lengthOf(other) <= width || other.substr(0, other.find('.')) != first)
      continue;
    ++count;
    start = std::min<size_t>(start, std::ranges::mismatch(name, other).in1 - name.begin());
    auto backwards = std::ranges::mismatch(std::views::reverse(name), std::views::reverse(other));
    end = std::min<size_t>(end, backwards.in1 - std::views::reverse(name).begin());
  }
  if (count < 2 || start == name.size())
    return {};
  size_t point = name.substr(0, start).rfind('.');
  start = point == std::string_view::npos ? 0 : point + 1;
  point = name.substr(name.size() - end).find('.');
  end = point == std::string_view::npos ? 0 : end - point;
  return start + end < name.size() ? Shared{start, end} : Shared{start, 0};
}

/// `name` in `width` characters; what tells it from others goes last.
std::string fitName(const std::string &name, const std::vector<std::vector<std::string>> &rows,
                    int width) {
  if (lengthOf(name) <= width)
    return name;
  constexpr std::string_view dots = "\xe2\x80\xa6";
  Shared shared = sharedWith(name, rows, width);
  std::string text = name.substr(shared.start, name.size() - shared.start - shared.end);
  if (shared.start > 0)
    text.insert(0, dots);
  if (shared.end > 0)
    text += dots;
  return cutInTheMiddle(text, width);
}

std::string pad(int width, std::string_view text) {
  return std::string(static_cast<size_t>(std::max(0, width - lengthOf(text))), ' ');
}

void endLine(std::string &text) {
  text.erase(text.find_last_not_of(' ') + 1);
  text += '\n';
}

} // namespace

void Table::addColumn(std::string heading, int order) {
  columns.push_back({std::move(heading), order});
}

void Table::addDrawing(std::string heading, std::function<std::string(size_t, int)> draw) {
  drawingHeading = std::move(heading);
  this->draw = std::move(draw);
}

int Table::widthOf(size_t column) const {
  int width = lengthOf(columns[column].heading);
  for (const std::vector<std::string> &row : rows)
    width = std::max(width, lengthOf(row[column]));
  return width;
}

std::string Table::text(int width) const {
  std::vector<size_t> shown;
  std::vector<int> widths;
  for (size_t i = 0; i < columns.size(); ++i) {
    widths.push_back(widthOf(i));
    // What all rows leave empty is not shown either.
    if (i == 0 || std::ranges::any_of(rows, [&](const auto &row) { return !row[i].empty(); }))
      shown.push_back(i);
  }
  int drawing = width > 0 && draw ? leastDrawing : 0;
  auto needed = [&](int nameWidth) {
    int sum = nameWidth + (drawing ? gap + drawing : 0);
    for (size_t i : shown)
      sum += i == 0 ? 0 : gap + widths[i];
    return sum;
  };
  if (width > 0) {
    int shortName = std::min(widths[0], leastName);
    // The drawing goes before the last column beside the names.
    while (needed(shortName) > width && shown.size() > 1) {
      if (shown.size() == 2 && drawing)
        drawing = 0;
      else
        shown.erase(std::max_element(shown.begin() + 1, shown.end(), [&](size_t a, size_t b) {
          return columns[a].order < columns[b].order;
        }));
    }
    widths[0] = std::clamp(width - needed(0), std::min(shortName, width), widths[0]);
    if (drawing)
      drawing = std::min(greatestDrawing, drawing + std::max(0, width - needed(widths[0])));
  }
  std::string text;
  auto addLine = [&](auto cellOf, const std::string &drawn) {
    for (size_t i : shown) {
      std::string cell = i == 0 ? fitName(cellOf(i), rows, widths[0]) : cellOf(i);
      text += i == 0 ? cell + pad(widths[0], cell)
                     : std::string(gap, ' ') + pad(widths[i], cell) + cell;
    }
    if (drawing)
      text += std::string(gap, ' ') + drawn;
    endLine(text);
  };
  addLine([&](size_t i) { return columns[i].heading; }, drawingHeading);
  for (size_t row = 0; row < rows.size(); ++row)
    addLine([&](size_t i) { return rows[row][i]; }, drawing ? draw(row, drawing) : "");
  return text;
}

std::string qlinalg::printable(std::string_view name) {
  std::string text(name);
  std::ranges::replace_if(
      text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, '?');
  return text;
}
