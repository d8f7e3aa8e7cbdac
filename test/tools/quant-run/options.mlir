// A wrong command line is one line and exit code 2; what cannot be done is exit code 1.
// RUN: rm -rf %t && split-file %s %t && cd %t
// RUN: %python check.py

//--- module.mlir
func.func @main() -> i32 {
  %c = arith.constant 5 : i32
  return %c : i32
}

//--- check.py
import os
import subprocess

def run(*arguments):
    return subprocess.run(["quant-run", *arguments], capture_output=True, text=True)

def refused(code, message, *arguments):
    done = run(*arguments)
    assert done.returncode == code, (arguments, done)
    assert done.stdout == "" and done.stderr == f"error: {message}\n", (arguments, done.stderr)

m = "module.mlir"
refused(2, "expected a file, got none")
refused(2, "expected one file, got 'module.mlir' and 'other.mlir'", m, "other.mlir")
refused(2, "unknown option '--inptu'", m, "--inptu=a.npy")
refused(2, "expected a value after '--input', got nothing", m, "--input")
refused(2, "expected a value of '--input', got an empty one", m, "--input=")
refused(2, "expected '--entry' once, got it again", m, "--entry=a", "--entry=b")
refused(2, "expected --lowering=cpu or linalg, got 'gpu'", m, "--lowering=gpu")
refused(2, "expected --target=cpu or cuda, got 'tpu'", m, "--target=tpu")
refused(2, "expected a number of at least 1 for --threads, got '0'", m, "--threads=0")
refused(2, "expected a number of at least 1 for --benchmark, got 'ten'", m, "--benchmark=ten")
refused(2, "expected --target=cuda without --lowering, --compare and --statistics", m, "--target=cuda", "--lowering=linalg")
done = run(m, "--cpu=pentium9")
assert done.returncode == 2 and done.stderr.startswith("error: unknown cpu 'pentium9': expected native, avx2"), done
done = run(m, "--cpu=neon-i8mm" if os.uname().machine == "x86_64" else "--cpu=avx2")
assert done.returncode == 1 and "architecture" in done.stderr, done
done = run("--help")
assert done.returncode == 0 and done.stdout.startswith("usage: quant-run FILE"), done

# Options with the value as the next argument, and outputs that cannot be written.
done = run(m, "--entry", "main", "--lowering", "linalg", "--output", "y.npy")
assert done.returncode == 0 and done.stdout == "" and os.path.exists("y.npy"), done
os.mkdir("folder")
for path in ["missing/y.npy", "folder"]:
    done = run(m, "--lowering=linalg", "--output=" + path)
    assert done.returncode == 1 and path in done.stderr and done.stderr.count("\n") == 1, done
assert sorted(os.listdir(".")) == ["check.py", "folder", "module.mlir", "y.npy"], os.listdir(".")
