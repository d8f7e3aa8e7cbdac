"""Runs the examples of the generated pages through quant-opt.

    docs.py SOURCE DIALECT.md PASSES.md

An example of an op is some lines with values that it does not define. Their types are what quant-opt, which reads the
lines with placeholders of type i1 first, says that it expected.
"""

import pathlib
import re
import subprocess
import sys


def quant_opt(text):
    return subprocess.run(["quant-opt", "--allow-unregistered-dialect"], input=text, capture_output=True, text=True)


def function(example, types):
    values = "".join(f'    {v} = "placeholder"() : () -> {t}\n' for v, t in types.items())
    return f"module {{\n  func.func @example() {{\n{values}{example}    return\n  }}\n}}\n"


def run_example(example):
    """What quant-opt says is wrong with an example, if anything."""
    results = [line.split(" = ")[0] for line in example.splitlines() if line.startswith("%")]
    defined = set(re.findall(r"%\w+", " ".join(results)))
    types = {v: "i1" for v in re.findall(r"%\w+", example) if v not in defined}
    for _ in range(len(types) + 1):
        result = quant_opt(function(example, types))
        expected = re.search(r"use of value '(%\w+)' expects different type than prior uses: '(.*)' vs 'i1'",
                             result.stderr)
        if not expected:
            break
        types[expected[1]] = expected[2]
    return result.stderr if result.returncode else ""


def check_ops(page):
    for op, text in re.findall(r"^### `(\w+\.\w+)`.*?\n(.*?)(?=^##|\Z)", page, flags=re.M | re.S):
        examples = re.findall(r"^```mlir\n(.*?)^```", text, flags=re.M | re.S)
        if not any(op in e for e in examples):
            yield f"{op}: expected an example in its description, got none"
        for example in examples:
            if problem := run_example(example):
                yield f"{op}: {problem}"


def check_attributes(page):
    for attribute in re.findall(r"`(#qlinalg\.\w+<[^`]*>)`", page):
        result = quant_opt(f'"placeholder"() {{a = {attribute}}} : () -> ()')
        if result.returncode:
            yield f"{attribute}: {result.stderr}"


def check_passes(source, page):
    for name, text in re.findall(r"^### `-([\w-]+)`\n(.*?)(?=^### |\Z)", page, flags=re.M | re.S):
        example = re.search(r"^Example: (\S+)\.$", text, flags=re.M)
        file = source / example[1] if example else None
        if not example:
            yield f"{name}: expected a line 'Example: FILE.', got none"
        elif not file.exists():
            yield f"{name}: expected the test {example[1]}, got no such file"
        elif not re.search(rf"RUN:.*\b{name}\b", file.read_text()):
            yield f"{name}: expected {example[1]} to run {name}, got no such RUN line"


def main(source, dialect, passes):
    source = pathlib.Path(source)
    dialect, passes = pathlib.Path(dialect).read_text(), pathlib.Path(passes).read_text()
    problems = [*check_ops(dialect), *check_attributes(dialect), *check_passes(source, passes)]
    print("\n".join(problems) or "all examples run")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
