// RUN: quant-opt %s --pass-pipeline='builtin.module(func.func(qlinalg-lower-math))' | FileCheck %s

// CHECK-LABEL: func.func @vector_exp
// CHECK-NOT: math.exp
// CHECK: llvm.intr.fmuladd{{.*}}vector<16xf32>
// CHECK-NOT: math.exp
// CHECK: return
func.func @vector_exp(%x: vector<16xf32>) -> vector<16xf32> {
  %0 = math.exp %x : vector<16xf32>
  return %0 : vector<16xf32>
}

// CHECK-LABEL: func.func @every_function
// CHECK-NOT: math.{{exp|log|tanh|erf|powf}}
// CHECK: return
func.func @every_function(%x: f32, %y: f32) -> f32 {
  %0 = math.exp %x : f32
  %1 = math.exp2 %0 : f32
  %2 = math.expm1 %1 : f32
  %3 = math.tanh %2 : f32
  %4 = math.erf %3 : f32
  %5 = math.log %4 : f32
  %6 = math.log2 %5 : f32
  %7 = math.log10 %6 : f32
  %8 = math.log1p %7 : f32
  %9 = math.powf %8, %y : f32
  return %9 : f32
}

// Great numbers go lane by lane to the library's function of f64.
// CHECK-LABEL: func.func @sine
// CHECK: %[[ANY:.+]] = vector.reduction <or>
// CHECK: scf.if %[[ANY]]
// CHECK-COUNT-4: math.sin {{.*}} : f64
// CHECK-NOT: math.sin
func.func @sine(%x: vector<4xf32>) -> vector<4xf32> {
  %0 = math.sin %x : vector<4xf32>
  return %0 : vector<4xf32>
}

// CHECK-LABEL: func.func @narrow
// CHECK: arith.extf {{.*}} : vector<8xbf16> to vector<8xf32>
// CHECK-NOT: math.tanh
// CHECK: arith.truncf {{.*}} : vector<8xf32> to vector<8xbf16>
func.func @narrow(%x: vector<8xbf16>) -> vector<8xbf16> {
  %0 = math.tanh %x : vector<8xbf16>
  return %0 : vector<8xbf16>
}

// CHECK-LABEL: func.func @square
// CHECK-SAME: %[[X:.+]]: f32
// CHECK: arith.mulf %[[X]], %[[X]]
func.func @square(%x: f32) -> f32 {
  %two = arith.constant 2.0 : f32
  %0 = math.powf %x, %two : f32
  return %0 : f32
}

// CHECK-LABEL: func.func @skip_f64
// CHECK: math.exp
func.func @skip_f64(%x: vector<4xf64>) -> vector<4xf64> {
  %0 = math.exp %x : vector<4xf64>
  return %0 : vector<4xf64>
}

// CHECK-LABEL: func.func @skip_two_dimensions
// CHECK: math.exp
func.func @skip_two_dimensions(%x: vector<4x4xf32>) -> vector<4x4xf32> {
  %0 = math.exp %x : vector<4x4xf32>
  return %0 : vector<4x4xf32>
}
