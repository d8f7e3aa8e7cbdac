"""How lit runs the tests of this folder. The build's paths come from lit.site.cfg.py.

With QLINALG_ROUNDTRIP=1 every quant-opt of a test also reads back what it printed (roundtrip.py); tests that
execute programs are left out then, as their IR is that of tests that stay.
"""

import ctypes
import os
import pathlib
import shutil
import subprocess

import lit.formats

config.name = "qlinalg"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".test"]
config.excludes = ["Inputs", "models", "large", "reference"]
config.test_source_root = os.path.dirname(__file__)

build = pathlib.Path(config.qlinalg_build)
roundtrip = os.environ.get("QLINALG_ROUNDTRIP") == "1"
config.test_exec_root = str(build / "test" / ("roundtrip" if roundtrip else "lit"))

# Programs are called by their names: ours, then LLVM's own of this version, then the system's.
path = [build / "bin", config.llvm_tools, os.environ["PATH"]]
if roundtrip:
    path.insert(0, build / "test" / "roundtrip")
    config.excludes += ["Integration", "capi", "quant-run", "quant-compile", "examples"]
    config.suffixes = [".mlir"]
# test/Integration/tools.py and the tools beside the archives of the run time.
config.environment["QLINALG_BIN"] = str(build / "bin")
config.environment["MLIR_BIN"] = config.llvm_tools
config.environment["PYTHONDONTWRITEBYTECODE"] = "1"

# What upstream's tools make of the models is kept from one run to the next.
integration_work = build / "test" / "integration"
config.environment["QLINALG_WORK"] = str(integration_work)

if config.qlinalg_sanitize:
    # libMLIR and libLLVM are not instrumented: containers and arenas that cross the border look wrong, and
    # what they keep until the end looks lost.
    config.environment["ASAN_OPTIONS"] = "detect_container_overflow=0:allow_user_poisoning=0:detect_leaks=0"
    config.environment["UBSAN_OPTIONS"] = "print_stacktrace=1"
    runtime = subprocess.run(
        [config.cxx_compiler, "-print-file-name=libclang_rt.asan-x86_64.so"], capture_output=True, text=True, check=True
    ).stdout.strip()
    # What quant-compile links holds instrumented archives.
    path.insert(0, build / "test" / "sanitized")
    config.available_features.add("sanitized")
else:
    runtime = ""

config.environment["PATH"] = os.pathsep.join(map(str, path))

# Programs that load our code but are not instrumented themselves need the sanitizer's run time first.
preload = f"env LD_PRELOAD={runtime} " if runtime else ""
for name, value in {
    "%python": preload + config.python,
    # A program that a test builds itself.
    "%run": preload or "env",
    "%mlir-opt": preload + str(pathlib.Path(config.llvm_tools) / "mlir-opt"),
    "%plugin": config.qlinalg_plugin,
    "%source": config.qlinalg_source,
    "%build": config.qlinalg_build,
    "%include": str(pathlib.Path(config.qlinalg_source) / "include"),
    "%mlir_include": config.mlir_include,
    "%tinylm": str(pathlib.Path(config.qlinalg_source) / "examples" / "tinylm"),
    "%integration_work": str(integration_work),
    "%mlir_bin": config.llvm_tools,
    "%mlir_dir": config.mlir_dir,
    "%cxx": config.cxx_compiler,
    "%cc": config.c_compiler,
}.items():
    config.substitutions.append((name + r"\b", value.replace("\\", r"\\")))


def processor_flags():
    """Of the first processor, by the names that Linux gives them."""
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("flags"):
            return set(line.split(":", 1)[1].split())
    return set()


def has_cuda_device():
    try:
        cuda = ctypes.CDLL("libcuda.so.1")
    except OSError:
        return False
    count = ctypes.c_int(0)
    return cuda.cuInit(0) == 0 and cuda.cuDeviceGetCount(ctypes.byref(count)) == 0 and count.value > 0


def has_torch():
    find = "import importlib.util, sys; sys.exit(importlib.util.find_spec('torch') is None)"
    return subprocess.run([config.python, "-c", find]).returncode == 0


flags = processor_flags()
for feature, flag in {
    "host-avx2": "avx2",
    "host-avx512f": "avx512f",
    "host-avx512vnni": "avx512_vnni",
    "host-avxvnni": "avx_vnni",
}.items():
    if flag in flags:
        config.available_features.add(feature)
if shutil.which("qemu-aarch64", path=config.environment["PATH"]):
    config.available_features.add("qemu-aarch64")
# On the path, where the toolkit is installed by default, or in a package of the interpreter's.
packages = sorted(str(p.parent) for p in pathlib.Path(config.python).parents[1].glob("lib/python*/site-packages/nvidia/*/bin/ptxas"))
ptxas = shutil.which("ptxas", path=os.pathsep.join([config.environment["PATH"], "/usr/local/cuda/bin", *packages]))
if ptxas:
    config.available_features.add("ptxas")
    config.substitutions.append((r"%ptxas\b", ptxas))
if has_cuda_device():
    config.available_features.add("cuda")
if has_torch():
    config.available_features.add("torch")
