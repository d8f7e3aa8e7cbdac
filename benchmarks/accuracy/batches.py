"""A function that runs a program's `@main` on one input after the other, so that one run of the program sees all."""

import re

import numpy as np

NAME = "every"
ELEMENTS = {"float32": "f32", "int64": "i64"}


def type_of(array: np.ndarray, *more: int) -> str:
    return f"tensor<{''.join(f'{size}x' for size in (*more, *array.shape))}{ELEMENTS[array.dtype.name]}>"


def add_loop(text: str, extra: list[np.ndarray], inputs: np.ndarray, output: np.ndarray) -> str:
    """`text` with `@every`: takes the arguments `extra` of `@main`, then all inputs; gives all outputs, each as `output`."""
    count, one = len(inputs), inputs[0]
    fixed = "".join(f"%fixed{i}: {type_of(array)}, " for i, array in enumerate(extra))
    types = ", ".join(type_of(array) for array in [*extra, one])
    names = "".join(f"%fixed{i}, " for i in range(len(extra)))
    all_inputs, outputs = type_of(one, count), type_of(output, count)

    def place(array: np.ndarray) -> str:
        zeros, ones = ", 0" * array.ndim, ", 1" * array.ndim
        return f"[%i{zeros}] [1{''.join(f', {size}' for size in array.shape)}] [1{ones}]"

    function = f"""
  func.func @{NAME}({fixed}%inputs: {all_inputs}) -> {outputs} {{
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %count = arith.constant {count} : index
    %empty = tensor.empty() : {outputs}
    %all = scf.for %i = %c0 to %count step %c1 iter_args(%before = %empty) -> {outputs} {{
      %input = tensor.extract_slice %inputs{place(one)} : {all_inputs} to {type_of(one)}
      %output = func.call @main({names}%input) : ({types}) -> {type_of(output)}
      %after = tensor.insert_slice %output into %before{place(output)} : {type_of(output)} into {outputs}
      scf.yield %after : {outputs}
    }}
    return %all : {outputs}
  }}
"""
    return re.sub(r"^module.*\{\n", lambda found: found[0] + function, text, count=1, flags=re.MULTILINE)
