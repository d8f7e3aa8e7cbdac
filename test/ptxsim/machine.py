"""One launch: registers as vectors over all threads of some blocks, and which of them run.

Threads that stand at the least program counter run, so that those behind catch up and meet the others where branches join.
Blocks are padded to whole warps by threads that have exited.
"""

import numpy as np

from .errors import Error
from .memory import Shadow
from .formats import DTYPES
from .parse import Address, Immediate, Register, Symbol, Vector

RUNS, WAITS, EXITED = 0, 1, 2
BRANCHES = ("bra", "ret", "exit", "trap")


class Machine:
    def __init__(self, device, module, function, grid, block, parameters, dynamic_shared, first_block, blocks, counters):
        self.device, self.module, self.function, self.counters = device, module, function, counters
        self.grid, self.block = grid, block
        self.first_block, self.blocks = first_block, blocks
        threads = int(np.prod(block))
        self.block_threads = -(-threads // 32) * 32
        self.threads = blocks * self.block_threads
        self.first_thread = first_block * self.block_threads
        index = np.arange(self.threads)
        self.thread = index + self.first_thread  # number in the launch
        self.block_of = index // self.block_threads  # in this batch
        self.warp_of = index // 32
        self.lane = index % 32
        self.state = np.where(index % self.block_threads < threads, RUNS, EXITED)
        self.exists = self.state == RUNS
        self.pc = np.zeros(self.threads, np.int64)
        self.launch_epoch = device.epoch
        self.epoch = np.full(blocks, device.epoch, np.int64)
        self.warp_turn = np.zeros(self.threads // 32, np.int64)
        self.parameters = parameters
        self.registers = {}
        self.place_variables(dynamic_shared)
        self.special = self.special_registers(index % self.block_threads)
        self.groups = [[]]  # cp.async: committed groups, the last one open; see asynchronous.py
        self.active = None
        self.mask = None

    def place_variables(self, dynamic_shared):
        """Addresses of shared and local variables, those of the function and those of the module that it may use."""
        self.symbols = dict(self.device.symbols_of(self.module))
        top = {"shared": 0, "local": 0}
        extern = []
        for variable in [*self.module.variables.values(), *self.function.variables.values()]:
            if variable.space not in top:
                continue
            at = -(-top[variable.space] // variable.align) * variable.align
            self.symbols[variable.name] = (variable.space, at)
            top[variable.space] = at + variable.size
            if variable.size == 0:
                extern.append(variable)
        for variable in extern:
            self.symbols[variable.name] = ("shared", -(-top["shared"] // variable.align) * variable.align)
        self.shared_size = -(-(top["shared"] + dynamic_shared) // 16) * 16
        self.local_size = -(-top["local"] // 16) * 16
        size = self.blocks * self.shared_size
        self.shared = np.zeros(size, np.uint8)
        self.shared_written = np.zeros(size, bool)
        self.shared_shadow = Shadow(size)
        self.local = np.zeros(self.threads * self.local_size, np.uint8)

    def special_registers(self, within):
        x, y, _ = self.block
        block = self.block_of + self.first_block
        special = {"laneid": self.lane, "tid.x": within % x, "tid.y": within // x % y, "tid.z": within // (x * y),
                   "ctaid.x": block % self.grid[0], "ctaid.y": block // self.grid[0] % self.grid[1],
                   "ctaid.z": block // (self.grid[0] * self.grid[1])}
        for name, sizes in ("ntid", self.block), ("nctaid", self.grid):
            special.update({f"{name}.{d}": np.full(self.threads, n) for d, n in zip("xyz", sizes)})
        special["warpsize"] = np.full(self.threads, 32)
        for name, compare in ("lt", np.less), ("le", np.less_equal), ("gt", np.greater), ("ge", np.greater_equal):
            lanes = np.arange(32)
            special[f"lanemask_{name}"] = (compare(lanes, self.lane[:, None]) << lanes).sum(1)
        special["lanemask_eq"] = 1 << self.lane
        return {f"%{name}": value.astype(np.uint32) for name, value in special.items()}

    def turn_of(self, who):
        return self.warp_turn[(who - self.first_thread) // 32]

    # Operands.

    def register(self, operand):
        """Its bits, one for each thread."""
        bits = self.registers.get(operand.name)
        if bits is None:
            declared = self.function.registers[operand.name]
            dtype = np.dtype(bool) if declared == "pred" else DTYPES[f"u{declared.lstrip('subf')}"]
            bits = self.registers[operand.name] = np.zeros(self.threads, dtype)
        return bits

    def read(self, operand, kind, line=0):
        """The values of `operand` as type `kind`: of all threads, or one for all."""
        dtype = DTYPES[kind]
        if isinstance(operand, Register):
            bits = self.register(operand)
            if bits.dtype.itemsize == dtype.itemsize:
                return bits.view(dtype)
            if bits.dtype.itemsize > dtype.itemsize:
                return bits.astype(f"u{dtype.itemsize}").view(dtype)
            raise Error(f"expected a register of {dtype.itemsize * 8} bits, got {operand.name}", line)
        if isinstance(operand, Immediate):
            if operand.bits:
                value = np.array([operand.value], f"u{operand.bits // 8}")
                if operand.bits != dtype.itemsize * 8:
                    value = value.view(f"f{operand.bits // 8}").astype(dtype)
                return value.view(dtype)
            if kind == "pred":
                return np.array([operand.value != 0])
            return np.array([operand.value % (1 << dtype.itemsize * 8)], f"u{dtype.itemsize}").view(dtype)
        if isinstance(operand, Symbol):
            if operand.name in self.special:
                return self.special[operand.name].astype(f"u{dtype.itemsize}").view(dtype)
            if operand.name == "WARP_SZ":
                return np.array([32], f"u{dtype.itemsize}").view(dtype)
            return np.array([self.address_of(operand.name, line)], np.uint64).astype(f"u{dtype.itemsize}").view(dtype)
        raise Error(f"expected a register or a number, got {operand}", line)

    def address_of(self, name, line):
        if name not in self.symbols:
            raise Error(f"'{name}' is unknown", line)
        return self.symbols[name][1]

    def write(self, operand, values):
        """Values as wide as the register, or narrower (extended by their sign), to the threads that run."""
        values = np.asarray(values)
        if isinstance(operand, Symbol) and operand.name == "_":
            return
        target = self.register(operand)
        if values.dtype.kind == "i" and values.dtype.itemsize < target.dtype.itemsize:
            values = values.astype(f"i{target.dtype.itemsize}")
        bits = values if values.dtype == bool else values.view(f"u{values.dtype.itemsize}")
        if bits.dtype.itemsize > target.dtype.itemsize or (bits.dtype == bool) != (target.dtype == bool):
            raise Error(f"expected a value as wide as {operand.name}, got {bits.dtype.itemsize} bytes")
        if target.dtype != bits.dtype:
            bits = bits.astype(target.dtype)
        if self.mask is None:
            target[:] = bits
        else:
            np.copyto(target, bits, where=self.mask)

    def addresses(self, operand, line):
        """(space that a symbol says or None, u64 addresses of the threads that run)."""
        assert isinstance(operand, Address)
        space = None
        if isinstance(operand.base, Symbol) and operand.base.name in self.symbols:
            space = self.symbols[operand.base.name][0]
        if isinstance(operand.base, Register) and self.function.registers[operand.base.name].endswith("32"):
            base = self.read(operand.base, "u32", line).astype(np.uint64)
        else:
            base = self.read(operand.base, "u64", line)
        base = base if len(base) == 1 else base[self.active]
        address = base + np.array([operand.offset]).astype(np.uint64)
        return space, np.broadcast_to(address, len(self.active)) if len(address) == 1 else address

    # Control.

    def set_active(self, threads):
        """`threads`: numbers in this batch. All that exist and have not exited need no mask."""
        self.active, self.warps = threads, None
        if len(threads) == self.threads:
            self.mask = None
        else:
            self.mask = np.zeros(self.threads, bool)
            self.mask[threads] = True

    def whole_warps(self, members, line):
        """Checks that `members` (a mask, or masks, of lanes) run together here."""
        lanes = np.zeros(self.threads // 32, np.uint64)
        np.bitwise_or.at(lanes, self.warp_of[self.active], np.uint64(1) << self.lane[self.active].astype(np.uint64))
        asked = np.zeros_like(lanes)
        np.bitwise_or.at(asked, self.warp_of[self.active], np.broadcast_to(members, self.threads)[self.active].astype(np.uint64))
        if (asked & ~lanes).any() or (lanes & ~asked).any():
            raise Error("the lanes of the member mask are not those that come here together", line)

    def run(self, handlers):
        instructions = self.function.instructions
        end = len(instructions)
        while True:
            runs = np.flatnonzero(self.state == RUNS)
            if not len(runs):
                if not self.release_barriers():
                    break
                continue
            pcs = self.pc[runs]
            pc = int(pcs.min())
            others = pcs[pcs > pc]
            limit = int(others.min()) if len(others) else end
            self.set_active(runs[pcs == pc])
            while pc < limit:
                following = self.step(instructions[pc], handlers, pc)
                if following is None:
                    break
                pc = following
            else:
                if pc >= end:
                    self.state[self.active] = EXITED
                else:
                    self.pc[self.active] = pc
        return int(self.epoch.max()) + 1

    def step(self, instruction, handlers, pc):
        """Runs one instruction. The next program counter, or None where threads part or stop."""
        self.counters.instructions[instruction.text()] += self.count_warps()
        handler = handlers.get(instruction.name)
        if handler is None and instruction.name not in BRANCHES:
            raise Error(f"'{instruction.text()}' is unknown", instruction.line)
        everyone, mask, warps = self.active, self.mask, self.warps
        if instruction.guard:
            register, negated = instruction.guard
            chosen = self.read(register, "pred")[self.active] != negated
            if instruction.name in BRANCHES:
                return self.branch(instruction, chosen, pc)
            if not chosen.any():
                return pc + 1
            if not chosen.all():
                self.set_active(self.active[chosen])
        elif instruction.name in BRANCHES:
            return self.branch(instruction, np.ones(len(self.active), bool), pc)
        stops = handler(self, instruction)
        self.active, self.mask, self.warps = everyone, mask, warps
        if stops:
            waiting = self.state[self.active] == RUNS
            self.pc[self.active] = pc + 1
            return None if not waiting.all() else pc + 1
        return pc + 1

    def count_warps(self):
        if self.warps is None:
            warps = self.warp_of[self.active]
            self.warps = 1 + int((warps[1:] != warps[:-1]).sum())
        return self.warps

    def branch(self, instruction, chosen, pc):
        if instruction.name == "trap" and chosen.any():
            raise Error("trap", instruction.line)
        if instruction.name != "bra":
            self.state[self.active[chosen]] = EXITED
            self.pc[self.active] = pc + 1
            return pc + 1 if not chosen.any() else None
        target = self.function.labels.get(instruction.operands[0].name)
        if target is None:
            raise Error(f"label '{instruction.operands[0].name}' is unknown", instruction.line)
        if not chosen.any():
            return pc + 1
        self.pc[self.active] = np.where(chosen, target, pc + 1)
        # The caller looks anew who is where: threads that wait elsewhere may stand at the target.
        return None

    def release_barriers(self):
        """Blocks all of whose threads wait or have exited go on. False where nobody waits."""
        waits = self.state == WAITS
        if not waits.any():
            return False
        for block in np.unique(self.block_of[waits]):
            of_block = self.block_of == block
            if len(np.unique(self.pc[of_block & waits])) > 1 and not self.same_barrier(of_block & waits):
                raise Error("threads of one block wait at different barriers")
            self.state[of_block & waits] = RUNS
            self.epoch[block] += 1
        return True

    def same_barrier(self, threads):
        """bar.sync in two places is one barrier all the same."""
        return all(self.function.instructions[pc - 1].name in ("bar", "barrier") for pc in np.unique(self.pc[threads]))


def parts(operand):
    return operand.parts if isinstance(operand, Vector) else (operand,)
