//===- DotAlongK.cpp - Few rows times columns that lie along k ------------===//

#include "QLinalg/Kernels/DotAlongK.h"

#include "Elements.h"
#include "QLinalg/Kernels/Codes.h"
#include "QLinalg/Kernels/Epilogue.h"
#include "QLinalg/Kernels/Loops.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace qlinalg::kernels {

bool canDotAlongK(const Contraction &c) {
  auto isAlongK = [&](const Side &side) {
    return (!side.scheme || side.scheme.isDowncast()) && !side.layout &&
           isContiguousAlong(side.data, side.map, c.k);
  };
  return !c.integer && isAlongK(c.rows) && isAlongK(c.columns);
}

/// Rows of a tile, and the most columns.
static constexpr int64_t tileRows = 4, mostColumns = 4;

namespace {
struct AlongK {
  using Vectors = SmallVector<Value>;

  ImplicitLocOpBuilder &b;
  const Contraction &c;
  ArrayRef<Value> sizes;
  /// Of a vector along k.
  int64_t width;

  Value load(const Side &side, Coordinates coordinates, Value k, Value mask);
  Vectors addProducts(const Coordinates &coordinates, Value k, Value mask, int64_t height,
                      int64_t columns, Vectors sums);
  Value addLanes(ArrayRef<Value> sums);
  void emitTile(const Coordinates &coordinates, int64_t height, int64_t columns);
  void emitRows(Coordinates coordinates, int64_t columns);
};
} // namespace

Value AlongK::load(const Side &side, Coordinates coordinates, Value k, Value mask) {
  coordinates[c.k] = k;
  auto type = VectorType::get(width, side.getType().getElementType());
  SmallVector<Value> indices = applyMap(b, side.map, coordinates);
  Value numbers = mask ? Value(vector::MaskedLoadOp::create(b, type, side.data, indices, mask,
                                                            constantLike(b, type, 0)))
                       : Value(vector::LoadOp::create(b, type, side.data, indices));
  return convertFloat(b, numbers, c.computeType);
}

/// Sums of a row and a column stand at [row * columns + column].
AlongK::Vectors AlongK::addProducts(const Coordinates &coordinates, Value k, Value mask,
                                    int64_t height, int64_t columns, Vectors sums) {
  Vectors rows;
  for (int64_t row = 0; row < height; ++row)
    rows.push_back(load(c.rows, c.atRow(b, coordinates, row), k, mask));
  for (int64_t column = 0; column < columns; ++column) {
    Coordinates own = coordinates;
    if (c.n)
      own[*c.n] = add(b, own[*c.n], column);
    Value numbers = load(c.columns, own, k, mask);
    for (int64_t row = 0; row < height; ++row) {
      Value &sum = sums[row * columns + column];
      sum = vector::FMAOp::create(b, rows[row], numbers, sum);
    }
  }
  return sums;
}

/// Of each run of `length` lanes of `lhs` and then of `rhs` (which may be null) one half plus the
/// other.
static Value addHalves(ImplicitLocOpBuilder &b, Value lhs, Value rhs, int64_t length) {
  int64_t lanes = cast<VectorType>(lhs.getType()).getNumElements() * (rhs ? 2 : 1);
  SmallVector<int64_t> lower, upper;
  for (int64_t lane = 0; lane < lanes; ++lane)
    (lane % length < length / 2 ? lower : upper).push_back(lane);
  Value other = rhs ? rhs : lhs;
  return arith::AddFOp::create(b, vector::ShuffleOp::create(b, lhs, other, lower),
                               vector::ShuffleOp::create(b, lhs, other, upper));
}

/// The sum of the lanes of each of `sums` (a power of two of them, at most as many as lanes), side
/// by side; of one, a scalar.
Value AlongK::addLanes(ArrayRef<Value> sums) {
  if (sums.size() == 1)
    return vector::ReductionOp::create(b, vector::CombiningKind::ADD, sums.front());
  Vectors parts(sums);
  int64_t length = width;
  for (; parts.size() > 1; length /= 2) {
    Vectors next;
    for (size_t i = 0; i < parts.size(); i += 2)
      next.push_back(addHalves(b, parts[i], parts[i + 1], length));
    parts = next;
  }
  for (; length > 1; length /= 2)
    parts[0] = addHalves(b, parts[0], Value(), length);
  return parts[0];
}

void AlongK::emitTile(const Coordinates &coordinates, int64_t height, int64_t columns) {
  Value kSize = sizes[c.k], whole = multiply(b, divide(b, kSize, width), width);
  auto type = VectorType::get(width, c.computeType);
  Vectors sums(height * columns, constantLike(b, type, 0));
  sums = forCarrying(b, indexConstant(b, 0), whole, width, sums, [&](Value k, ValueRange carried) {
    return addProducts(coordinates, k, Value(), height, columns, Vectors(carried));
  });
  int64_t size = c.staticSizes[c.k];
  if (ShapedType::isDynamic(size) || size % width != 0) {
    Value left = subtract(b, kSize, whole);
    sums = forCarrying(b, whole, kSize, width, sums, [&](Value k, ValueRange carried) {
      Value mask = getFirstLanes(b, width, left);
      return addProducts(coordinates, k, mask, height, columns, Vectors(carried));
    });
  }
  bool vectors = columns > 1 && hasVectorResults(c);
  for (int64_t row = 0; row < height; ++row) {
    Value products = addLanes(ArrayRef(sums).slice(row * columns, columns));
    Coordinates own = c.atRow(b, coordinates, row);
    auto store = [&](const Coordinates &at, Value product, int64_t lanes) {
      Value sum = arith::AddFOp::create(b, loadInit(b, c, at, lanes), product);
      ResultStore(b, c, at, lanes).store(at, sum);
    };
    if (vectors || columns == 1) {
      store(own, products, columns == 1 ? 0 : columns);
      continue;
    }
    for (int64_t column = 0; column < columns; ++column) {
      Coordinates at = own;
      at[*c.n] = add(b, at[*c.n], column);
      store(at, vector::ExtractOp::create(b, products, column), 0);
    }
  }
}

void AlongK::emitRows(Coordinates coordinates, int64_t columns) {
  if (!c.m)
    return emitTile(coordinates, 1, columns);
  Value begin = indexConstant(b, 0), size = sizes[*c.m];
  int64_t m = c.getStaticSize(c.m);
  SmallVector<int64_t> heights{tileRows, 1};
  if (!ShapedType::isDynamic(m)) {
    heights.clear();
    if (m >= tileRows)
      heights.push_back(tileRows);
    if (m % tileRows)
      heights.push_back(m % tileRows);
  }
  for (int64_t height : heights) {
    Value end = add(b, begin, multiply(b, divide(b, subtract(b, size, begin), height), height));
    forEach(b, begin, end, height, [&](Value m) {
      coordinates[*c.m] = m;
      emitTile(coordinates, height, columns);
    });
    begin = end;
  }
}

void dotAlongK(ImplicitLocOpBuilder &b, const Contraction &c, const Target &target,
               ArrayRef<Value> sizes, const Coordinates &coordinates, int64_t lanes) {
  mlir::FloatType type = c.computeType;
  AlongK along{b, c, sizes, target.vectorBits / type.getWidth()};
  if (!c.n)
    return along.emitRows(coordinates, 1);
  Value begin = coordinates[*c.n];
  Value end = minimum(b, add(b, begin, lanes), sizes[*c.n]);
  int64_t n = c.getStaticSize(c.n);
  for (int64_t columns : {std::min(mostColumns, along.width), int64_t(1)}) {
    Value last = add(b, begin, multiply(b, divide(b, subtract(b, end, begin), columns), columns));
    forEach(b, begin, last, columns, [&](Value first) {
      Coordinates own = coordinates;
      own[*c.n] = first;
      along.emitRows(own, columns);
    });
    begin = last;
    if (!ShapedType::isDynamic(n) && n % columns == 0)
      break;
  }
}

} // namespace qlinalg::kernels
