"""Writes layers.mlir: a layer of each kind, for a recipe that quantizes two of the three, and a softmax between."""
import numpy as np

random = np.random.default_rng(0)


def weight(name, *shape):
    values = random.standard_normal(shape).astype(np.float32)
    text = values.tobytes().hex().upper()
    return f'  %{name} = arith.constant dense<"0x{text}"> : tensor<{shape[0]}x{shape[1]}xf32>\n'


def matmul(result, x, w, k, n):
    return f"""  %e{result} = tensor.empty(%m) : tensor<?x{n}xf32>
  %f{result} = linalg.fill ins(%zero : f32) outs(%e{result} : tensor<?x{n}xf32>) -> tensor<?x{n}xf32>
  %{result} = linalg.matmul ins(%{x}, %{w} : tensor<?x{k}xf32>, tensor<{k}x{n}xf32>)
      outs(%f{result} : tensor<?x{n}xf32>) -> tensor<?x{n}xf32>
"""


def softmax(result, x, n):
    wide, narrow = f"tensor<?x{n}xf32>", "tensor<?xf32>"
    return f"""  %er = tensor.empty(%m) : {narrow}
  %ew = tensor.empty(%m) : {wide}
  %fm = linalg.fill ins(%low : f32) outs(%er : {narrow}) -> {narrow}
  %max = linalg.reduce {{ arith.maximumf }} ins(%{x} : {wide}) outs(%fm : {narrow}) dimensions = [1]
  %exp = linalg.generic {{indexing_maps = [#wide, #row, #wide], iterator_types = ["parallel", "parallel"]}}
      ins(%{x}, %max : {wide}, {narrow}) outs(%ew : {wide}) {{
  ^bb0(%a: f32, %b: f32, %c: f32):
    %d = arith.subf %a, %b : f32
    %g = math.exp %d : f32
    linalg.yield %g : f32
  }} -> {wide}
  %fs = linalg.fill ins(%zero : f32) outs(%er : {narrow}) -> {narrow}
  %sum = linalg.reduce {{ arith.addf }} ins(%exp : {wide}) outs(%fs : {narrow}) dimensions = [1]
  %{result} = linalg.generic {{indexing_maps = [#wide, #row, #wide], iterator_types = ["parallel", "parallel"]}}
      ins(%exp, %sum : {wide}, {narrow}) outs(%ew : {wide}) {{
  ^bb0(%a: f32, %b: f32, %c: f32):
    %d = arith.divf %a, %b : f32
    linalg.yield %d : f32
  }} -> {wide}
"""


with open("layers.mlir", "w") as file:
    file.write(
        "#wide = affine_map<(i, j) -> (i, j)>\n#row = affine_map<(i, j) -> (i)>\n"
        "func.func @main(%x: tensor<?x96xf32>) -> tensor<?x48xf32> {\n"
        "  %c0 = arith.constant 0 : index\n  %zero = arith.constant 0.0 : f32\n"
        "  %low = arith.constant 0xFF800000 : f32\n  %m = tensor.dim %x, %c0 : tensor<?x96xf32>\n"
        + weight("w0", 96, 160) + weight("w1", 160, 64) + weight("w2", 64, 48)
        + matmul("y0", "x", "w0", 96, 160) + matmul("y1", "y0", "w1", 160, 64)
        + softmax("y2", "y1", 64) + matmul("y3", "y2", "w2", 64, 48)
        + "  return %y3 : tensor<?x48xf32>\n}\n"
    )
with open("recipe.yaml", "w") as file:
    file.write("""weights: none
layers:
  - match: main.0
    weights: int4
    group: 32
    activations: dynamic
  - match: main.1
    weights: int8
""")
