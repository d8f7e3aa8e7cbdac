// A quantized program beside its floats: the error of each site, what it makes by itself, saturation. Numbers by hand, in check.py.
// RUN: rm -rf %t && split-file %s %t && cd %t
// RUN: %python make.py
// RUN: quant-run q.mlir --input=x.npy --compare=float --report-output=own.json > own.txt 2> own.table
// RUN: quant-run q.mlir --input=x.npy --compare=float --lowering=linalg > linalg.txt 2> linalg.table
// RUN: quant-run q.mlir --input=x.npy --compare=float --reference=f.mlir --report-output=beside.json > beside.txt 2> beside.table
// RUN: quant-run q.mlir --input=x.npy --input=z.npy --compare=float --report-output=batches.json > batches.txt 2> /dev/null
// RUN: quant-run calls.mlir --input=x.npy --compare=float > calls.txt 2> calls.table
// RUN: quant-run unfrozen.mlir --input=x.npy --compare=float > unfrozen.txt 2> /dev/null
// RUN: %python check.py
// RUN: FileCheck %s < own.table
// CHECK:      beside the same weights with activations in floats, lines of q.mlir
// CHECK-NEXT: {{^}}site {{ *}}SQNR dB  local dB    cosine  saturated       weights   line{{$}}
// CHECK-NEXT: {{^}}down {{ *}}8.79     49.98  0.999
// CHECK-SAME:                                           0.00 %  int8 channel  25:8{{$}}
// CHECK-NEXT: {{^}}up {{ *}}8.79      8.79  0.999
// CHECK-SAME:                                           25.00 %  int8 channel  17:8{{$}}
// CHECK-NEXT: {{^}}result 0 {{ *}}8.79
// CHECK-NEXT: least SQNR: down, 8.79 dB
// CHECK-NEXT: least by itself (local): up, 8.79 dB
// RUN: FileCheck %s --check-prefix=BESIDE < beside.table
// BESIDE:     beside f.mlir, lines of f.mlir
// BESIDE:     not quantized: 1 of the reference's sites
// RUN: FileCheck %s --check-prefix=CALLS < calls.table
// CALLS-DAG: calls.mlir:{{[0-9]+}}:{{[0-9]+}}: remark: site 'nested' is not compared: it is inside of scf.if
// CALLS-DAG: calls.mlir:{{[0-9]+}}:{{[0-9]+}}: remark: site 'recursive' is not compared: it is in a function that is not inlined

//--- q.mlir
#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#n = affine_map<(m, n, k) -> (n)>
#mn = affine_map<(m, n, k) -> (m, n)>
#none = affine_map<(m, n, k) -> ()>
#all = affine_map<(d0, d1) -> ()>
func.func @main(%x: tensor<?x4xf32>) -> tensor<?x2xf32> {
  %c0 = arith.constant 0 : index
  %rows = tensor.dim %x, %c0 : tensor<?x4xf32>
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty(%rows) : tensor<?x2xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%empty : tensor<?x2xf32>) -> tensor<?x2xf32>
  %w = arith.constant dense<[[1, 1, 1, 1], [1, -1, 0, 0]]> : tensor<2x4xi8>
  %ws = arith.constant dense<[1.0, 1.0]> : tensor<2xf32>
  %s = arith.constant dense<1.0> : tensor<f32>
  %q = qlinalg.quantize %x scales %s <int8, tensor> by #all : tensor<?x4xf32> scales tensor<f32> -> tensor<?x4xi8>
  %0 = qlinalg.matmul lhs(%q : tensor<?x4xi8> scales %s : tensor<f32> scheme <int8, tensor>) rhs(%w : tensor<2x4xi8> scales %ws : tensor<2xf32> scheme <int8, channel>)
    outs(%zeros : tensor<?x2xf32>) {indexing_maps = [#mk, #none, #nk, #n, #mn], site = "up"} -> tensor<?x2xf32>
  %v = arith.constant dense<[[1, 1], [1, -1]]> : tensor<2x2xi8>
  %vs = arith.constant dense<[0.5, 0.5]> : tensor<2xf32>
  %t = arith.constant dense<2.0> : tensor<f32>
  // Code 0 stands for 0: it is no saturation.
  %z = arith.constant dense<0> : tensor<i8>
  %r = qlinalg.quantize %0 scales %t zero_points %z <uint8, tensor, affine> by #all : tensor<?x2xf32> scales tensor<f32> zero_points tensor<i8> -> tensor<?x2xi8>
  %1 = qlinalg.matmul lhs(%r : tensor<?x2xi8> scales %t : tensor<f32> zero_points %z : tensor<i8> scheme <uint8, tensor, affine>) rhs(%v : tensor<2x2xi8> scales %vs : tensor<2xf32> scheme <int8, channel>)
    outs(%zeros : tensor<?x2xf32>) {indexing_maps = [#mk, #none, #none, #nk, #n, #mn], site = "down"} -> tensor<?x2xf32>
  return %1 : tensor<?x2xf32>
}
//--- f.mlir
#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
func.func @main(%x: tensor<?x4xf32>) -> tensor<?x2xf32> {
  %c0 = arith.constant 0 : index
  %rows = tensor.dim %x, %c0 : tensor<?x4xf32>
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty(%rows) : tensor<?x2xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%empty : tensor<?x2xf32>) -> tensor<?x2xf32>
  %w = arith.constant dense_resource<up> : tensor<2x4xf32>
  %v = arith.constant dense_resource<down> : tensor<2x2xf32>
  %u = arith.constant dense_resource<more> : tensor<2x2xf32>
  %0 = linalg.matmul indexing_maps = [#mk, #nk, #mn] ins(%x, %w : tensor<?x4xf32>, tensor<2x4xf32>) outs(%zeros : tensor<?x2xf32>) -> tensor<?x2xf32>
  %1 = linalg.matmul indexing_maps = [#mk, #nk, #mn] ins(%0, %v : tensor<?x2xf32>, tensor<2x2xf32>) outs(%zeros : tensor<?x2xf32>) -> tensor<?x2xf32>
  // The identity.
  %2 = linalg.matmul indexing_maps = [#mk, #nk, #mn] ins(%1, %u : tensor<?x2xf32>, tensor<2x2xf32>) outs(%zeros : tensor<?x2xf32>) -> tensor<?x2xf32>
  return %2 : tensor<?x2xf32>
}
// 1.25 1 1 1 | 1 -1 0 0; 0.5 0.5 | 0.5 -0.5
{-#
  dialect_resources: { builtin: {
    up: "0x040000000000A03F0000803F0000803F0000803F0000803F000080BF0000000000000000",
    down: "0x040000000000003F0000003F0000003F000000BF",
    more: "0x040000000000803F00000000000000000000803F" } }
#-}
//--- calls.mlir
#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#n = affine_map<(m, n, k) -> (n)>
#mn = affine_map<(m, n, k) -> (m, n)>
#none = affine_map<(m, n, k) -> ()>
#all = affine_map<(d0, d1) -> ()>
func.func private @square(%x: tensor<1x4xf32>) -> tensor<1x4xf32> {
  %zeros = arith.constant dense<0.0> : tensor<1x4xf32>
  %w = arith.constant dense<[[1, 1, 1, 1], [1, -1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]> : tensor<4x4xi8>
  %ws = arith.constant dense<1.0> : tensor<4xf32>
  %s = arith.constant dense<1.0> : tensor<f32>
  %q = qlinalg.quantize %x scales %s <int8, tensor> by #all : tensor<1x4xf32> scales tensor<f32> -> tensor<1x4xi8>
  %0 = qlinalg.matmul lhs(%q : tensor<1x4xi8> scales %s : tensor<f32> scheme <int8, tensor>) rhs(%w : tensor<4x4xi8> scales %ws : tensor<4xf32> scheme <int8, channel>)
    outs(%zeros : tensor<1x4xf32>) {indexing_maps = [#mk, #none, #nk, #n, #mn], site = "square"} -> tensor<1x4xf32>
  return %0 : tensor<1x4xf32>
}
func.func private @again(%x: tensor<1x4xf32>, %once: i1) -> tensor<1x4xf32> {
  %w = arith.constant dense<1> : tensor<4x4xi8>
  %ws = arith.constant dense<1.0> : tensor<4xf32>
  %y = qlinalg.matmul lhs(%x : tensor<1x4xf32>) rhs(%w : tensor<4x4xi8> scales %ws : tensor<4xf32> scheme <int8, channel>)
    outs(%x : tensor<1x4xf32>) {indexing_maps = [#mk, #nk, #n, #mn], site = "recursive"} -> tensor<1x4xf32>
  %false = arith.constant false
  %z = scf.if %once -> tensor<1x4xf32> {
    %r = func.call @again(%y, %false) : (tensor<1x4xf32>, i1) -> tensor<1x4xf32>
    scf.yield %r : tensor<1x4xf32>
  } else {
    scf.yield %y : tensor<1x4xf32>
  }
  return %z : tensor<1x4xf32>
}
func.func @main(%x: tensor<1x4xf32>) -> (tensor<1x4xf32>, tensor<1x4xf32>) {
  %0 = call @square(%x) : (tensor<1x4xf32>) -> tensor<1x4xf32>
  %1 = call @square(%0) : (tensor<1x4xf32>) -> tensor<1x4xf32>
  %c0 = arith.constant 0 : index
  %element = tensor.extract %x[%c0, %c0] : tensor<1x4xf32>
  %zero = arith.constant 0.0 : f32
  %positive = arith.cmpf ogt, %element, %zero : f32
  %2 = scf.if %positive -> tensor<1x4xf32> {
    %w = arith.constant dense<1> : tensor<4x4xi8>
    %ws = arith.constant dense<1.0> : tensor<4xf32>
    %y = qlinalg.matmul lhs(%x : tensor<1x4xf32>) rhs(%w : tensor<4x4xi8> scales %ws : tensor<4xf32> scheme <int8, channel>)
      outs(%x : tensor<1x4xf32>) {indexing_maps = [#mk, #nk, #n, #mn], site = "nested"} -> tensor<1x4xf32>
    scf.yield %y : tensor<1x4xf32>
  } else {
    scf.yield %x : tensor<1x4xf32>
  }
  %true = arith.constant true
  %3 = call @again(%2, %true) : (tensor<1x4xf32>, i1) -> tensor<1x4xf32>
  return %1, %3 : tensor<1x4xf32>, tensor<1x4xf32>
}
//--- unfrozen.mlir
#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#n = affine_map<(m, n, k) -> (n)>
#mn = affine_map<(m, n, k) -> (m, n)>
#row = affine_map<(d0, d1) -> (d0)>
func.func @main(%x: tensor<1x4xf32>) -> tensor<1x1xf32> {
  %zeros = arith.constant dense<0.0> : tensor<1x1xf32>
  %w = arith.constant dense<[[127.0, -64.0, 1.0, 0.5]]> : tensor<1x4xf32> loc("w")
  %s = qlinalg.choose_params %w <int8, channel> by #row : tensor<1x4xf32> -> tensor<1xf32>
  %q = qlinalg.quantize %w scales %s <int8, channel> by #row : tensor<1x4xf32> scales tensor<1xf32> -> tensor<1x4xi8>
  %0 = qlinalg.matmul lhs(%x : tensor<1x4xf32>) rhs(%q : tensor<1x4xi8> scales %s : tensor<1xf32> scheme <int8, channel>)
    outs(%zeros : tensor<1x1xf32>) {indexing_maps = [#mk, #nk, #n, #mn], site = "w"} -> tensor<1x1xf32>
  return %0 : tensor<1x1xf32>
}
//--- make.py
import numpy as np
np.save("x.npy", np.array([[200, -3.5, 2, 0.25]], np.float32))
np.save("z.npy", np.array([[0, 0, 0, 0], [1, -1, 1, 1]], np.float32))
//--- check.py
import json
from math import isclose, log10, sqrt

def measures(reference, actual):
    error = sum((a - r) ** 2 for r, a in zip(reference, actual))
    energy, other = sum(r * r for r in reference), sum(a * a for a in actual)
    product = sum(r * a for r, a in zip(reference, actual))
    return {"sqnr_db": 10 * log10(energy / error) if error else float("inf"), "cosine": product / sqrt(energy * other),
            "relative_l2": sqrt(error / energy)}

def same(a, b):
    return a == b or isclose(a, b, rel_tol=1e-8)

def lines(path):
    return [json.loads(line) for line in open(path)]

def check(path, sites, results):
    got = lines(path)
    assert [line["site"] for line in got if "site" in line] == list(sites), got
    for line in got:
        if "result" in line:
            for key, value in measures(*results[line["result"]]).items():
                assert same(line[key], value), (path, line, key, value)
            continue
        reference, actual, local, saturation = sites[line["site"]]
        expected = measures(reference, actual)
        expected.update({"local_" + k: v for k, v in measures(reference, local).items()})
        for key, value in expected.items():
            assert same(line[key], value), (path, line, key, value)
        assert line["saturation"] == saturation or same(line["saturation"], saturation), line
    return got

# x is 200, -3.5, 2, 0.25; the codes of scale 1 are 127 (too large), -4 (to even), 2, 0.
up, up_q = [198.75, 203.5], [125, 131]
# / 2: 62.5 and 65.5 give 62 and 66; by itself 99.375 and 101.75 give 99 and 102.
down, down_q, down_local = [201.125, -2.375], [128, -4], [201, -3]
sites = {"down": (down, down_q, down_local, 0), "up": (up, up_q, up_q, 0.25)}
for path in "own.txt", "linalg.txt":
    got = check(path, sites, [(down, down_q)])
assert got[0]["location"].startswith("q.mlir:25:") and got[0]["reference_location"] is None
assert got[0]["scheme"] == "int8, channel, symmetric" and got[0]["activations"] == "uint8, tensor, affine"
# A constant without a name is called by its matmul.
assert got[0]["layer"] == "down" and got[0]["weight_sqnr_db"] is None

report = json.load(open("own.json"))
assert report["format"] == "qlinalg.report" and report["reference"] is None and report["batches"] == 1
assert report["sites"] + report["results"] == lines("own.txt") and report["unquantized"] == []
assert [layer["name"] for layer in report["layers"]] == ["up", "down"]

# The reference's first weight is 1.25: 50 more.
up = [248.75, 203.5]
down = [226.125, 22.625]
# 124.375 -> 124, 101.75 -> 102
down_local = [226, 22]
got = check("beside.txt", {"down": (down, down_q, down_local, 0), "up": (up, up_q, up_q, 0.25)}, [(down, down_q)])
assert got[0]["reference_location"].startswith("f.mlir:14:"), got[0]
report = json.load(open("beside.json"))
assert report["reference"] == "f.mlir" and report["unquantized"] == ["more"]

# Two calls are one of three rows. Of z nothing is lost: 0 and 1 -1 1 1 give 0 0 and 2 2 (as 1 and 1), then 2 and 0.
up, up_q = [198.75, 203.5, 0, 0, 2, 2], [125, 131, 0, 0, 2, 2]
down, down_q, down_local = [201.125, -2.375, 0, 0, 2, 0], [128, -4, 0, 0, 2, 0], [201, -3, 0, 0, 2, 0]
check("batches.txt", {"down": (down, down_q, down_local, 0), "up": (up, up_q, up_q, 1 / 12)}, [(down, down_q)])
assert json.load(open("batches.json"))["batches"] == 2

# square: sum, difference, third, fourth. 127 -4 2 0 -> 125 131 2 0 -> 125 127 2 0 (131 is too large) -> 254 -2 2 0
first, first_q = [198.75, 203.5, 2, 0.25], [125, 131, 2, 0]
second, second_q = [404.5, -4.75, 2, 0.25], [254, -2, 2, 0]
# By itself 127 127 2 0 -> 256 0 2 0
second_local = [256, 0, 2, 0]
got = lines("calls.txt")
by_site = {line["site"]: line for line in got if "site" in line}
assert set(by_site) == {"square", "square@2"}, by_site
for name, reference, actual, local, saturation in (("square", first, first_q, first_q, 0.25),
                                                   ("square@2", second, second_q, second_local, 0.25)):
    expected = measures(reference, actual) | {"local_" + k: v for k, v in measures(reference, local).items()}
    for key, value in expected.items():
        assert same(by_site[name][key], value), (name, key, value, by_site[name])
    assert by_site[name]["saturation"] == saturation, by_site[name]

# The float weight is there: 0.5 became 0. 200 * 127 + 3.5 * 64 + 2 + 0.125
y = 200 * 127 + 3.5 * 64 + 2
check("unfrozen.txt", {"w": ([y + 0.125], [y], [y], None)}, [([y + 0.125], [y])])
