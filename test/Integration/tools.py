"""Where the programs under test are, and how they are run.

Environment, all optional: QLINALG_BIN (folder of quant-opt and quant-run), MLIR_BIN (folder of mlir-opt,
mlir-translate and clang of LLVM 22), QLINALG_WORK (a folder to write in). Options of the scripts win over these.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
sys.path.insert(0, str(REPOSITORY / "test" / "reference"))


class ToolError(Exception):
    """A program failed; says which command and what it printed."""


def add_options(parser):
    env = os.environ.get
    found = shutil.which("mlir-opt-22") or shutil.which("mlir-opt") or "mlir-opt"
    parser.add_argument("--bin", type=pathlib.Path, default=env("QLINALG_BIN", REPOSITORY / "build" / "bin"),
                        help="folder of quant-opt and quant-run")
    parser.add_argument("--mlir-bin", type=pathlib.Path,
                        default=env("MLIR_BIN", pathlib.Path(found).resolve().parent),
                        help="folder of upstream's mlir-opt, mlir-translate and clang, version 22")
    parser.add_argument("--work", type=pathlib.Path,
                        default=env("QLINALG_WORK", REPOSITORY / "build" / "test" / "Integration"),
                        help="folder for what is compiled and written")
    parser.add_argument("--only", default="", help="regular expression on case names")
    parser.add_argument("-j", dest="jobs", type=int, default=2, help="cases that run at once")


def run(*command, timeout=300):
    """The standard output of a command that must succeed."""
    command = [str(c) for c in command]
    try:
        r = subprocess.run(command, capture_output=True, timeout=timeout)
    except (OSError, subprocess.TimeoutExpired) as e:
        raise ToolError(f"{' '.join(command)}: {e}") from e
    if r.returncode:
        tail = r.stderr.decode(errors="replace")[:1500]
        raise ToolError(f"exit code {r.returncode} of: {' '.join(command)[:600]}\n{tail}")
    return r.stdout.decode()


def quant_opt(options, source, target, *flags):
    run(options.bin / "quant-opt", source, *flags, "-o", target)
    return pathlib.Path(target).read_text()


def quant_run(options, program, inputs, outputs, *flags):
    """Runs `program` with .npy files; `outputs` are paths to write. The JSON lines that it prints."""
    printed = run(options.bin / "quant-run", program, *(f"--input={i}" for i in inputs),
                  *(f"--output={o}" for o in outputs), *flags)
    return [json.loads(line) for line in printed.splitlines()]


def report(name, config, failures, most=5):
    """Prints what failed; a wrong scheme fails in as many ways as there are weights, so not all of it."""
    for failure in failures[:most]:
        print(f"FAIL {name} [{config}]: {failure}", flush=True)
    if len(failures) > most:
        print(f"FAIL {name} [{config}]: and {len(failures) - most} more", flush=True)
