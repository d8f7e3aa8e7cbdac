"""The ONNX package's own tests of its quantization ops, through qlinalg, by the definition and as the processor runs them.

Every case of the package that has a node of one of the five ops is either run, each result compared bit for bit, or listed
with the reason why it does not apply; a case that is neither, or a reason that is not expected, is a failure. Where a
graph writes an op out in others, its QuantizeLinear is run with the numbers that ONNX's evaluator gives it there.

    python onnx_nodes.py [--only REGEX]
"""

import argparse
import collections
import re
import sys
import warnings
from dataclasses import dataclass

import numpy as np
import tools
from lowered import same
from onnx_ops import NotApplicable, bits_of
from onnx_program import OPS, function_of, run

warnings.simplefilter("ignore")  # the package computes its cases with infinities

import onnx  # noqa: E402
from onnx.backend.test.case.node import collect_testcases  # noqa: E402
from onnx.reference import ReferenceEvaluator  # noqa: E402

# What does not apply, by name; the reason is the one that the ops give.
NOT_APPLICABLE = {
    "test_dequantizelinear_e5m2": "no storage float8_e5m2",
    "test_quantizelinear_e5m2": "no storage float8_e5m2",
}


@dataclass
class Problem:
    case: str
    op: str
    inputs: list
    attributes: dict
    expected: list
    how: str = ""


def problems_of(case):
    """Each of the case's nodes that is one of the five ops, with its inputs and outputs."""
    graph = case.model.graph
    for given, expected in case.data_sets:
        given, expected = ([onnx.numpy_helper.to_array(a) if isinstance(a, onnx.TensorProto) else np.asarray(a) for a in side]
                           for side in (given, expected))
        known = dict(zip([i.name for i in graph.input], given)) | dict(zip([o.name for o in graph.output], expected))
        if len(graph.node) > 1:
            known = ReferenceEvaluator(case.model).run(None, dict(zip([i.name for i in graph.input], given)),
                                                       intermediate=True) | known  # fmt: skip
        for node in graph.node:
            if node.op_type in OPS:
                attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
                yield Problem(case.name, node.op_type, [known[i] if i else None for i in node.input], attributes,
                              [known[o] for o in node.output], " in an expanded graph" if len(graph.node) > 1 else "")


def functions_of(problem):
    """The ways to write a node."""
    yield function_of(problem.op, problem.inputs, **problem.attributes)
    if problem.op == "DynamicQuantizeLinear":
        yield function_of(problem.op, problem.inputs, fused=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    tools.add_options(parser)
    options = parser.parse_args()
    cases = [c for c in collect_testcases(None) if any(n.op_type in OPS for n in c.model.graph.node)]
    cases = [c for c in cases if re.search(options.only, c.name)]
    ran, failures, groups, functions = [], 0, collections.Counter(), []
    left_out, done = {}, set()
    for problem in (p for c in cases for p in problems_of(c)):
        try:
            for f in functions_of(problem):
                ran.append(problem)
                functions.append(f)
            done.add(problem.case)
        except NotApplicable as reason:
            left_out[problem.case] = str(reason)
    passed = dict.fromkeys(range(len(ran)), True)
    for lowering in ("linalg", "cpu"):
        for i, (problem, actual) in enumerate(zip(ran, run(options, functions, lowering))):
            for j, (a, e) in enumerate(zip(actual, map(bits_of, problem.expected), strict=True)):
                if not same(a, e):
                    print(f"FAIL {problem.case} --lowering={lowering}, result {j}: expected {e.tolist()}, got {a.tolist()}")
                    passed[i] = False
                    failures += 1
    for i, problem in enumerate(ran):
        groups[problem.op + problem.how, passed[i]] += 1
    for group in sorted({g for g, _ in groups}):
        count = groups[group, True] + groups[group, False]
        print(f"{group}: {count} run in 2 lowerings, {groups[group, True]} passed")
    for name, reason in left_out.items():
        print(f"not applicable: {name}: {reason}")
        if NOT_APPLICABLE.get(name) != reason:
            print(f"FAIL {name}: expected to be run")
            failures += 1
    for name in {c.name for c in cases} - done - set(left_out):
        print(f"FAIL {name}: neither run nor listed")
        failures += 1
    print(f"onnx {onnx.__version__}: {len(cases)} cases, {len(done)} run, {len(left_out)} not applicable, {failures} failures")
    return 1 if failures or not done else 0


if __name__ == "__main__":
    sys.exit(main())
