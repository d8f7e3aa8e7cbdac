//===- Table.h - Columns that fit a terminal --------------------*- C++ -*-===//

#ifndef QLINALG_TEXT_TABLE_H
#define QLINALG_TEXT_TABLE_H

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace qlinalg {

/// Rows of cells under headings. The first column, names, is on the left. Where the width is short
/// those that do not fit lose what all of them begin with, then their middle; others are on the
/// right. Columns that do not fit are left out, those
/// of greatest `order` first.
class Table {
public:
  void addColumn(std::string heading, int order);
  /// A last column that takes what is left, at most 32 characters; `draw` gives that of a row. Only
  /// in a terminal.
  void addDrawing(std::string heading, std::function<std::string(size_t row, int width)> draw);
  void addRow(std::vector<std::string> cells) { rows.push_back(std::move(cells)); }

  /// For a terminal of `width` columns; 0 is no terminal, and nothing is cut or left out.
  std::string text(int width) const;

private:
  struct Column {
    std::string heading;
    int order;
  };
  int widthOf(size_t column) const;

  std::vector<Column> columns;
  std::vector<std::vector<std::string>> rows;
  std::string drawingHeading;
  std::function<std::string(size_t, int)> draw;
};

/// On one line: control characters become '?'.
std::string printable(std::string_view name);

} // namespace qlinalg

#endif // QLINALG_TEXT_TABLE_H
