"""How the model looks: its layers as a tree, its sizes module by module."""

import re
from collections import defaultdict

from rich.table import Table
from rich.tree import Tree

from stored import ParameterFile

PARTS = re.compile(r"\.(codes|scales|zero_points|codebook)$")


def module_sizes(file: ParameterFile) -> dict[str, int]:
    """Bytes of each module with all that is in it; "" is the whole model."""
    sizes: dict[str, int] = defaultdict(int)
    for name, tensor in file.tensors.items():
        path = PARTS.sub("", name).split(".")[:-1]
        for depth in range(len(path) + 1):
            sizes[".".join(path[:depth])] += tensor.nbytes
    return sizes


def size_table(columns: dict[str, ParameterFile]) -> Table:
    """One column of bytes a file, and what share of the first each later one is."""
    table = Table("module")
    sizes = {title: module_sizes(file) for title, file in columns.items()}
    first = next(iter(sizes.values()))
    for title in sizes:
        table.add_column(f"{title}, bytes", justify="right")
        if sizes[title] is not first:
            table.add_column("of float", justify="right")
    for module in sorted(first, key=lambda name: [natural(part) for part in name.split(".")]):
        # The four blocks are alike: one is shown with its parts.
        if re.match(r"gpt_neox\.layers\.[1-9]\d*\..", module):
            continue
        depth = len(module.split(".")) if module else 0
        row = ["  " * depth + (module.rsplit(".", 1)[-1] or "whole model")]
        for column in sizes.values():
            row.append(f"{column[module]:,}")
            if column is not first:
                row.append(f"{column[module] / first[module]:.1%}")
        table.add_row(*row)
    return table


def natural(part: str) -> tuple[int, str]:
    return (int(part), "") if part.isdigit() else (0, part)


def quantized_layers(ir: str) -> dict[str, str]:
    """The scheme of each `qlinalg.matmul` by the name of its weight, as the IR says it."""
    pattern = re.compile(r'qlinalg\.matmul .*?scheme <([^>]*)>.*?site = "([^"]*)"')
    return {match.group(2): match.group(1) for match in map(pattern.search, ir.splitlines()) if match}


def layer_tree(file: ParameterFile, schemes: dict[str, str]) -> Tree:
    """`file` is the float model; layers with a scheme have become QLinear."""
    tree = Tree("GPTNeoXForCausalLM")
    nodes = {"": tree}
    modules = sorted({name.rsplit(".", 1)[0] for name in file.tensors},
                     key=lambda name: (name == "embed_out", "final" in name,
                                       [natural(part) for part in name.split(".")]))
    for module in modules:
        if re.match(r"gpt_neox\.layers\.[1-9]", module):
            continue
        path = module.split(".")
        for depth in range(1, len(path)):
            prefix = ".".join(path[:depth])
            if prefix not in nodes:
                label = f"{path[depth - 1]}" + (" (1, 2, 3 are alike)" if path[depth - 1] == "0" else "")
                nodes[prefix] = nodes[".".join(path[: depth - 1])].add(label)
        nodes[".".join(path[:-1])].add(f"{path[-1]}: {describe(file, module, schemes)}")
    return tree


def describe(file: ParameterFile, module: str, schemes: dict[str, str]) -> str:
    shape = file.tensors[module + ".weight"].shape
    if len(shape) == 1:
        return f"LayerNorm({shape[0]})"
    if module.endswith("embed_in"):
        return f"Embedding({shape[0]}, {shape[1]})"
    facts = f"in_features={shape[1]}, out_features={shape[0]}, bias={module + '.bias' in file.tensors}"
    scheme = schemes.get(module + ".weight")
    if scheme is None:
        return f"Linear({facts})"
    return f"[bold]QLinear[/bold]({facts}, weights=<{scheme}>)"
