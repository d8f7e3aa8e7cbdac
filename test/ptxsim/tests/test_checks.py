"""What a GPU would not tell: each mistake is an Error that says what is wrong, and what is right passes."""

import numpy as np
import pytest
from kernel import run

import ptxsim

TILE = ".shared .align 16 .b8 tile[4096];\n"
ADDRESS = "mov.u32 %r20, tile; shl.b32 %r21, %r60, 2; add.u32 %r20, %r20, %r21;"  # of the thread's word
NEXT = "xor.b32 %r22, %r21, 128; mov.u32 %r23, tile; add.u32 %r22, %r22, %r23;"  # of a thread of the other warp
STORE = "st.global.u32 [%d15], %r0;"


def fails(body, message, **options):
    with pytest.raises(ptxsim.Error, match=message):
        run(body, variables=TILE, **options)


def passes(body, **options):
    return run(body, variables=TILE, **options)


def test_unknown():
    fails("frobnicate.u32 %r0, %r1;", "'frobnicate.u32' is unknown")
    fails("add.weird.u32 %r0, %r1, %r2;", "'add.weird.u32' is unknown")
    fails("mov.u32 %r0, nothing;", "'nothing' is unknown")


def test_global_memory():
    fails("ld.global.u32 %r0, [%d13+4];", "out of bounds")
    fails("ld.global.u32 %r0, [%d13+-4];", "out of bounds")
    fails("ld.global.u32 %r0, [%d13+2];", "multiple of 4")
    fails("ld.global.v4.u32 {%r0, %r1, %r2, %r3}, [%d13+8];", "multiple of 16", data=np.zeros(64, "u4"))
    fails("ld.global.u32 %r0, [%d15];", "never written")
    fails("st.global.u32 [%d13], %r60;", "in one instruction")
    # Each thread writes its word, the next block reads it.
    fails(STORE + "add.u64 %d1, %d15, 128; setp.eq.u32 %p1, %r61, 1; @%p1 add.u64 %d1, %d1, -256; ld.global.u32 %r0, [%d1];",
          "without a barrier", blocks=2)


def test_shared_memory():
    fails(ADDRESS + "ld.shared.u32 %r0, [%r20];", "never written")
    fails(ADDRESS + "st.shared.u32 [%r20+4096], %r60;", "out of the block's 4096 bytes")
    fails(ADDRESS + "st.shared.v2.u32 [%r20], {%r60, %r60};", "multiple of 8")


def test_races():
    write, read = ADDRESS + NEXT + "st.shared.u32 [%r20], %r60;", "ld.shared.u32 %r0, [%r22];" + STORE
    fails(write + read, "without a barrier", threads=64)
    got, _ = passes(write + "bar.sync 0;" + read, threads=64)
    assert np.array_equal(got, np.arange(64) ^ 32)
    # The next round's write comes too early.
    fails(write + "bar.sync 0;" + read + "st.shared.u32 [%r20], %r0;", "without a barrier", threads=64)
    passes(write + "bar.sync 0;" + read + "bar.sync 0; st.shared.u32 [%r20], %r0;", threads=64)
    # Lanes of one warp need bar.warp.sync.
    near = ADDRESS + "st.shared.u32 [%r20], %r60;" + "{}" + "xor.b32 %r22, %r20, 4; ld.shared.u32 %r0, [%r22];" + STORE
    fails(near.format(""), "without a barrier")
    assert np.array_equal(passes(near.format("bar.warp.sync -1;"))[0], np.arange(32) ^ 1)


def test_divergence():
    fails("setp.lt.u32 %p1, %r60, 7; @%p1 bra $L1; shfl.sync.bfly.b32 %r0, %r60, 1, 31, -1; $L1:", "member mask")
    # Both ways meet again, the threads of one warp with the others.
    got, _ = passes("""setp.lt.u32 %p1, %r60, 7; @%p1 bra $L1; mov.u32 %r1, 1; bra.uni $L2; $L1: mov.u32 %r1, 2;
        $L2: shfl.sync.idx.b32 %r0, %r1, 0, 31, -1; add.u32 %r0, %r0, %r1; st.global.u32 [%d15], %r0;""")
    assert np.array_equal(got, np.where(np.arange(32) < 7, 4, 3))
    # A loop whose count is the thread's: all leave in the end.
    got, _ = passes("mov.u32 %r0, 0; $L1: add.u32 %r0, %r0, 1; setp.lt.u32 %p1, %r0, %r60; @%p1 bra $L1;" + STORE, threads=48)
    assert np.array_equal(got, np.maximum(np.arange(48), 1))
    # Half of the warps wait, the others have left.
    passes("setp.lt.u32 %p1, %r60, 32; @%p1 bra $L1; bar.sync 0; $L1: mov.u32 %r0, 0;" + STORE, threads=64)


def test_asynchronous_copies():
    data = np.arange(128, dtype=np.uint32)
    start = ADDRESS + "shl.b32 %r21, %r60, 4; mov.u32 %r20, tile; add.u32 %r20, %r20, %r21; cvt.u64.u32 %d1, %r21; add.u64 %d1, %d1, %d13;"
    copy = "cp.async.cg.shared.global [%r20], [%d1], 16; cp.async.commit_group;"
    read = "ld.shared.v4.u32 {%r0, %r1, %r2, %r3}, [%r20];" + STORE
    fails(start + copy + read, "not waited for", data=data)
    fails(start + copy + "cp.async.wait_group 1;" + read, "not waited for", data=data)
    got, _ = passes(start + copy + "cp.async.wait_group 0;" + read, data=data)
    assert np.array_equal(got, 4 * np.arange(32))
    # One of two groups: the older one.
    second = "add.u32 %r24, %r20, 1024; cp.async.cg.shared.global [%r24], [%d1], 16; cp.async.commit_group;"
    passes(start + copy + second + "cp.async.wait_group 1;" + read, data=data)
    # 4 of 16 bytes: the others become 0.
    part = copy.replace("[%d1], 16", "[%d1], 16, 4") + "cp.async.wait_all;" + read.replace("{%r0, %r1", "{%r1, %r0")
    assert not passes(start + part, data=data)[0].any()
    # What another thread copied is there after a barrier.
    other = "bar.sync 0; xor.b32 %r20, %r20, 512; ld.shared.v4.u32 {%r0, %r1, %r2, %r3}, [%r20];" + STORE
    big = np.arange(256, dtype=np.uint32)
    fails(start + copy + "cp.async.wait_group 0;" + other.replace("bar.sync 0;", ""), "without a barrier", data=big, threads=64)
    got, _ = passes(start + copy + "cp.async.wait_group 0;" + other, data=big, threads=64)
    assert np.array_equal(got, 4 * (np.arange(64) ^ 32))


@pytest.mark.parametrize("stride, turns", [(4, 1), (8, 2), (128, 32), (132, 1), (0, 1)])
def test_bank_conflicts(stride, turns):
    address = f"mov.u32 %r20, tile; mul.lo.u32 %r21, %r60, {stride}; add.u32 %r20, %r20, %r21;"
    write = "setp.eq.u32 %p1, %r60, 0; @%p1 st.shared.u32 [%r20], 1;" if stride == 0 else "st.shared.u32 [%r20], 1;"
    _, counters = run(address + write + "bar.warp.sync -1; ld.shared.u32 %r0, [%r20];" + STORE,
                      variables=".shared .align 16 .b8 tile[8192];\n")
    # The store and the load have as many.
    assert sum(counters.conflicts.values()) == (turns - 1) * 2


@pytest.mark.parametrize("stride, sectors", [(4, 4), (16, 16), (32, 32), (64, 32)])
def test_sectors(stride, sectors):
    text = f"mul.wide.u32 %d1, %r60, {stride}; add.u64 %d1, %d1, %d13; ld.global.u32 %r0, [%d1];\n" + STORE
    _, counters = run(text, data=np.zeros(1024, "u4"))
    assert sorted(counters.sectors.values()) == sorted([4, sectors])
    assert list(counters.ideal_sectors.values()) == [4, 4]
