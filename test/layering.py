"""Nothing includes upward: every #include of this project's headers, against the arrows of the design.

    layering.py SOURCE
"""

import pathlib
import re
import sys

# What each layer may include, besides itself. A layer is a folder of lib/ and what include/QLinalg has for it.
BELOW = {
    "Numerics": [],
    "Parameters": ["Numerics"],
    "Text": ["Numerics", "Parameters"],
    "Statistics": ["Numerics", "Parameters"],
    "IR": ["Numerics"],
    "Transforms": ["Numerics", "Parameters", "Text", "Statistics", "IR"],
    "Kernels": ["Numerics", "Parameters", "Text", "Statistics", "IR", "Transforms"],
    "Gpu": ["Numerics", "Parameters", "Text", "Statistics", "IR", "Transforms", "Kernels"],
    "Pipelines": ["Numerics", "Parameters", "Text", "Statistics", "IR", "Transforms", "Kernels", "Gpu"],
    "Runtime": ["Numerics", "Parameters", "Statistics"],
    "Driver": ["Numerics", "Parameters", "Text", "Statistics", "IR", "Transforms", "Kernels", "Gpu", "Pipelines", "Runtime"],
}
BELOW["CAPI"] = BELOW["tools"] = BELOW["python"] = [*BELOW, "CAPI"]
WITHOUT_MLIR = ("Numerics", "Parameters", "Text", "Statistics", "Runtime")
# Headers that stand in include/QLinalg itself.
TOP = {"Passes": "Transforms", "Pipelines": "Pipelines"}


def layer_of(path):
    """The layer of a file, by its path from the source folder."""
    parts = path.parts
    if parts[0] == "lib":
        return parts[1]
    if parts[0] in ("tools", "python"):
        return parts[0]
    if parts[:2] == ("include", "qlinalg-c"):
        return "CAPI"
    return parts[2] if len(parts) > 3 else TOP.get(path.name.split(".")[0], "IR")


def wrong(source, file, name):
    """What is wrong with `file` including `name`, if anything."""
    layer = layer_of(file)
    if name.startswith(("mlir/", "mlir-c/", "llvm/", "llvm-c/")):
        return f"expected {layer} to include nothing of MLIR or LLVM, got {name}" if layer in WITHOUT_MLIR else None
    beside = (source / file).parent / name
    if beside.exists():
        target = beside.resolve().relative_to(source)
    elif name.startswith(("QLinalg/", "qlinalg-c/")):
        target = pathlib.Path("include", name)
        if not (source / target).exists() and not name.endswith(".inc"):
            return f"expected a header of this project, got {name}"
    else:
        return None
    if layer_of(target) in (layer, *BELOW[layer]):
        return None
    return f"expected {layer} to include only {', '.join(sorted(BELOW[layer]))}, got {name} of {layer_of(target)}"


def main(source):
    source = pathlib.Path(source).resolve()
    files = [f for top in ("include", "lib", "tools", "python/native") for f in sorted(source.glob(f"{top}/**/*"))
             if f.suffix in (".h", ".cpp", ".c")]
    found = []
    for path in files:
        file = path.relative_to(source)
        for number, line in enumerate(path.read_text().splitlines(), 1):
            include = re.match(r'\s*#\s*include\s*[<"]([^>"]+)[>"]', line)
            problem = include and wrong(source, file, include[1])
            if problem:
                found.append(f"{file}:{number}: {problem}")
    for problem in found:
        print(problem, file=sys.stderr)
    if found or not files:
        sys.exit(f"{len(found)} includes go the wrong way, of {len(files)} files")


if __name__ == "__main__":
    main(*sys.argv[1:])
