// RUN: quant-opt %s --split-input-file --qlinalg-pack=cpu=avx512vnni | FileCheck %s --check-prefix=PACK
// RUN: quant-opt %s --split-input-file --pass-pipeline='builtin.module(qlinalg-pack{cpu=avx2},one-shot-bufferize{bufferize-function-boundaries=1},func.func(qlinalg-lower-to-cpu{cpu=avx2 report=true},canonicalize,cse))' 2>%t.avx2 | FileCheck %s --check-prefix=AVX2
// RUN: FileCheck %s --check-prefix=SAY-AVX2 --input-file=%t.avx2
// RUN: quant-opt %s --split-input-file --pass-pipeline='builtin.module(qlinalg-pack{cpu=avx512vnni},one-shot-bufferize{bufferize-function-boundaries=1},func.func(qlinalg-lower-to-cpu{cpu=avx512vnni report=true},canonicalize,cse))' 2>%t.vnni | FileCheck %s --check-prefix=VNNI
// RUN: FileCheck %s --check-prefix=SAY-VNNI --input-file=%t.vnni
// RUN: quant-opt %s --split-input-file --pass-pipeline='builtin.module(qlinalg-pack{cpu=avxvnni},one-shot-bufferize{bufferize-function-boundaries=1},func.func(qlinalg-lower-to-cpu{cpu=avxvnni},canonicalize,cse))' | FileCheck %s --check-prefix=YMM
// RUN: quant-opt %s --split-input-file --pass-pipeline='builtin.module(qlinalg-pack{cpu=neon-dotprod},one-shot-bufferize{bufferize-function-boundaries=1},func.func(qlinalg-lower-to-cpu{cpu=neon-dotprod},canonicalize,cse))' | FileCheck %s --check-prefix=NEON
// RUN: quant-opt %s --split-input-file --pass-pipeline='builtin.module(qlinalg-pack{cpu=x86-64},one-shot-bufferize{bufferize-function-boundaries=1},func.func(qlinalg-lower-to-cpu{cpu=x86-64 report=true},canonicalize,cse))' 2>&1 | FileCheck %s --check-prefix=PLAIN

#x = affine_map<(m, n, k) -> (m, k)>
#t = affine_map<(m, n, k) -> (m)>
#w = affine_map<(m, n, k) -> (n, k)>
#s = affine_map<(m, n, k) -> (n, k floordiv 32)>
#c = affine_map<(m, n, k) -> (n)>
#y = affine_map<(m, n, k) -> (m, n)>

// Codes and scales lie in panels; with few rows codes are unpacked in registers: four stored registers of a block are eight of codes, of which the
// later half is the block's later half of k. Sums of one group stay integers.
// PACK-LABEL: func.func @few_rows
// PACK-DAG: arith.constant {{.*}} : tensor<2x8x128xi8>
// PACK-DAG: arith.constant {{.*}} : tensor<2x2x32xf16>
// PACK-NOT: qlinalg.pack
// PACK: rhs(%{{.*}} : tensor<2x8x128xi8> scales %{{.*}} : tensor<2x2x32xf16> scheme <int4, group = 32, symmetric, scales = f16> layout <panel = 32, step = 4, block = 32, excess>)
//
// VNNI-LABEL: func.func @few_rows
// VNNI: %[[START:.*]] = memref.load %{{.*}} : memref<4x2xi32>
// The processor fetches codes ahead by itself, and not the scales.
// VNNI-NOT: memref.prefetch
// VNNI: arith.andi {{.*}} : vector<64xi8>
// VNNI-COUNT-64: "llvm.x86.avx512.vpdpbusd.512"
// VNNI-NOT: vpdpbusd
// VNNI: memref.prefetch {{.*}} : memref<2x2x32xf16>
// VNNI-COUNT-8: vector.fma
// VNNI-NOT: vector.fma
// VNNI: return
// SAY-VNNI: remark: matmul 'up', m x n x k = 4 x 64 x 64: vpdpbusd on 512 bits, tile of 6 x 32, at most 88 % of its peak, rows #qlinalg.scheme<int8, token, symmetric>, columns #qlinalg.scheme<int4, group = 32, symmetric, scales = f16> in #qlinalg.layout<panel = 32, step = 4, block = 32, excess>
//
// Sums of eight products fit 16 bits (8 * 2 * 15 * 128 = 30720), then they are widened.
// AVX2-LABEL: func.func @few_rows
// AVX2-COUNT-64: "llvm.x86.avx2.pmadd.ub.sw"
// AVX2-NOT: pmadd.ub.sw
// AVX2-COUNT-8: "llvm.x86.avx2.pmadd.wd"
// AVX2-NOT: pmadd.wd
// AVX2: return
// SAY-AVX2: vpmaddubsw on 256 bits, tile of 4 x 16
//
// YMM-LABEL: func.func @few_rows
// YMM-COUNT-64: "llvm.x86.avx512.vpdpbusd.256"
// NEON-LABEL: func.func @few_rows
// NEON-COUNT-64: "llvm.aarch64.neon.sdot.v4i32.v16i8"
//
// PLAIN: remark: matmul 'up', {{.*}}: slow: integers multiplied and added one by one on 128 bits
func.func @few_rows(%x: tensor<4x64xi8>, %t: tensor<4xf32>, %y: tensor<4x64xf32>) -> tensor<4x64xf32> {
  %codes = arith.constant dense<23> : tensor<64x32xi8>
  %scales = arith.constant dense<0.5> : tensor<64x2xf16>
  %w = qlinalg.unpack %codes <rows> : tensor<64x32xi8> -> tensor<64x64xi4>
  %0 = qlinalg.matmul lhs(%x : tensor<4x64xi8> scales %t : tensor<4xf32> scheme <int8, token, symmetric>)
      rhs(%w : tensor<64x64xi4> scales %scales : tensor<64x2xf16> scheme <int4, group = 32, symmetric, scales = f16>)
      outs(%y : tensor<4x64xf32>) {indexing_maps = [#x, #t, #w, #s, #y], site = "up"} -> tensor<4x64xf32>
  return %0 : tensor<4x64xf32>
}

// -----

#x = affine_map<(m, n, k) -> (m, k)>
#w = affine_map<(m, n, k) -> (n, k)>
#s = affine_map<(m, n, k) -> (n, k floordiv 32)>
#y = affine_map<(m, n, k) -> (m, n)>

// Few rows of floats are numbers of three bytes, each multiplied by itself: 2 registers of 16 rows, 8 lanes of 4 codes, 3 digits. The two
// higher sums are one integer.
// VNNI-LABEL: func.func @few_float_rows
// VNNI: vector.reduction <maximumf>
// VNNI: math.roundeven
// VNNI: %[[LOW:.*]] = arith.trunci %[[NUMBER:.*]] : vector<32xi32> to vector<32xi8>
// VNNI: %[[WIDE:.*]] = arith.extsi %[[LOW]] : vector<32xi8> to vector<32xi32>
// VNNI: %[[REST:.*]] = arith.subi %[[NUMBER]], %[[WIDE]]
// VNNI: arith.shrsi %[[REST]]
// VNNI-COUNT-48: "llvm.x86.avx512.vpdpbusd.512"
// VNNI-NOT: vpdpbusd
// VNNI: %[[HIGH:.*]] = arith.shli %{{.*}} : vector<16xi32>
// VNNI: %[[BOTH:.*]] = arith.addi %[[HIGH]]
// VNNI: arith.sitofp %[[BOTH]] : vector<16xi32> to vector<16xf32>
// VNNI: return
// SAY-VNNI: remark: matmul, m x n x k = 1 x 32 x 64: vpdpbusd on 512 bits, tile of 2 x 32, rows of floats as 24 bits, at most 80 % of its peak
//
// AVX2-LABEL: func.func @few_float_rows
// AVX2-NOT: llvm.x86
// AVX2: return
func.func @few_float_rows(%x: memref<1x64xf32>, %w: memref<1x8x128xi8>, %s: memref<1x2x32xf32>, %y: memref<1x32xf32>) {
  qlinalg.matmul lhs(%x : memref<1x64xf32>)
      rhs(%w : memref<1x8x128xi8> scales %s : memref<1x2x32xf32> scheme <int4, group = 32, symmetric> layout <panel = 32, step = 4, block = 32, excess>)
      outs(%y : memref<1x32xf32>) {indexing_maps = [#x, #w, #s, #y]}
  return
}
