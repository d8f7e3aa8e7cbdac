// Each value of each option.

// RUN: quant-opt %s --qlinalg-quantize | FileCheck %s --check-prefixes=ALL,INT8
// RUN: quant-opt %s --qlinalg-quantize=weights=int8 | FileCheck %s --check-prefixes=ALL,INT8
// INT8: qlinalg.matmul {{.*}} rhs(%{{.*}} : tensor<8x96xi8> scales %{{.*}} : tensor<8xf32> scheme <int8, channel, symmetric>)

// RUN: quant-opt %s --qlinalg-quantize=weights=int4 | FileCheck %s --check-prefixes=ALL,INT4
// INT4: rhs(%{{.*}} : tensor<8x96xi4> scales %{{.*}} : tensor<8x3xf32> scheme <int4, group = 32, symmetric>)

// RUN: quant-opt %s --qlinalg-quantize=weights=int2 | FileCheck %s --check-prefixes=ALL,INT2
// INT2: rhs(%{{.*}} : tensor<8x96xi2> scales %{{.*}} : tensor<8x3xf32> scheme <int2, group = 32, symmetric>)

// RUN: quant-opt %s --qlinalg-quantize=weights=uint8 | FileCheck %s --check-prefixes=ALL,UINT8
// UINT8: %[[SCALES:.*]], %[[ZEROS:.*]] = qlinalg.choose_params
// UINT8: rhs(%{{.*}} : tensor<8x96xi8> scales %[[SCALES]] : tensor<8xf32> zero_points %[[ZEROS]] : tensor<8xi8> scheme <uint8, channel, affine>)

// RUN: quant-opt %s --qlinalg-quantize=weights=uint4 | FileCheck %s --check-prefixes=ALL,UINT4
// UINT4: rhs(%{{.*}} : tensor<8x96xi4> scales %{{.*}} : tensor<8x3xf32> zero_points %{{.*}} : tensor<8x3xi8> scheme <uint4, group = 32, affine>)

// RUN: quant-opt %s --qlinalg-quantize=weights=uint2 | FileCheck %s --check-prefixes=ALL,UINT2
// UINT2: rhs(%{{.*}} : tensor<8x96xi2> scales %{{.*}} : tensor<8x3xf32> zero_points %{{.*}} : tensor<8x3xi8> scheme <uint2, group = 32, affine>)

// RUN: quant-opt %s --qlinalg-quantize=weights=int3 | FileCheck %s --check-prefixes=ALL,INT3
// INT3: rhs(%{{.*}} : tensor<8x96xi3> scales %{{.*}} : tensor<8x3xf32> scheme <int3, group = 32, symmetric>)

// RUN: quant-opt %s --qlinalg-quantize=weights=uint3 | FileCheck %s --check-prefixes=ALL,UINT3
// UINT3: rhs(%{{.*}} : tensor<8x96xi3> scales %{{.*}} : tensor<8x3xf32> zero_points %{{.*}} : tensor<8x3xi8> scheme <uint3, group = 32, affine>)

// RUN: quant-opt %s --qlinalg-quantize=weights=int5 | FileCheck %s --check-prefixes=ALL,INT5
// INT5: rhs(%{{.*}} : tensor<8x96xi5> scales %{{.*}} : tensor<8x3xf32> scheme <int5, group = 32, symmetric>)

// RUN: quant-opt %s --qlinalg-quantize=weights=uint5 | FileCheck %s --check-prefixes=ALL,UINT5
// UINT5: rhs(%{{.*}} : tensor<8x96xi5> scales %{{.*}} : tensor<8x3xf32> zero_points %{{.*}} : tensor<8x3xi8> scheme <uint5, group = 32, affine>)

// RUN: quant-opt %s --qlinalg-quantize=weights=int6 | FileCheck %s --check-prefixes=ALL,INT6
// INT6: rhs(%{{.*}} : tensor<8x96xi6> scales %{{.*}} : tensor<8x3xf32> scheme <int6, group = 32, symmetric>)

// RUN: quant-opt %s --qlinalg-quantize=weights=uint6 | FileCheck %s --check-prefixes=ALL,UINT6
// UINT6: rhs(%{{.*}} : tensor<8x96xi6> scales %{{.*}} : tensor<8x3xf32> zero_points %{{.*}} : tensor<8x3xi8> scheme <uint6, group = 32, affine>)

// RUN: quant-opt %s --qlinalg-quantize=weights=int7 | FileCheck %s --check-prefixes=ALL,INT7
// INT7: rhs(%{{.*}} : tensor<8x96xi7> scales %{{.*}} : tensor<8x3xf32> scheme <int7, group = 32, symmetric>)

// RUN: quant-opt %s --qlinalg-quantize=weights=uint7 | FileCheck %s --check-prefixes=ALL,UINT7
// UINT7: rhs(%{{.*}} : tensor<8x96xi7> scales %{{.*}} : tensor<8x3xf32> zero_points %{{.*}} : tensor<8x3xi8> scheme <uint7, group = 32, affine>)

// RUN: quant-opt %s --qlinalg-quantize=weights=int16 | FileCheck %s --check-prefixes=ALL,INT16
// INT16: rhs(%{{.*}} : tensor<8x96xi16> scales %{{.*}} : tensor<8xf32> scheme <int16, channel, symmetric>)

// RUN: quant-opt %s --qlinalg-quantize=weights=uint16 | FileCheck %s --check-prefixes=ALL,UINT16
// UINT16: rhs(%{{.*}} : tensor<8x96xi16> scales %{{.*}} : tensor<8xf32> zero_points %{{.*}} : tensor<8xi16> scheme <uint16, channel, affine>)

// ceil(96 / 64) = 2
// RUN: quant-opt %s --qlinalg-quantize=weights=nf4 | FileCheck %s --check-prefixes=ALL,NF4
// NF4: rhs(%{{.*}} : tensor<8x96xi4> scales %{{.*}} : tensor<8x2xf32> scheme <nf4, group = 64>)

// RUN: quant-opt %s --qlinalg-quantize=weights=fp4 | FileCheck %s --check-prefixes=ALL,FP4
// FP4: rhs(%{{.*}} : tensor<8x96xi4> scales %{{.*}} : tensor<8x3xf32> scheme <fp4, group = 32>)

// RUN: quant-opt %s --qlinalg-quantize=weights=f8E4M3FN | FileCheck %s --check-prefixes=ALL,F8
// F8: rhs(%{{.*}} : tensor<8x96xf8E4M3FN> scales %{{.*}} : tensor<8xf32> scheme <f8E4M3FN, channel>)

// No scales, and no granularity whatever is asked for.
// RUN: quant-opt %s --qlinalg-quantize=weights=bf16 | FileCheck %s --check-prefixes=ALL,BF16
// RUN: quant-opt %s --qlinalg-quantize='weights=bf16 group=16 scales=f16' | FileCheck %s --check-prefixes=ALL,BF16
// BF16-NOT: choose_params
// BF16: rhs(%{{.*}} : tensor<8x96xbf16> scheme <bf16>)

// RUN: quant-opt %s --qlinalg-quantize=weights=f16 | FileCheck %s --check-prefixes=ALL,F16
// F16: rhs(%{{.*}} : tensor<8x96xf16> scheme <f16>)

// RUN: quant-opt %s --qlinalg-quantize=weights=none 2>/dev/null | FileCheck %s --check-prefix=NONE
// NONE-NOT: qlinalg
// NONE: linalg.matmul

// RUN: quant-opt %s --qlinalg-quantize=granularity=channel | FileCheck %s --check-prefixes=ALL,INT8
// RUN: quant-opt %s --qlinalg-quantize='weights=int4 granularity=channel' | FileCheck %s --check-prefixes=ALL,CHANNEL
// CHANNEL: rhs(%{{.*}} : tensor<8x96xi4> scales %{{.*}} : tensor<8xf32> scheme <int4, channel, symmetric>)

// RUN: quant-opt %s --qlinalg-quantize=granularity=group | FileCheck %s --check-prefixes=ALL,GROUP
// GROUP: rhs(%{{.*}} : tensor<8x96xi8> scales %{{.*}} : tensor<8x3xf32> scheme <int8, group = 32, symmetric>)

// RUN: quant-opt %s --qlinalg-quantize=granularity=tensor | FileCheck %s --check-prefixes=ALL,TENSOR
// TENSOR: rhs(%{{.*}} : tensor<8x96xi8> scales %{{.*}} : tensor<f32> scheme <int8, tensor, symmetric>)

// A group alone means granularity=group; the last may be shorter, and one may be longer than K.
// RUN: quant-opt %s --qlinalg-quantize=group=36 | FileCheck %s --check-prefixes=ALL,GROUP36
// GROUP36: rhs(%{{.*}} : tensor<8x96xi8> scales %{{.*}} : tensor<8x3xf32> scheme <int8, group = 36, symmetric>)
// RUN: quant-opt %s --qlinalg-quantize=group=1 | FileCheck %s --check-prefixes=ALL,GROUP1
// GROUP1: rhs(%{{.*}} : tensor<8x96xi8> scales %{{.*}} : tensor<8x96xf32> scheme <int8, group = 1, symmetric>)
// RUN: quant-opt %s --qlinalg-quantize=group=1000000000000 | FileCheck %s --check-prefixes=ALL,GROUPHUGE
// GROUPHUGE: rhs(%{{.*}} : tensor<8x96xi8> scales %{{.*}} : tensor<8x1xf32> scheme <int8, group = 1000000000000, symmetric>)

// Scales that are codes: 3 of each row share one of theirs, if not told otherwise.
// RUN: quant-opt %s --qlinalg-quantize='weights=int4 scales=uint6' | FileCheck %s --check-prefixes=ALL,SCALES6
// SCALES6: %[[CHOSEN:.*]] = qlinalg.choose_params %[[W:.*]] <int4, group = 32, symmetric>
// SCALES6: %[[OF:.*]] = qlinalg.choose_params %[[CHOSEN]] <uint6, group = 8, positive, scales = f16> by {{.*}} : tensor<8x3xf32> -> tensor<8x1xf16>
// SCALES6: %[[CODES:.*]] = qlinalg.quantize %[[CHOSEN]] scales %[[OF]] <uint6, group = 8, positive, scales = f16>
// SCALES6: %[[SCALES:.*]] = qlinalg.dequantize %[[CODES]] scales %[[OF]] <uint6, group = 8, positive, scales = f16>
// SCALES6: qlinalg.quantize %[[W]] scales %[[SCALES]] <int4, group = 32, symmetric>
// SCALES6: scales %[[SCALES]] : tensor<8x3xf32> scheme <int4, group = 32, symmetric>
// RUN: quant-opt %s --qlinalg-quantize='weights=int4 scales=int8' | FileCheck %s --check-prefixes=ALL,SCALES8
// SCALES8: qlinalg.dequantize {{.*}} <int8, group = 256, symmetric> {{.*}} -> tensor<8x3xf32>
// RUN: quant-opt %s --qlinalg-quantize='weights=int4 scales=int8 scale-group=2 scale-scales=bf16' | FileCheck %s --check-prefixes=ALL,SCALES82
// SCALES82: qlinalg.dequantize {{.*}} <int8, group = 2, symmetric, scales = bf16> {{.*}} : tensor<8x3xi8> scales tensor<8x2xbf16> -> tensor<8x3xf32>

// RUN: quant-opt %s --qlinalg-quantize=symmetric=true | FileCheck %s --check-prefixes=ALL,INT8
// RUN: quant-opt %s --qlinalg-quantize='weights=uint8 symmetric=true' | FileCheck %s --check-prefixes=ALL,SYMMETRIC
// SYMMETRIC: rhs(%{{.*}} : tensor<8x96xi8> scales %{{.*}} : tensor<8xf32> scheme <uint8, channel, symmetric>)
// RUN: quant-opt %s --qlinalg-quantize=symmetric=false | FileCheck %s --check-prefixes=ALL,AFFINE
// AFFINE: rhs(%{{.*}} : tensor<8x96xi8> scales %{{.*}} : tensor<8xf32> zero_points %{{.*}} : tensor<8xi8> scheme <int8, channel, affine>)

// RUN: quant-opt %s --qlinalg-quantize=scales=f32 | FileCheck %s --check-prefixes=ALL,INT8
// RUN: quant-opt %s --qlinalg-quantize=scales=f16 | FileCheck %s --check-prefixes=ALL,SCALES-F16
// SCALES-F16: scales %{{.*}} : tensor<8xf16> scheme <int8, channel, symmetric, scales = f16>
// RUN: quant-opt %s --qlinalg-quantize=scales=bf16 | FileCheck %s --check-prefixes=ALL,SCALES-BF16
// SCALES-BF16: scales %{{.*}} : tensor<8xbf16> scheme <int8, channel, symmetric, scales = bf16>

// RUN: quant-opt %s --qlinalg-quantize=rounding=even | FileCheck %s --check-prefixes=ALL,INT8
// RUN: quant-opt %s --qlinalg-quantize=rounding=away | FileCheck %s --check-prefixes=ALL,AWAY
// AWAY: scheme <int8, channel, symmetric, rounding = away>

// RUN: quant-opt %s --qlinalg-quantize=division=divide | FileCheck %s --check-prefixes=ALL,INT8
// RUN: quant-opt %s --qlinalg-quantize=division=reciprocal | FileCheck %s --check-prefixes=ALL,RECIPROCAL
// RECIPROCAL: scheme <int8, channel, symmetric, division = reciprocal>

// RUN: quant-opt %s --qlinalg-quantize=activations=none | FileCheck %s --check-prefixes=ALL,INT8
// RUN: quant-opt %s --qlinalg-quantize='activations=dynamic activation-storage=uint8' | FileCheck %s --check-prefix=TOKEN-UINT8
// TOKEN-UINT8: lhs(%{{.*}} scheme <uint8, token, affine>)
// RUN: quant-opt %s --qlinalg-quantize='activations=dynamic activation-symmetric=false' | FileCheck %s --check-prefix=TOKEN-AFFINE
// TOKEN-AFFINE: lhs(%{{.*}} scheme <int8, token, affine>)

// RUN: quant-opt %s --qlinalg-quantize=activations=dynamic | FileCheck %s --check-prefixes=ALL,DYNAMIC
// DYNAMIC: %[[TOKENS:.*]] = qlinalg.choose_params %[[X:.*]] <int8, token, symmetric> by #{{.*}} : tensor<4x96xf32> -> tensor<4xf32>
// DYNAMIC: %[[CODES:.*]] = qlinalg.quantize %[[X]] scales %[[TOKENS]] <int8, token, symmetric>
// DYNAMIC: qlinalg.matmul lhs(%[[CODES]] : tensor<4x96xi8> scales %[[TOKENS]] : tensor<4xf32> scheme <int8, token, symmetric>) rhs({{.*}} scheme <int8, channel, symmetric>)

// A token's groups are the weight's, or 32 where it has none.
// RUN: quant-opt %s --qlinalg-quantize='activations=dynamic-group group=48' | FileCheck %s --check-prefixes=ALL,DYNAMIC-GROUP
// DYNAMIC-GROUP: qlinalg.matmul lhs(%{{.*}} : tensor<4x96xi8> scales %{{.*}} : tensor<4x2xf32> scheme <int8, token_group = 48, symmetric>)
// RUN: quant-opt %s --qlinalg-quantize='activations=dynamic-group' | FileCheck %s --check-prefixes=ALL,DYNAMIC-32
// DYNAMIC-32: qlinalg.matmul lhs(%{{.*}} : tensor<4x96xi8> scales %{{.*}} : tensor<4x3xf32> scheme <int8, token_group = 32, symmetric>) rhs({{.*}} scheme <int8, channel, symmetric>)

// ALL-NOT: linalg.matmul ins

func.func @linear(%x: tensor<4x96xf32>, %init: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %w = arith.constant dense_resource<w> : tensor<96x8xf32>
  %y = linalg.matmul ins(%x, %w : tensor<4x96xf32>, tensor<96x8xf32>) outs(%init : tensor<4x8xf32>) -> tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}
