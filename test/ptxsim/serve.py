"""Runs a program whose libcuda is driver.c, with its kernels in the simulator.

    serve.py LIBRARY CHIP [--report] COMMAND…

LIBRARY is the folder of the libcuda.so.1 that was built from driver.c, CHIP a compute capability such as 80. Exit code and
output are the command's; memory or modules that it left behind, and what a kernel did wrong, are printed to standard error.
"""

import os
import pathlib
import socket
import subprocess
import sys
import tempfile

from . import Device, Error, parse
from .memory import GLOBAL_BASE

BYTES = 1 << 27


class Server:
    def __init__(self, path):
        self.device = Device(BYTES, path)
        self.modules = {}
        self.streams = 0
        self.launches = []  # (kernel, Counters)
        self.errors = []

    def answer(self, line, stream):
        """The answer to a request; what follows it is read from `stream`."""
        word, *rest = line.split()
        if word == "module":
            text = stream.read(int(rest[0])).decode()
            number = max(self.modules, default=0) + 1
            self.modules[number] = parse(text)
            return number
        if word == "unload":
            del self.modules[int(rest[0])]
            return 0
        if word == "function":
            kernel = self.modules[int(rest[0])].functions[rest[1]]
            return " ".join(str(p.size) for p in kernel.parameters)
        if word == "allocate":
            pointer = self.device.allocate(int(rest[0]))
            # The host writes it without telling.
            offset = pointer - GLOBAL_BASE
            self.device.memory.written[offset : offset + int(rest[0])] = True
            return pointer
        if word == "free":
            self.device.free(int(rest[0]))
            return 0
        if word == "stream":
            self.streams += int(rest[0])
            return 0
        return self.launch(rest, stream)

    def launch(self, rest, stream):
        module, name, *sizes = rest
        *grid_and_block, shared = map(int, sizes)
        kernel = self.modules[int(module)].functions[name]
        arguments = [stream.read(p.size) for p in kernel.parameters]
        counters = self.device.launch(self.modules[int(module)], name, grid_and_block[:3], grid_and_block[3:], arguments, shared)
        self.launches.append((name, counters))
        return 0

    def serve(self, connection):
        stream = connection.makefile("rb")
        while line := stream.readline():
            try:
                reply = f"ok {self.answer(line.decode(), stream)}"
            except (Error, KeyError) as e:
                self.errors.append(f"{line.decode().strip()}: {e}")
                reply = f"error {e}"
            connection.sendall(reply.encode() + b"\n")

    def left(self):
        """What the program did not give back."""
        if self.device.sizes:
            yield f"{len(self.device.sizes)} allocations of {sum(self.device.sizes.values())} bytes"
        if self.modules:
            yield f"{len(self.modules)} modules"
        if self.streams:
            yield f"{self.streams} streams"


def run(library, chip, command, **options):
    """(the finished process, the Server after it)."""
    ours, theirs = socket.socketpair()
    with tempfile.NamedTemporaryFile(dir="/dev/shm" if os.path.isdir("/dev/shm") else None) as memory:
        os.truncate(memory.name, BYTES)
        server = Server(memory.name)
        search = os.pathsep.join(filter(None, [str(library), os.environ.get("LD_LIBRARY_PATH", "")]))
        environment = dict(os.environ, LD_LIBRARY_PATH=search, PTXSIM_FD=str(theirs.fileno()), PTXSIM_MEMORY=memory.name,
                           PTXSIM_BYTES=str(BYTES), PTXSIM_CHIP=str(chip))
        process = subprocess.Popen(command, env=environment, pass_fds=[theirs.fileno()], **options)
        theirs.close()
        server.serve(ours)
        output = process.communicate()
    return subprocess.CompletedProcess(command, process.returncode, *output), server


def build(compiler, folder):
    """libcuda.so.1 in `folder`."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    source = pathlib.Path(__file__).parent / "driver.c"
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-Wl,-soname,libcuda.so.1", str(source), "-o",
                    str(folder / "libcuda.so.1")], check=True)
    return folder


def main(arguments):
    library, chip, *command = arguments
    report = command[:1] == ["--report"]
    process, server = run(library, chip, command[report:])
    for line in server.errors:
        print(line, file=sys.stderr)
    for what in server.left():
        print(f"left behind: {what}", file=sys.stderr)
    if report:
        for name, counters in server.launches:
            print(name, dict(counters.instructions.most_common(6)), f"conflicts {sum(counters.conflicts.values())}",
                  f"sectors {sum(counters.sectors.values())} of {sum(counters.ideal_sectors.values())}", file=sys.stderr)
    sys.exit(process.returncode or bool(server.errors))


if __name__ == "__main__":
    main(sys.argv[1:])
