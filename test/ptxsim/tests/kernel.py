"""Kernels of a few lines for the simulator's own tests."""

import numpy as np

import ptxsim

HEAD = """.version 7.8
.target sm_90
.address_size 64
"""
REGISTERS = """.reg .pred %p<8>; .reg .b16 %h<8>; .reg .b32 %r<64>; .reg .b64 %d<16>;
mov.u32 %r60, %tid.x; mov.u32 %r61, %ctaid.x; mov.u32 %r62, %ntid.x; mad.lo.u32 %r63, %r61, %r62, %r60;
ld.param.u64 %d15, [out]; mul.wide.u32 %d14, %r63, 4; add.u64 %d15, %d15, %d14;
ld.param.u64 %d13, [in];
"""


def run(body, threads=32, blocks=1, data=None, results=1, variables=""):
    """Runs `body`; %r60 is the thread, %r63 that of the launch, %d15 where its result goes, %d13 the input, %d12 free. What
    was written: u32 [threads * blocks] (results of more go to further arrays), and the counters."""
    device = ptxsim.Device(1 << 20)
    count = threads * blocks
    out = device.allocate(4 * count * results)
    source = device.upload(np.zeros(1, np.uint32) if data is None else data)
    text = HEAD + variables + ".visible .entry k(.param .u64 out, .param .u64 in) {\n" + REGISTERS + body + "\nret; }\n"
    counters = device.launch(ptxsim.parse(text), "k", (blocks,), (threads,), [out, source])
    return device.download(out, (results, count), np.uint32).squeeze(0) if results == 1 else device.download(
        out, (results, count), np.uint32), counters


def value(instructions, kind="u4"):
    """What one thread's %r0 (or %d0, for types of 64 bits) holds after `instructions`."""
    if np.dtype(kind).itemsize == 8:
        words, _ = run(f"{instructions}\nmov.b64 {{%r0, %r1}}, %d0; st.global.u32 [%d15], %r0; st.global.u32 [%d15+4], %r1;",
                       threads=1, results=2)
        return words.reshape(-1).view(kind)[0]
    return run(f"{instructions}\nst.global.u32 [%d15], %r0;", threads=1)[0].view(kind)[0]


def bits(number, kind):
    """The immediate of a float."""
    return f"0{'F' if kind == 'f4' else 'D'}{int(np.array(number, kind).view('u' + kind[1])):0{2 * int(kind[1])}X}"
