"""IREE: f32, int4 in groups dequantized in the program, and dynamic int8, as linalg, weights packed when loaded.

A program multiplies an argument with each copy of the weight; copies are parameters of one module, as ours are.
"""

from functools import partial

import numpy as np

from groups import symmetric
from problem import Contestant, Prepared

GROUP = 32
OPTIONS = ["--iree-hal-target-backends=llvm-cpu", "--iree-llvmcpu-target-cpu=host", "--iree-opt-level=O3",
           "--iree-opt-data-tiling"]

GLOBAL = 'util.global private @{name} = #flow.parameter.named<"w"::"{name}"> : tensor<{type}>\n'
PRODUCT_MAPS = """indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>,
                         affine_map<(m, n, k) -> (m, n)>]"""

F32 = """
    %w{i} = util.global.load @w{i} : tensor<{n}x{k}xf32>
    %y{i} = linalg.matmul {maps} ins(%x{i}, %w{i} : tensor<{m}x{k}xf32>, tensor<{n}x{k}xf32>)
        outs(%init : tensor<{m}x{n}xf32>) -> tensor<{m}x{n}xf32>
"""

INT4 = """
    %codes{i} = util.global.load @w{i} : tensor<{n}x{g}x{group}xi4>
    %scales{i} = util.global.load @s{i} : tensor<{n}x{g}xf32>
    %grouped{i} = tensor.empty() : tensor<{n}x{g}x{group}xf32>
    %float{i} = linalg.generic {{indexing_maps = [affine_map<(n, g, j) -> (n, g, j)>, affine_map<(n, g, j) -> (n, g)>,
                                                 affine_map<(n, g, j) -> (n, g, j)>],
                                iterator_types = ["parallel", "parallel", "parallel"]}}
        ins(%codes{i}, %scales{i} : tensor<{n}x{g}x{group}xi4>, tensor<{n}x{g}xf32>)
        outs(%grouped{i} : tensor<{n}x{g}x{group}xf32>) {{
      ^bb0(%code: i4, %scale: f32, %out: f32):
        %wide = arith.sitofp %code : i4 to f32
        %value = arith.mulf %wide, %scale : f32
        linalg.yield %value : f32
    }} -> tensor<{n}x{g}x{group}xf32>
    %w{i} = tensor.collapse_shape %float{i} [[0], [1, 2]] : tensor<{n}x{g}x{group}xf32> into tensor<{n}x{k}xf32>
    %y{i} = linalg.matmul {maps} ins(%x{i}, %w{i} : tensor<{m}x{k}xf32>, tensor<{n}x{k}xf32>)
        outs(%init : tensor<{m}x{n}xf32>) -> tensor<{m}x{n}xf32>
"""

INT8 = """
    %w{i} = util.global.load @w{i} : tensor<{n}x{k}xi8>
    %s{i} = util.global.load @s{i} : tensor<{n}xf32>
    %row{i} = tensor.empty() : tensor<{m}xf32>
    %least{i} = linalg.fill ins(%zero : f32) outs(%row{i} : tensor<{m}xf32>) -> tensor<{m}xf32>
    %largest{i} = linalg.generic {{indexing_maps = [affine_map<(m, k) -> (m, k)>, affine_map<(m, k) -> (m)>],
                                  iterator_types = ["parallel", "reduction"]}}
        ins(%x{i} : tensor<{m}x{k}xf32>) outs(%least{i} : tensor<{m}xf32>) {{
      ^bb0(%value: f32, %out: f32):
        %size = math.absf %value : f32
        %more = arith.maximumf %size, %out : f32
        linalg.yield %more : f32
    }} -> tensor<{m}xf32>
    %place{i} = tensor.empty() : tensor<{m}x{k}xi8>
    %q{i} = linalg.generic {{indexing_maps = [affine_map<(m, k) -> (m, k)>, affine_map<(m, k) -> (m)>,
                                             affine_map<(m, k) -> (m, k)>], iterator_types = ["parallel", "parallel"]}}
        ins(%x{i}, %largest{i} : tensor<{m}x{k}xf32>, tensor<{m}xf32>) outs(%place{i} : tensor<{m}x{k}xi8>) {{
      ^bb0(%value: f32, %top: f32, %out: i8):
        %step = arith.divf %top, %levels : f32
        %ratio = arith.divf %value, %step : f32
        %whole = math.roundeven %ratio : f32
        %code = arith.fptosi %whole : f32 to i8
        linalg.yield %code : i8
    }} -> tensor<{m}x{k}xi8>
    %sums{i} = tensor.empty() : tensor<{m}x{n}xi32>
    %start{i} = linalg.fill ins(%none : i32) outs(%sums{i} : tensor<{m}x{n}xi32>) -> tensor<{m}x{n}xi32>
    %sum{i} = linalg.matmul {maps} ins(%q{i}, %w{i} : tensor<{m}x{k}xi8>, tensor<{n}x{k}xi8>)
        outs(%start{i} : tensor<{m}x{n}xi32>) -> tensor<{m}x{n}xi32>
    %y{i} = linalg.generic {{indexing_maps = [affine_map<(m, n) -> (m, n)>, affine_map<(m, n) -> (m)>,
                                             affine_map<(m, n) -> (n)>, affine_map<(m, n) -> (m, n)>],
                            iterator_types = ["parallel", "parallel"]}}
        ins(%sum{i}, %largest{i}, %s{i} : tensor<{m}x{n}xi32>, tensor<{m}xf32>, tensor<{n}xf32>)
        outs(%empty : tensor<{m}x{n}xf32>) {{
      ^bb0(%sum: i32, %top: f32, %scale: f32, %out: f32):
        %float = arith.sitofp %sum : i32 to f32
        %step = arith.divf %top, %levels : f32
        %both = arith.mulf %step, %scale : f32
        %value = arith.mulf %float, %both : f32
        linalg.yield %value : f32
    }} -> tensor<{m}x{n}xf32>
"""


def version():
    import importlib.metadata

    import iree.compiler  # noqa: F401
    import iree.runtime  # noqa: F401

    return importlib.metadata.version("iree-base-compiler")


def program(body, problem, copies, weight, scales):
    n, k = problem.shape
    names = {"n": n, "k": k, "g": k // GROUP, "group": GROUP, "maps": PRODUCT_MAPS}
    text = [GLOBAL.format(name=f"w{i}", type=weight.format(**names)) for i in range(copies)]
    if scales:
        text += [GLOBAL.format(name=f"s{i}", type=scales.format(**names)) for i in range(copies)]
    for m in problem.rows:
        arguments = ", ".join(f"%x{i}: tensor<{m}x{k}xf32>" for i in range(copies))
        results = ", ".join(f"%y{i}" for i in range(copies))
        types = ", ".join([f"tensor<{m}x{n}xf32>"] * copies)
        text += [f"func.func @rows{m}({arguments}) -> ({types}) {{\n",
                 "    %zero = arith.constant 0.0 : f32\n    %none = arith.constant 0 : i32\n"
                 "    %levels = arith.constant 127.0 : f32\n",
                 f"    %empty = tensor.empty() : tensor<{m}x{n}xf32>\n",
                 f"    %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<{m}x{n}xf32>) -> tensor<{m}x{n}xf32>\n",
                 *(body.format(m=m, i=i, **names) for i in range(copies)),
                 f"    return {results} : {types}\n}}\n"]
    return "".join(text)


def prepare(body, bits, weight, scales, values, problem):
    import iree.compiler
    import iree.runtime as rt

    n, k = problem.shape
    copies = problem.copies(n * k * bits / 8)
    compiled = iree.compiler.compile_str(program(body, problem, copies, weight, scales), extra_args=OPTIONS)
    index = rt.ParameterIndex()
    for i in range(copies):
        for name, value in zip("ws", values(problem)):
            index.add_buffer(f"{name}{i}", np.ascontiguousarray(value).tobytes())
    instance = rt.VmInstance()
    device = rt.get_driver("local-sync").create_default_device()
    modules = [rt.create_io_parameters_module(instance, index.create_provider(scope="w")),
               rt.create_hal_module(instance, device), rt.VmModule.copy_buffer(instance, compiled)]
    vm = rt.VmContext(instance, modules)
    calls = {}
    for m in problem.rows:
        x = rt.asdevicearray(device, problem.inputs[m])
        calls[m] = rt.FunctionInvoker(vm, device, modules[-1].lookup_function(f"rows{m}")), x

    def run(m):
        function, x = calls[m]
        return function(*[x] * copies)

    def result(m):
        results = run(m)
        return (results if copies == 1 else results[0]).to_host()

    return Prepared(copies, run, result)


def int4(problem):
    codes, scales = symmetric(problem, 4, GROUP)
    unsigned = codes.view(np.uint8) & np.uint8(15)
    return unsigned[..., 0::2] | (unsigned[..., 1::2] << np.uint8(4)), scales


def int8(problem):
    codes, scales = symmetric(problem, 8, 0)
    return codes.reshape(problem.shape), scales.reshape(-1)


CONTESTANTS = [
    Contestant("IREE f32", "f32", partial(prepare, F32, 32, "{n}x{k}xf32", None, lambda p: (p.weight,)), 32),
    Contestant("IREE i4, group 32", "w4", partial(prepare, INT4, 5, "{n}x{g}x{group}xi4", "{n}x{g}xf32", int4), 5),
    Contestant("IREE dynamic int8", "w8a8", partial(prepare, INT8, 8, "{n}x{k}xi8", "{n}xf32", int8), 8),
]
