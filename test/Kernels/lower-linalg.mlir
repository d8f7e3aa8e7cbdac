// RUN: quant-opt %s --pass-pipeline='builtin.module(func.func(qlinalg-lower-to-cpu{cpu=x86-64-v3}),canonicalize)' | FileCheck %s

#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
#column = affine_map<(d0, d1) -> (d1)>
#swapped = affine_map<(d0, d1) -> (d1, d0)>

// What gains nothing from vectors.
// CHECK-LABEL: func.func @skip_short
// CHECK-NOT: vector
// CHECK: memref.store
func.func @skip_short(%x: memref<16x3xf32>, %y: memref<16x3xf32>) {
  linalg.exp ins(%x : memref<16x3xf32>) outs(%y : memref<16x3xf32>)
  return
}

// CHECK-LABEL: func.func @small
// CHECK-NOT: scf.parallel
// CHECK: scf.for
// CHECK: %[[X:.+]] = vector.load {{.*}} vector<8xf32>
// CHECK: %[[Y:.+]] = math.exp %[[X]] : vector<8xf32>
// CHECK: vector.store %[[Y]]
// CHECK-NOT: maskedstore
func.func @small(%x: memref<16x16xf32>, %y: memref<16x16xf32>) {
  linalg.exp ins(%x : memref<16x16xf32>) outs(%y : memref<16x16xf32>)
  return
}

// One element that is left of each row is stored as one: LLVM 22 makes four bytes of a masked one that was truncated to a byte.
// CHECK-LABEL: func.func @one_left
// CHECK: vector.store
// CHECK: %[[BYTES:.+]] = arith.trunci {{.*}} : vector<8xi32> to vector<8xi8>
// CHECK: %[[BYTE:.+]] = vector.extract %[[BYTES]][0] : i8 from vector<8xi8>
// CHECK: memref.store %[[BYTE]], %{{.*}}[%{{.*}}, %{{.*}}] : memref<16x17xi8>
// CHECK-NOT: maskedstore
// CHECK: return
func.func @one_left(%x: memref<16x17xf32>, %y: memref<16x17xi8>) {
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%x : memref<16x17xf32>) outs(%y : memref<16x17xi8>) {
  ^bb0(%a: f32, %b: i8):
    %i = arith.fptosi %a : f32 to i32
    %t = arith.trunci %i : i32 to i8
    linalg.yield %t : i8
  }
  return
}

// Rows in parallel; what is left of a row of unknown length is masked.
// CHECK-LABEL: func.func @large
// CHECK: scf.execute_region no_inline
// CHECK: scf.parallel
// CHECK-NOT: scf.parallel
// CHECK: scf.for
// CHECK: math.exp {{.*}} : vector<8xf32>
// CHECK: scf.if
// CHECK: vector.maskedload
// CHECK: vector.maskedstore
func.func @large(%x: memref<256x?xf32>, %y: memref<256x?xf32>) {
  linalg.exp ins(%x : memref<256x?xf32>) outs(%y : memref<256x?xf32>)
  return
}

// Few rows: parts of the vectors' loop are parallel.
// CHECK-LABEL: func.func @long
// CHECK: scf.parallel (%[[PART:.+]]) = (%{{.+}}) to (%{{.+}})
// CHECK: scf.for
// CHECK: vector.store
func.func @long(%x: memref<65536xf32>, %y: memref<65536xf32>) {
  linalg.exp ins(%x : memref<65536xf32>) outs(%y : memref<65536xf32>)
  return
}

// Heads and rows together are enough to split.
// CHECK-LABEL: func.func @collapsed
// CHECK: scf.parallel (%{{.+}}, %{{.+}}) =
// CHECK-NOT: scf.parallel
func.func @collapsed(%x: memref<1x12x64x64xf32>, %y: memref<1x12x64x64xf32>) {
  linalg.exp ins(%x : memref<1x12x64x64xf32>) outs(%y : memref<1x12x64x64xf32>)
  return
}

// Four sums that are independent, then halves with halves.
// CHECK-LABEL: func.func @sum_of_row
// CHECK: scf.for {{.*}} iter_args(%{{.+}} = %{{.+}}, %{{.+}} = %{{.+}}, %{{.+}} = %{{.+}}, %{{.+}} = %{{.+}}) -> (vector<8xf32>, vector<8xf32>, vector<8xf32>, vector<8xf32>)
// CHECK-COUNT-4: arith.addf {{.*}} : vector<8xf32>
// CHECK: vector.shuffle {{.*}} [0, 1, 2, 3]
// CHECK: arith.addf {{.*}} : vector<4xf32>
// CHECK: arith.addf {{.*}} : f32
// CHECK: memref.store
func.func @sum_of_row(%x: memref<16x64xf32>, %y: memref<16xf32>) {
  linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]} ins(%x : memref<16x64xf32>) outs(%y : memref<16xf32>) {
  ^bb0(%v: f32, %sum: f32):
    %next = arith.addf %sum, %v : f32
    linalg.yield %next : f32
  }
  return
}

// Vectors along the columns, each summed in the definition's order.
// CHECK-LABEL: func.func @sum_of_columns
// CHECK: scf.for
// CHECK: %[[START:.+]] = vector.load {{.*}} vector<8xf32>
// CHECK: scf.for {{.*}} iter_args(%{{.+}} = %[[START]])
// CHECK: vector.load
// CHECK: arith.addf {{.*}} : vector<8xf32>
// CHECK: vector.store
func.func @sum_of_columns(%x: memref<256x256xf32>, %y: memref<256xf32>) {
  linalg.generic {indexing_maps = [#id, #column], iterator_types = ["reduction", "parallel"]} ins(%x : memref<256x256xf32>) outs(%y : memref<256xf32>) {
  ^bb0(%v: f32, %sum: f32):
    %next = arith.addf %sum, %v : f32
    linalg.yield %next : f32
  }
  return
}

// What stays the same along a row is computed once, before its loop.
// CHECK-LABEL: func.func @hoisted
// CHECK: memref.load
// CHECK: math.rsqrt {{.*}} : f32
// CHECK: scf.for
// CHECK-NOT: math
// CHECK: arith.mulf {{.*}} : vector<8xf32>
func.func @hoisted(%x: memref<16x64xf32>, %v: memref<16xf32>, %y: memref<16x64xf32>) {
  linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]} ins(%x, %v : memref<16x64xf32>, memref<16xf32>) outs(%y : memref<16x64xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %r = math.rsqrt %b : f32
    %p = arith.mulf %a, %r : f32
    linalg.yield %p : f32
  }
  return
}

// One loop over the rows for all of it.
// CHECK-LABEL: func.func @softmax
// CHECK-COUNT-1: scf.parallel
// CHECK-NOT: scf.parallel
// CHECK: arith.maximumf {{.*}} : vector<8xf32>
// CHECK: math.exp {{.*}} : vector<8xf32>
// CHECK: arith.addf {{.*}} : vector<8xf32>
// CHECK: arith.divf {{.*}} : vector<8xf32>
// CHECK: memref.dealloc
func.func @softmax(%x: memref<128x64xf32>, %y: memref<128x64xf32>) {
  %lowest = arith.constant 0xFF800000 : f32
  %zero = arith.constant 0.0 : f32
  %most = memref.alloc() : memref<128xf32>
  linalg.fill ins(%lowest : f32) outs(%most : memref<128xf32>)
  linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]} ins(%x : memref<128x64xf32>) outs(%most : memref<128xf32>) {
  ^bb0(%v: f32, %m: f32):
    %next = arith.maximumf %m, %v : f32
    linalg.yield %next : f32
  }
  %power = memref.alloc() : memref<128x64xf32>
  linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]} ins(%x, %most : memref<128x64xf32>, memref<128xf32>) outs(%power : memref<128x64xf32>) {
  ^bb0(%v: f32, %m: f32, %o: f32):
    %d = arith.subf %v, %m : f32
    %e = math.exp %d : f32
    linalg.yield %e : f32
  }
  memref.dealloc %most : memref<128xf32>
  %sum = memref.alloc() : memref<128xf32>
  linalg.fill ins(%zero : f32) outs(%sum : memref<128xf32>)
  %wide = memref.expand_shape %power [[0], [1, 2]] output_shape [128, 64, 1] : memref<128x64xf32> into memref<128x64x1xf32>
  linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d1, d2)>, affine_map<(d0, d1, d2) -> (d0)>], iterator_types = ["parallel", "reduction", "reduction"]} ins(%wide : memref<128x64x1xf32>) outs(%sum : memref<128xf32>) {
  ^bb0(%v: f32, %s: f32):
    %next = arith.addf %s, %v : f32
    linalg.yield %next : f32
  }
  linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]} ins(%power, %sum : memref<128x64xf32>, memref<128xf32>) outs(%y : memref<128x64xf32>) {
  ^bb0(%v: f32, %s: f32, %o: f32):
    %q = arith.divf %v, %s : f32
    linalg.yield %q : f32
  }
  memref.dealloc %power : memref<128x64xf32>
  memref.dealloc %sum : memref<128xf32>
  return
}

// The second reads other rows than the first has written.
// CHECK-LABEL: func.func @skip_other_rows
// CHECK-COUNT-2: scf.execute_region
func.func @skip_other_rows(%x: memref<64x64xf32>, %y: memref<64x64xf32>) {
  %t = memref.alloc() : memref<64x64xf32>
  linalg.exp ins(%x : memref<64x64xf32>) outs(%t : memref<64x64xf32>)
  linalg.generic {indexing_maps = [#swapped, #id], iterator_types = ["parallel", "parallel"]} ins(%t : memref<64x64xf32>) outs(%y : memref<64x64xf32>) {
  ^bb0(%v: f32, %o: f32):
    linalg.yield %v : f32
  }
  memref.dealloc %t : memref<64x64xf32>
  return
}

// A vector of rows, read one by one, for each column: what was read is still in the cache.
// CHECK-LABEL: func.func @transpose
// CHECK: scf.for
// CHECK: scf.for
// CHECK: vector.from_elements {{.*}} : vector<8xf32>
// CHECK: vector.store
func.func @transpose(%x: memref<64x48xf32>, %y: memref<48x64xf32>) {
  linalg.transpose ins(%x : memref<64x48xf32>) outs(%y : memref<48x64xf32>) permutation = [1, 0]
  return
}

// Rows of a table by their numbers: whole vectors of each.
// CHECK-LABEL: func.func @lookup
// CHECK: %[[ID:.+]] = memref.load
// CHECK: scf.for
// CHECK: vector.load {{.*}} memref<100x64xf32>, vector<8xf32>
func.func @lookup(%ids: memref<16xindex>, %table: memref<100x64xf32>, %y: memref<16x64xf32>) {
  linalg.generic {indexing_maps = [#row, #id], iterator_types = ["parallel", "parallel"]} ins(%ids : memref<16xindex>) outs(%y : memref<16x64xf32>) {
  ^bb0(%id: index, %o: f32):
    %j = linalg.index 1 : index
    %v = memref.load %table[%id, %j] : memref<100x64xf32>
    linalg.yield %v : f32
  }
  return
}

// In memory an i1 is a byte, in a vector a bit.
// CHECK-LABEL: func.func @mask
// CHECK-NOT: vector.load {{.*}}i1>
// CHECK: vector.from_elements {{.*}} : vector<8xi1>
// CHECK: arith.select {{.*}} vector<8xi1>, vector<8xf32>
func.func @mask(%k: memref<16x64xi1>, %x: memref<16x64xf32>, %y: memref<16x64xf32>) {
  linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel", "parallel"]} ins(%k, %x : memref<16x64xi1>, memref<16x64xf32>) outs(%y : memref<16x64xf32>) {
  ^bb0(%c: i1, %v: f32, %o: f32):
    %zero = arith.constant 0.0 : f32
    %s = arith.select %c, %v, %zero : f32
    linalg.yield %s : f32
  }
  return
}

// CHECK-LABEL: func.func @strided_copy
// CHECK-NOT: memref.copy
// CHECK: vector.load
// CHECK: vector.store
func.func @strided_copy(%x: memref<16x64xf32>, %y: memref<16x64xf32, strided<[128, 1], offset: 64>>) {
  memref.copy %x, %y : memref<16x64xf32> to memref<16x64xf32, strided<[128, 1], offset: 64>>
  return
}

// A failed assertion ends the call from the thread that made it.
// CHECK-LABEL: func.func @skip_assert
// CHECK-NOT: scf.parallel
// CHECK: cf.assert
func.func @skip_assert(%x: memref<256x256xi32>) {
  linalg.generic {indexing_maps = [#id], iterator_types = ["parallel", "parallel"]}
      outs(%x : memref<256x256xi32>) {
  ^bb0(%v: i32):
    %zero = arith.constant 0 : i32
    %valid = arith.cmpi sge, %v, %zero : i32
    cf.assert %valid, "expected no negative index"
    linalg.yield %v : i32
  }
  return
}

// Lanes without an element would divide too.
// CHECK-LABEL: func.func @skip_division
// CHECK-NOT: vector
// CHECK: arith.divsi
func.func @skip_division(%x: memref<16x64xi32>, %y: memref<16x64xi32>) {
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%x : memref<16x64xi32>) outs(%y : memref<16x64xi32>) {
  ^bb0(%d: i32, %v: i32):
    %q = arith.divsi %v, %d : i32
    linalg.yield %q : i32
  }
  return
}

// Which step comes first matters: rows side by side, each in order.
// CHECK-LABEL: func.func @in_order
// CHECK: scf.for
// CHECK: scf.for {{.*}} -> (vector<8xf32>)
// CHECK: vector.from_elements
// CHECK: arith.mulf {{.*}} : vector<8xf32>
// CHECK: vector.store
func.func @in_order(%x: memref<16x64xf32>, %y: memref<16xf32>) {
  linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]} ins(%x : memref<16x64xf32>) outs(%y : memref<16xf32>) {
  ^bb0(%v: f32, %o: f32):
    %h = arith.mulf %o, %v : f32
    %next = arith.addf %h, %v : f32
    linalg.yield %next : f32
  }
  return
}
