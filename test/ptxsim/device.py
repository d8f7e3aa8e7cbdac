"""Device memory, modules and launches."""

import numpy as np

from . import arithmetic, asynchronous, convert, floats, matrix, moves, warp
from .counters import Counters
from .errors import Error
from .machine import Machine
from .memory import GLOBAL_BASE, GlobalMemory

HANDLERS = {}
for part in arithmetic, asynchronous, convert, floats, matrix, moves, warp:
    HANDLERS.update(part.HANDLERS)

THREADS_AT_ONCE = 1 << 15
SHARED_LIMIT = 227 << 10


class Device:
    def __init__(self, size=1 << 26, path=None):
        self.memory = GlobalMemory(size, path)
        self.epoch = 1
        self.modules = {}
        self.sizes = {}

    def allocate(self, size):
        pointer = self.memory.allocate(size)
        self.sizes[pointer] = size
        return pointer

    def upload(self, array):
        array = np.ascontiguousarray(array)
        pointer = self.allocate(array.nbytes)
        self.store(pointer, array.tobytes())
        return pointer

    def store(self, pointer, data):
        offset = pointer - GLOBAL_BASE
        self.memory.data[offset : offset + len(data)] = np.frombuffer(data, np.uint8)
        self.memory.written[offset : offset + len(data)] = True

    def download(self, pointer, shape, dtype):
        """A copy; an Error where some of it was never written."""
        size = int(np.prod(shape, dtype=np.int64)) * np.dtype(dtype).itemsize
        offset = pointer - GLOBAL_BASE
        missing = ~self.memory.written[offset : offset + size]
        if missing.any():
            raise Error(f"byte {int(np.argmax(missing))} of {size} was never written")
        return self.memory.data[offset : offset + size].copy().view(dtype).reshape(shape)

    def free(self, pointer):
        self.memory.free(pointer, self.sizes.pop(pointer))

    def symbols_of(self, module):
        """Addresses of the module's global and constant variables, which live as long as the device."""
        if id(module) not in self.modules:
            symbols = {}
            for variable in module.variables.values():
                if variable.space in ("global", "const"):
                    pointer = self.allocate(variable.size)
                    if variable.data or variable.space == "const":
                        self.store(pointer, variable.data.ljust(variable.size, b"\0"))
                    symbols[variable.name] = (variable.space, pointer)
            self.modules[id(module)] = (module, symbols)
        return self.modules[id(module)][1]

    def launch(self, module, name, grid, block, arguments, shared=0):
        """Runs a kernel to its end; `shared` is the size of `extern .shared` in bytes. Its Counters."""
        if name not in module.functions:
            raise Error(f"expected a kernel of the module, {', '.join(module.functions)}, got '{name}'")
        function = module.functions[name]
        grid, block = (tuple(map(int, (*size, 1, 1)[:3])) for size in (grid, block))
        threads = int(np.prod(block))
        if not 1 <= threads <= 1024 or min(grid) < 1 or max(grid[1:]) > 65535:
            raise Error(f"expected blocks of 1 to 1024 threads and a grid of blocks, got {block} and {grid}")
        if function.block and function.block != block:
            raise Error(f"expected blocks of {function.block} threads, as '{name}' says, got {block}")
        parameters = self.parameters(function, arguments)
        counters = Counters()
        blocks = int(np.prod(grid))
        # As many as fit, but several batches cost no more than their blocks.
        at_once = max(1, THREADS_AT_ONCE // threads)
        for first in range(0, blocks, at_once):
            machine = Machine(self, module, function, grid, block, parameters, shared, first,
                              min(at_once, blocks - first), counters)
            if machine.shared_size > SHARED_LIMIT:
                raise Error(f"expected at most {SHARED_LIMIT} bytes of shared memory, got {machine.shared_size}")
            counters.blocks += 1
            end = machine.run(HANDLERS)
        self.epoch = end
        return counters

    @staticmethod
    def parameters(function, arguments):
        """name -> bytes; arguments are ints, floats, NumPy scalars or bytes."""
        if len(arguments) != len(function.parameters):
            raise Error(f"expected {len(function.parameters)} arguments of '{function.name}', got {len(arguments)}")
        parameters = {}
        for variable, argument in zip(function.parameters, arguments):
            if isinstance(argument, int):
                argument = (argument % (1 << 8 * variable.size)).to_bytes(variable.size, "little")
            elif not isinstance(argument, bytes):
                argument = argument.tobytes()
            if len(argument) != variable.size:
                raise Error(f"expected {variable.size} bytes for {variable.name}, got {len(argument)}")
            parameters[variable.name] = np.frombuffer(argument, np.uint8)
        return parameters
