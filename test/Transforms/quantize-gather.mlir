// RUN: quant-opt %s --qlinalg-quantize='embeddings=int8' | FileCheck %s --check-prefixes=CHECK,INT8
// RUN: quant-opt %s --qlinalg-quantize='embeddings=int4' | FileCheck %s --check-prefixes=CHECK,INT4
// RUN: quant-opt %s --qlinalg-quantize='embeddings=nf4' | FileCheck %s --check-prefixes=CHECK,NF4
// RUN: quant-opt %s --qlinalg-quantize='embeddings=uint8 granularity=tensor' | FileCheck %s --check-prefixes=CHECK,TENSOR
// RUN: quant-opt %s --qlinalg-quantize='embeddings=bf16' | FileCheck %s --check-prefixes=CHECK,BF16
// RUN: quant-opt %s --qlinalg-quantize='embeddings=none' | FileCheck %s --check-prefix=NONE

#ids = affine_map<(d0, d1, d2) -> (d0, d1)>
#all = affine_map<(d0, d1, d2) -> (d0, d1, d2)>

// Rows that are looked up are looked up as codes, with the parameters of their rows, and then dequantized.
// The form of torch-mlir: negative indices wrap, those out of range fail.
// CHECK-LABEL: func.func @embedding
// CHECK: %[[TABLE:.*]] = arith.constant dense_resource<table> : tensor<10x96xf32>
// NONE-LABEL: func.func @embedding
// NONE-NOT: qlinalg
// NONE: tensor.extract %{{.*}} : tensor<10x96xf32>

// INT8: %[[SCALES:.*]] = qlinalg.choose_params %[[TABLE]] <int8, channel, symmetric> {{.*}} -> tensor<10xf32>
// INT8: %[[CODES:.*]] = qlinalg.quantize %[[TABLE]] scales %[[SCALES]]
// INT8: %[[ROWS:.*]] = linalg.generic {{.*}} outs(%{{.*}} : tensor<2x?x96xi8>)
// INT8: tensor.extract %[[CODES]][%{{.*}}, %{{.*}}] : tensor<10x96xi8>
// INT8: %[[ROW_SCALES:.*]] = linalg.generic {{.*}} iterator_types = ["parallel", "parallel"]} {{.*}} outs(%{{.*}} : tensor<2x?xf32>)
// INT8: tensor.extract %[[SCALES]][%{{.*}}] : tensor<10xf32>
// INT8: qlinalg.dequantize %[[ROWS]] scales %[[ROW_SCALES]] <int8, channel, symmetric> by {{.*}} : tensor<2x?x96xi8> scales tensor<2x?xf32> -> tensor<2x?x96xf32>

// Below 8 bits bytes are looked up: 96 codes of 4 bits are 48, and 96 / 32 scales.
// INT4: %[[CODES:.*]] = qlinalg.quantize %[[TABLE]]
// INT4: %[[BYTES:.*]] = qlinalg.pack %[[CODES]] <rows> : tensor<10x96xi4> -> tensor<10x48xi8>
// INT4: %[[ROWS:.*]] = linalg.generic {{.*}} outs(%{{.*}} : tensor<2x?x48xi8>)
// INT4: tensor.extract %[[BYTES]][%{{.*}}, %{{.*}}] : tensor<10x48xi8>
// INT4: %[[ROW_CODES:.*]] = qlinalg.unpack %[[ROWS]] <rows> : tensor<2x?x48xi8> -> tensor<2x?x96xi4>
// INT4: %[[ROW_SCALES:.*]] = linalg.generic {{.*}} outs(%{{.*}} : tensor<2x?x3xf32>)
// INT4: qlinalg.dequantize %[[ROW_CODES]] scales %[[ROW_SCALES]] <int4, group = 32, symmetric> by {{.*}} -> tensor<2x?x96xf32>

// ceil(96 / 64) = 2 scales.
// NF4: qlinalg.unpack %{{.*}} <rows> : tensor<2x?x48xi8> -> tensor<2x?x96xi4>
// NF4: qlinalg.dequantize {{.*}} <nf4, group = 64> by {{.*}} : tensor<2x?x96xi4> scales tensor<2x?x2xf32> -> tensor<2x?x96xf32>

// One scale and zero point for all are not looked up.
// TENSOR: %[[SCALE:.*]], %[[ZERO:.*]] = qlinalg.choose_params
// TENSOR-COUNT-1: tensor.extract
// TENSOR-NOT: tensor.extract
// TENSOR: qlinalg.dequantize %{{.*}} scales %[[SCALE]] zero_points %[[ZERO]] <uint8, tensor, affine>

// BF16: tensor.extract %{{.*}} : tensor<10x96xbf16>
// BF16: qlinalg.dequantize %{{.*}} <bf16> by {{.*}} : tensor<2x?x96xbf16> -> tensor<2x?x96xf32>
func.func @embedding(%ids: tensor<2x?xi64>, %e: tensor<2x?x96xf32>) -> tensor<2x?x96xf32> {
  %table = arith.constant dense_resource<table> : tensor<10x96xf32>
  %c0 = arith.constant 0 : i64
  %c10 = arith.constant 10 : i64
  %0 = linalg.generic {indexing_maps = [#ids, #all], iterator_types = ["parallel", "parallel", "parallel"]}
    ins(%ids : tensor<2x?xi64>) outs(%e : tensor<2x?x96xf32>) {
  ^bb0(%id: i64, %out: f32):
    %negative = arith.cmpi slt, %id, %c0 : i64
    %wrapped = arith.addi %id, %c10 : i64
    %chosen = arith.select %negative, %wrapped, %id : i64
    %below = arith.cmpi slt, %chosen, %c10 : i64
    cf.assert %below, "index out of range"
    %row = arith.index_cast %chosen : i64 to index
    %column = linalg.index 2 : index
    %1 = tensor.extract %table[%row, %column] : tensor<10x96xf32>
    linalg.yield %1 : f32
  } -> tensor<2x?x96xf32>
  return %0 : tensor<2x?x96xf32>
}

// Tied with the head: one table serves both. The head is the contraction, whose option is `weights`: int8 here too only in the
// first run, where there is one quantize.
// CHECK-LABEL: func.func @tied
// INT8-COUNT-1: qlinalg.quantize
// INT8-NOT: qlinalg.quantize
// INT8: tensor.extract %[[CODES:.*]][%{{.*}}, %{{.*}}] : tensor<10x96xi8>
// INT8: qlinalg.matmul lhs({{.*}}) rhs(%[[CODES]] : tensor<10x96xi8>
// INT4-COUNT-2: qlinalg.quantize
func.func @tied(%ids: tensor<4xi64>, %e: tensor<4x96xf32>, %i: tensor<4x10xf32>) -> tensor<4x10xf32> {
  %table = arith.constant dense_resource<tied> : tensor<10x96xf32>
  %0 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]}
    ins(%ids : tensor<4xi64>) outs(%e : tensor<4x96xf32>) {
  ^bb0(%id: i64, %out: f32):
    %row = arith.index_cast %id : i64 to index
    %column = linalg.index 1 : index
    %1 = tensor.extract %table[%row, %column] : tensor<10x96xf32>
    linalg.yield %1 : f32
  } -> tensor<4x96xf32>
  %2 = linalg.matmul indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>]
    ins(%0, %table : tensor<4x96xf32>, tensor<10x96xf32>) outs(%i : tensor<4x10xf32>) -> tensor<4x10xf32>
  return %2 : tensor<4x10xf32>
}

// A half table that is widened after the look-up.
// INT8-LABEL: func.func @widened
// INT8: qlinalg.quantize %{{.*}} : tensor<10x96xf16>
// INT8: qlinalg.dequantize {{.*}} -> tensor<4x96xf32>
func.func @widened(%ids: tensor<4xi32>, %e: tensor<4x96xf32>) -> tensor<4x96xf32> {
  %table = arith.constant dense_resource<half> : tensor<10x96xf16>
  %0 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]}
    ins(%ids : tensor<4xi32>) outs(%e : tensor<4x96xf32>) {
  ^bb0(%id: i32, %out: f32):
    %row = arith.index_cast %id : i32 to index
    %column = linalg.index 1 : index
    %1 = tensor.extract %table[%row, %column] : tensor<10x96xf16>
    %2 = arith.extf %1 : f16 to f32
    linalg.yield %2 : f32
  } -> tensor<4x96xf32>
  return %0 : tensor<4x96xf32>
}

// Columns that are looked up have no scale of their own.
// CHECK-LABEL: func.func @skip_columns
// CHECK: tensor.extract %{{.*}} : tensor<96x10xf32>
// CHECK-NOT: qlinalg
// CHECK: return
func.func @skip_columns(%ids: tensor<4xi64>, %e: tensor<4x96xf32>) -> tensor<4x96xf32> {
  %table = arith.constant dense_resource<columns> : tensor<96x10xf32>
  %0 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]}
    ins(%ids : tensor<4xi64>) outs(%e : tensor<4x96xf32>) {
  ^bb0(%id: i64, %out: f32):
    %column = arith.index_cast %id : i64 to index
    %row = linalg.index 1 : index
    %1 = tensor.extract %table[%row, %column] : tensor<96x10xf32>
    linalg.yield %1 : f32
  } -> tensor<4x96xf32>
  return %0 : tensor<4x96xf32>
}

// A part of each row.
// CHECK-LABEL: func.func @skip_part
// CHECK: tensor.extract %{{.*}} : tensor<10x96xf32>
// CHECK-NOT: qlinalg
// CHECK: return
func.func @skip_part(%ids: tensor<4xi64>, %e: tensor<4x64xf32>) -> tensor<4x64xf32> {
  %table = arith.constant dense_resource<part> : tensor<10x96xf32>
  %0 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]}
    ins(%ids : tensor<4xi64>) outs(%e : tensor<4x64xf32>) {
  ^bb0(%id: i64, %out: f32):
    %row = arith.index_cast %id : i64 to index
    %column = linalg.index 1 : index
    %1 = tensor.extract %table[%row, %column] : tensor<10x96xf32>
    linalg.yield %1 : f32
  } -> tensor<4x64xf32>
  return %0 : tensor<4x64xf32>
}

// Columns that are not innermost: `unpack` cannot have their bytes, so the codes themselves are gathered.
// CHECK-LABEL: func.func @transposed
// INT4: %[[CODES:.*]] = qlinalg.quantize {{.*}} -> tensor<10x96xi4>
// INT4-NOT: qlinalg.unpack
// INT4: tensor.extract %[[CODES]][%{{.*}}, %{{.*}}] : tensor<10x96xi4>
// INT4: qlinalg.dequantize {{.*}} -> tensor<96x4xf32>
func.func @transposed(%ids: tensor<4xi64>, %e: tensor<96x4xf32>) -> tensor<96x4xf32> {
  %table = arith.constant dense_resource<transposed> : tensor<10x96xf32>
  %0 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]}
    ins(%ids : tensor<4xi64>) outs(%e : tensor<96x4xf32>) {
  ^bb0(%id: i64, %out: f32):
    %row = arith.index_cast %id : i64 to index
    %column = linalg.index 0 : index
    %1 = tensor.extract %table[%row, %column] : tensor<10x96xf32>
    linalg.yield %1 : f32
  } -> tensor<96x4xf32>
  return %0 : tensor<96x4xf32>
}
