"""The native module: modules, passes, programs, files, numerics."""

import os
import signal
import threading
import time

import numpy as np
import pytest

from qlinalg import DtypeError, Error, _native

IDENTITY = """
func.func @main(%x: tensor<?x3xf32>) -> tensor<?x3xf32> {
  return %x : tensor<?x3xf32>
}
"""
LINEAR = """
func.func @main(%x: tensor<?x4xf32>) -> tensor<?x2xf32> {
  %w = arith.constant dense<[[127.0, -3.0, 0.0, 2.4], [0.5, 1.0, -1.0, 0.25]]> : tensor<2x4xf32>
  %zero = arith.constant 0.0 : f32
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?x4xf32>
  %empty = tensor.empty(%n) : tensor<?x2xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<?x2xf32>) -> tensor<?x2xf32>
  %y = linalg.matmul indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>]
    ins(%x, %w : tensor<?x4xf32>, tensor<2x4xf32>) outs(%init : tensor<?x2xf32>) -> tensor<?x2xf32>
  return %y : tensor<?x2xf32>
}
"""


@pytest.fixture(scope="module")
def identity():
    return _native.Program.compile(_native.Module.parse(IDENTITY))


def test_passes_change_the_module_or_leave_it():
    module = _native.Module.parse(LINEAR)
    before = module.text()
    with pytest.raises(Error, match="expected .* got 'int9'"):
        module.run("builtin.module(qlinalg-ptq{weights=int9})")
    assert module.text() == before
    assert module.run("builtin.module(qlinalg-ptq{weights=int8})") == []
    assert "qlinalg.matmul" in module.text()


def test_error_has_a_location():
    with pytest.raises(Error) as raised:
        _native.Module.parse("func.func @f() {\n  %0 = arith.nonsense\n}", "here.mlir")
    assert raised.value.location[:2] == ("here.mlir", 2)
    with pytest.raises(Error, match="pipeline"):
        _native.Module.parse(LINEAR).run("builtin.module(no-such-pass)")
    with pytest.raises(FileNotFoundError, match="absent.mlir"):
        _native.Module.load("absent.mlir")


def test_call_gives_what_numpy_gives():
    module = _native.Module.parse(LINEAR)
    x = np.random.default_rng(0).standard_normal((5, 4), np.float32)
    w = np.array([[127, -3, 0, 2.4], [0.5, 1, -1, 0.25]], np.float32)
    ((y, kind),) = _native.Program.compile(module).call("main", x)
    assert kind == "f32" and np.allclose(y, x @ w.T, rtol=1e-6, atol=1e-5)


def test_results_are_memory_of_their_own(identity):
    x = np.arange(6, dtype=np.float32).reshape(2, 3)
    x.flags.writeable = False
    ((y, _),) = identity.call("main", x)
    assert np.array_equal(x, y) and y.flags.writeable and not np.shares_memory(x, y)
    y[:] = 7
    assert x[0, 1] == 1
    ((z, _),) = identity.call("main", memoryview(x))
    assert np.array_equal(x, z)


@pytest.mark.parametrize("wrong, kind, words", [
    (np.zeros((2, 3)), DtypeError, "f32.*f64"),
    (np.zeros((2, 3), np.int32), TypeError, "i32"),
    (np.zeros((2, 4), np.float32), ValueError, "4"),
    (np.zeros(3, np.float32), Error, "f32"),
    (np.zeros((3, 2), np.float32).T, ValueError, "strides"),
    ("text", TypeError, "str"),
    (None, TypeError, "NoneType"),
])
def test_arrays_that_do_not_fit(identity, wrong, kind, words):
    with pytest.raises(kind, match=words):
        identity.call("main", wrong)
    with pytest.raises(Error, match="expected 1 argument"):
        identity.call("main")


def test_archive_keeps_names_types_and_bytes(tmp_path):
    path = str(tmp_path / "t.safetensors")
    writer = _native.ArchiveWriter(path)
    x = np.arange(6, dtype=np.float32).reshape(2, 3)
    bits = np.array([0x3F80, 0xC000], np.uint16)
    writer.add("x", x)
    writer.add("b", bits, "bf16")
    writer.set_metadata("k", "v")
    assert os.listdir(tmp_path) != ["t.safetensors"]
    writer.commit()
    assert os.listdir(tmp_path) == ["t.safetensors"]
    archive = _native.Archive([path])
    assert {(name, kind, shape) for name, kind, shape, _ in archive.tensors()} == {("x", "f32", (2, 3)), ("b", "bf16", (2,))}
    assert np.array_equal(archive.tensor("x")[0], x) and np.array_equal(archive.tensor("b")[0], bits)
    assert archive.metadata() == {"k": "v"}
    with pytest.raises(KeyError, match="absent"):
        archive.tensor("absent")


@pytest.mark.parametrize("content", [
    b"", b"\x00" * 7, (2**63).to_bytes(8, "little") + b"{}", (2).to_bytes(8, "little") + b"[]",
    (100_002).to_bytes(8, "little") + b"[" * 100_002,
    (73).to_bytes(8, "little") + b'{"x":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}}',
    (57).to_bytes(8, "little") + b'{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4000]}}',
])
def test_hostile_safetensors_is_an_error(tmp_path, content):
    path = tmp_path / "bad.safetensors"
    path.write_bytes(content)
    with pytest.raises(Error, match="bad.safetensors"):
        _native.Archive([str(path)])


def test_ctrl_c_ends_long_work_at_once(tmp_path):
    # Searching the ranges of 4M weights takes seconds.
    shape = "2048x2048xf32"
    text = f"""
      ml_program.global private @w(#ml_program.extern : tensor<{shape}>) : tensor<{shape}>
      func.func @main(%x: tensor<1x2048xf32>, %init: tensor<1x2048xf32>) -> tensor<1x2048xf32> {{
        %w = ml_program.global_load_const @w : tensor<{shape}>
        %y = linalg.matmul ins(%x, %w : tensor<1x2048xf32>, tensor<{shape}>) outs(%init : tensor<1x2048xf32>) -> tensor<1x2048xf32>
        return %y : tensor<1x2048xf32>
      }}"""
    writer = _native.ArchiveWriter(str(tmp_path / "w.safetensors"))
    writer.add("w", np.random.default_rng(0).standard_normal((2048, 2048), np.float32))
    writer.commit()
    module = _native.Module.parse(text)
    before = module.text()
    threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()
    output = tmp_path / "o.safetensors"
    with pytest.raises(KeyboardInterrupt):
        module.run("builtin.module(qlinalg-ptq{weights=int4 group=16 method=auto "
                   f'parameters="{tmp_path}/w.safetensors" output-parameters="{output}"}})')
    assert module.text() == before
    # The work sees it at its next rows, and writes nothing: had it come to its end, there would be a file.
    while _native.abandoned_jobs():
        time.sleep(0.01)
    assert module.text() == before and os.listdir(tmp_path) == ["w.safetensors"]


def test_an_array_on_another_device(identity):
    """A DLPack capsule that says it lies on a GPU: its address is never read."""
    import ctypes

    class Tensor(ctypes.Structure):
        _fields_ = [("data", ctypes.c_void_p), ("device", ctypes.c_int32 * 2), ("ndim", ctypes.c_int32), ("dtype", ctypes.c_uint8 * 4),
                    ("shape", ctypes.POINTER(ctypes.c_int64)), ("strides", ctypes.c_void_p), ("offset", ctypes.c_uint64),
                    ("context", ctypes.c_void_p), ("deleter", ctypes.c_void_p)]

    shape = (ctypes.c_int64 * 2)(2, 3)
    cuda, f32 = (2, 0), (2, 32, 1, 0)
    tensor = Tensor(64, cuda, 2, f32, shape)
    new = ctypes.pythonapi.PyCapsule_New
    new.restype, new.argtypes = ctypes.py_object, [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]

    class OnDevice:
        def __dlpack__(self, **_):
            return new(ctypes.addressof(tensor), b"dltensor", None)

        def __dlpack_device__(self):
            return cuda

    with pytest.raises(ValueError, match="processor's memory, got one on device 2:0"):
        identity.call("main", OnDevice())


def test_calls_from_several_threads(identity):
    x = np.arange(6, dtype=np.float32).reshape(2, 3)
    wrong = []

    def work(i):
        for _ in range(50):
            ((y, _),) = identity.call("main", x + i)
            if not np.array_equal(y, x + i):
                wrong.append(i)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
