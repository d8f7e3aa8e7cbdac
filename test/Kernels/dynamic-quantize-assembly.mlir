// RUN: quant-compile %s --cpu=x86-64-v4 -o %t.s && FileCheck %s --check-prefix=AVX512 < %t.s
// RUN: quant-compile %s --cpu=x86-64-v3 -o %t.s && FileCheck %s --check-prefix=AVX2 < %t.s

// The inner loops: a sweep of max|x| and one of codes, in packed instructions.
// AVX512: vpandd
// AVX512: vpmaxud
// AVX512: vdivps {{.*}}%zmm
// AVX512: vaddps {{.*}}%zmm
// AVX512: vpmovdb
// AVX2: vpand
// AVX2: vpmaxud
// AVX2: vdivps {{.*}}%ymm
// AVX2: vaddps {{.*}}%ymm
// AVX2: vpackus
// AVX512-NOT: movb
// AVX2-NOT: movb
func.func @main(%x: tensor<2x4096xf32>) -> (tensor<2x4096xi8>, tensor<2xf32>) {
  %s = qlinalg.choose_params %x <int8, token, symmetric> by affine_map<(d0, d1) -> (d0)> : tensor<2x4096xf32> -> tensor<2xf32>
  %q = qlinalg.quantize %x scales %s <int8, token, symmetric> by affine_map<(d0, d1) -> (d0)>
    : tensor<2x4096xf32> scales tensor<2xf32> -> tensor<2x4096xi8>
  return %q, %s : tensor<2x4096xi8>, tensor<2xf32>
}
