// What can be written, for which processor, and what is refused; nothing is left behind by a failure.
// RUN: rm -rf %t && split-file %s %t && cd %t
// RUN: quant-compile module.mlir -o m.o --lowering=linalg
// RUN: llvm-nm --defined-only --extern-only --format=just-symbols m.o | sort | FileCheck %s --check-prefix=OBJECT
// RUN: quant-compile module.mlir -o m.ll --lowering=linalg --cpu=avx512vnni
// RUN: FileCheck %s --check-prefix=LL < m.ll
// RUN: quant-compile module.mlir -o m.s --lowering=linalg --cpu=neon-dotprod
// RUN: FileCheck %s --check-prefix=ARM < m.s
// RUN: quant-compile twins.mlir -o tw.so --header=tw.h --lowering=linalg
// RUN: llvm-nm -D --defined-only --format=just-symbols tw.so | sort | FileCheck %s --check-prefix=TWINS
// RUN: clang -std=c99 -Wall -Werror -fsyntax-only -x c tw.h
// RUN: %python check.py
// What stands there already stays when another output cannot be written.
// RUN: echo old > keep.so && mkdir folder.h
// RUN: not quant-compile module.mlir -o keep.so --header=folder.h 2>&1 | FileCheck %s --check-prefix=FOLDER
// RUN: grep old keep.so
// RUN: not quant-compile module.mlir -o one.so --header=one.so 2>&1 | FileCheck %s --check-prefix=ONE
// FOLDER: error: cannot write 'folder.h': is a directory
// ONE: error: expected different names for output and header, got 'one.so' twice

// The plain name of @tw_main is the one that the header declares for @main.
// TWINS: main
// TWINS-NEXT: tw_a__b
// TWINS-NEXT: tw_error
// TWINS-NEXT: tw_main
// TWINS-NEXT: tw_tw_main
// TWINS-NOT: {{.}}

// No plain names in an object: they could be those of the program.
// OBJECT: m_error
// OBJECT-NEXT: m_forward
// OBJECT-NOT: {{.}}
// LL: define i32 @m_forward(
// LL: "target-cpu"="icelake-server"
// ARM: .type qlinalg.call.forward,@function
// ARM: m_forward:

//--- module.mlir
func.func @forward(%x: tensor<4xf32>) -> tensor<4xf32> {
  %s = linalg.add ins(%x, %x : tensor<4xf32>, tensor<4xf32>) outs(%x : tensor<4xf32>) -> tensor<4xf32>
  return %s : tensor<4xf32>
}
//--- twins.mlir
func.func @"a*/b"() { return }
func.func @tw_main() { return }
func.func @main() { return }
//--- unranked.mlir
func.func @forward(%x: tensor<*xf32>) { return }
//--- alike.mlir
func.func @"a.b"() { return }
func.func @a_b() { return }
//--- unresolved.mlir
func.func private @elsewhere()
func.func @forward() {
  func.call @elsewhere() : () -> ()
  return
}

//--- check.py
import os
import subprocess

def refused(code, message, *arguments):
    done = subprocess.run(["quant-compile", *arguments], capture_output=True, text=True)
    assert done.returncode == code and done.stdout == "", (arguments, done)
    assert message in done.stderr and "error: " in done.stderr, (arguments, done.stderr)

before = sorted(os.listdir("."))
m = "module.mlir"
refused(2, "error: expected an output, -o OUT.{so,o,s,ll,ptx,cubin}, got none\n", m)
refused(2, "error: expected an output named .so, .o, .s, .ll, .ptx or .cubin, got 'm.exe'\n", m, "-o", "m.exe")
refused(2, "error: unknown cpu 'z80'", m, "-o", "m.so", "--cpu=z80")
refused(2, "error: unknown option '--chop'\n", m, "-o", "m.so", "--chop=1")
refused(2, "error: expected sm_75, sm_80, sm_86, sm_87, sm_89, sm_90, sm_90a, sm_100, sm_100a or sm_120 in --chip, got 'sm_30'\n", m,
        "-o", "m.ptx", "--chip=sm_30")
refused(1, "error: cannot read 'none.mlir': No such file or directory\n", "none.mlir", "-o", "m.so")
refused(1, "unranked.mlir:1:1: error: expected argument 0 of 'forward'", "unranked.mlir", "-o", "u.so")
refused(1, "error: expected functions with different names in C, got a second al_a_b for @a_b\n", "alike.mlir",
        "-o", "al.so", "--lowering=linalg")
refused(1, "elsewhere", "unresolved.mlir", "-o", "un.so", "--header=un.h", "--lowering=linalg")
refused(1, "missing", m, "-o", "missing/m.so", "--lowering=linalg")
refused(1, "missing", m, "-o", "n.so", "--header=missing/n.h", "--lowering=linalg")
assert sorted(os.listdir(".")) == before, os.listdir(".")
