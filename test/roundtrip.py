"""quant-opt, and then what it printed once more: as text and through bytecode, to the same text.

    roundtrip.py QUANT-OPT argument...

Stands in for quant-opt when lit runs with QLINALG_ROUNDTRIP=1. A run that fails, and one that prints something other
than IR, is passed on as it is.
"""

import difflib
import pathlib
import re
import subprocess
import sys
import tempfile

# Of the arguments, those that say how IR is read or written; the others say what is done to it.
FORMAT = ("--allow-unregistered-dialect", "--mlir-print-op-generic", "--mlir-print-debuginfo",
          "--mlir-print-local-scope", "--mlir-print-assume-verified", "--mlir-use-nameloc-as-prefix",
          "--no-implicit-module")
# Text with elided constants cannot be read back.
UNREADABLE = ("--mlir-elide-elementsattrs", "--mlir-elide-resource", "--mlir-print-debuginfo-pretty",
              "--mlir-pretty-debuginfo", "--mlir-print-skip-regions", "--emit-bytecode", "--help", "--show-dialects")


def two_dashes(argument):
    return argument if argument.startswith("--") or not argument.startswith("-") else "-" + argument


def starts_like_ir(text):
    return text.lstrip().startswith((b"module", b'"builtin.module"', b"#", b"!", b"func", b'"func.func"'))


def modules(text):
    """With --split-input-file there are several, and nothing where one had errors."""
    return [part.strip() + b"\n" for part in re.split(rb"^// -----$", text, flags=re.M) if part.strip()]


def written_file(arguments):
    """The file that -o names, if any."""
    for i, argument in enumerate(arguments):
        if argument == "-o" and i + 1 < len(arguments):
            return arguments[i + 1]
        if argument.startswith("-o="):
            return argument[3:]
    return None


def run(command, text):
    result = subprocess.run(command, input=text, capture_output=True)
    if result.returncode:
        what = " ".join(command[1:]) or "no pass"
        sys.exit(f"roundtrip: quant-opt does not read back what it printed ({what}):\n"
                 + result.stderr.decode(errors="replace"))
    return result.stdout


def through_bytecode(tool, keep, text):
    # A file: standard input is read to where resources are not aligned as bytecode wants them.
    with tempfile.NamedTemporaryFile(suffix=".mlirbc") as file:
        run([tool, *keep, "--emit-bytecode", "-o", file.name], text)
        return run([tool, *keep, file.name], b"")


def check(tool, keep, printed):
    """Text to bytecode to text; only if that differs, text to text says which of the two it was."""
    if through_bytecode(tool, keep, printed).strip() == printed.strip():
        return
    name, again = "text read back", run([tool, *keep], printed)
    if again.strip() == printed.strip():
        name, again = "text through bytecode", through_bytecode(tool, keep, printed)
    lines = [t.decode(errors="replace").splitlines() for t in (printed, again)]
    difference = "\n".join(list(difflib.unified_diff(*lines, "printed", name, lineterm="", n=1))[:40])
    sys.exit(f"roundtrip: expected the text that was printed, got another {name}:\n{difference}")


def main(tool, *arguments):
    result = subprocess.run([tool, *arguments], stdout=subprocess.PIPE)
    sys.stdout.buffer.write(result.stdout)
    sys.stdout.flush()
    flags = [two_dashes(a) for a in arguments]
    if result.returncode or any(f.startswith(UNREADABLE) for f in flags):
        return result.returncode
    file = written_file(arguments)
    printed = pathlib.Path(file).read_bytes() if file else result.stdout
    keep = [f for f in flags if f.startswith(FORMAT)]
    for module in modules(printed):
        # A local scope leaves the resources out.
        if starts_like_ir(module) and not (b"dense_resource" in module and "--mlir-print-local-scope" in flags):
            check(tool, keep, module)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
