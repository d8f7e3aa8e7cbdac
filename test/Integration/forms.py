"""Every form in which a contraction with a weight is written, by frontends or by hand.

Sizes are odd on purpose: K = 37, N = 19, M = 3. Letters: m n k as usual, b batch, e expert.
"""

from form import Form

SMALL = dict(a=4, c=5, h=3, d=7, p=2)


def named(op, out, maps="", loops="", left=False):
    """A named op on (activation, weight), or (weight, activation) where left; `out` are indices into their dims."""

    def build(b, x, w):
        a, c = (w, x) if left else (x, w)
        dims = [(a.dims + c.dims)[i] for i in out]
        return b.named(op, a, c, b.zeros(dims, x.element), loops, maps.split() if maps else ())

    return build


def contraction(sums, op="generic", left=False, flip=False, out_type="", prepare=lambda b, w: w, dims=None):
    """linalg.generic or linalg.contract as the einsum says, the weight first where left, after `prepare`."""

    def build(b, x, w):
        w = prepare(b, w)
        inputs, outs = sums.split("->")
        xs, ws = inputs.split(",")
        size = {**dict(zip(ws, w.dims)), **dict(zip(xs, x.dims))}
        loops = outs + "".join(c for c in xs if c not in outs)
        acc = b.zeros([size[c] for c in outs], out_type or x.element)
        a, c, maps = (w, x, [ws, xs, outs]) if left else (x, w, [xs, ws, outs])
        if op == "contract":
            return b.named("contract", a, c, acc, loops, maps)
        return b.generic(a, c, acc, loops, maps, flip)

    return build


def after(prepare, op="matmul", out=(0, -1)):
    """matmul of the activation with `prepare(b, weight, activation)`."""

    def build(b, x, w):
        w = prepare(b, w, x)
        return b.named(op, x, w, b.zeros([(x.dims + w.dims)[i] for i in out], x.element))

    return build


def linear(b, x, w, element="f32"):
    """x [m, k] times the transpose of w [n, k], accumulated in `element`."""
    w = b.transpose(w, [1, 0])
    return b.named("matmul", x, w, b.zeros([x.dims[0], w.dims[1]], element))


def with_init(b, x, w, init):
    return b.named("matmul", x, w, init)


def extended(b, x, w):
    """torch-mlir on half types: both operands extended, f32 matmul, result truncated."""
    out = linear(b, b.convert(x, "f32", "extf"), b.convert(w, "f32", "extf"))
    return b.convert(out, x.element, "truncf")


def broadcast_generic(b, w, x):
    return b.elementwise(w, "bkn", "kn", (x.dims[0], *w.dims))


def broadcast_collapsed(b, w, x):
    wide = b.elementwise(b.transpose(w, [1, 0]), "behk", "hk", (2, 3, 37, 19))
    return b.collapse(wide, [[0, 1], [2], [3]], (6, 37, 19))


def cast_to_dynamic(b, x, w):
    size = b.scalar("arith.constant 37 : index"), b.scalar("arith.constant 19 : index")
    return b.named("matmul", x, b.cast(w, size), b.zeros([3, 19], "f32"))


NAMED = [
    Form("matmul", "mk,kn->mn", named("matmul", (0, 3))),
    Form("matmul_left", "km,nk->nm", named("matmul", (0, 3), left=True)),
    Form("matmul_transposed_b", "mk,nk->mn", named("matmul", (0, 2), "mk nk mn", "mnk")),
    Form("matmul_transposed_a", "km,kn->mn", named("matmul", (1, 3), "km kn mn", "mnk")),
    Form("matmul_left_transposed", "km,kn->nm", named("matmul", (1, 3), "kn km nm", "nmk", left=True)),
    Form("matmul_left_both_transposed", "mk,kn->nm", named("matmul", (1, 2), "kn mk nm", "nmk", left=True)),
    Form("matmul_one_row", "mk,kn->mn", named("matmul", (0, 3)), dict(m=1)),
    Form("matmul_one_column", "mk,kn->mn", named("matmul", (0, 3)), dict(n=1)),
    Form("matmul_k1", "mk,kn->mn", named("matmul", (0, 3)), dict(k=1)),
    Form("matmul_k32", "mk,kn->mn", named("matmul", (0, 3)), dict(m=4, k=64, n=32)),
    Form("matmul_wide", "mk,nk->mn", named("matmul", (0, 2), "mk nk mn", "mnk"), dict(m=17, k=257, n=67)),
    Form("matmul_zero", "mk,kn->mn", named("matmul", (0, 3)), zero=True),
    Form("matmul_resource", "mk,kn->mn", named("matmul", (0, 3)), resource=True),
    Form("matmul_global", "mk,kn->mn", named("matmul", (0, 3)), as_global=True),
    Form("matmul_init", "mk,kn->mn", with_init, init=True),
    Form("matvec", "k,nk->n", named("matvec", (0,), left=True)),
    Form("vecmat", "k,kn->n", named("vecmat", (2,))),
    Form("batch_matmul_experts", "emk,ekn->emn", named("batch_matmul", (0, 1, 5))),
    Form("batch_matmul_left", "ekm,enk->enm", named("batch_matmul", (0, 1, 5), left=True)),
    Form("batch_matmul_transposed_b", "emk,enk->emn", named("batch_matmul", (0, 1, 4), "emk enk emn", "emnk")),
    Form("batch_matvec", "ek,enk->en", named("batch_matvec", (0, 1), left=True)),
    Form("batch_vecmat", "ek,ekn->en", named("batch_vecmat", (0, 4))),
    Form("batch_reduce_matmul", "bmk,bkn->mn", named("batch_reduce_matmul", (1, 5))),
    Form("batch_reduce_matmul_left", "bkm,bnk->nm", named("batch_reduce_matmul", (1, 5), left=True)),
]

EINSUMS = [
    Form(name, sums, contraction(sums, **how), SMALL)
    for name, sums, how in [
        ("contract", "mk,nk->mn", dict(op="contract")),
        ("contract_result_transposed", "mk,nk->nm", dict(op="contract")),
        ("contract_left", "mk,nk->mn", dict(op="contract", left=True)),
        ("contract_many", "bakc,nckp->bnap", dict(op="contract")),
        ("generic_nk", "mk,nk->mn", {}),
        ("generic_left", "mk,nk->mn", dict(left=True)),
        ("generic_flipped_body", "mk,kn->mn", dict(flip=True)),
        ("generic_result_transposed", "mk,kn->nm", {}),
        ("generic_3d", "bmk,kn->bmn", {}),
        ("generic_heads_out", "bmk,khd->bmhd", {}),
        ("generic_heads_in", "bmhd,hdn->bmn", {}),
        ("generic_heads_in_swapped", "bmhd,dhn->bmn", {}),
        ("generic_split_k", "cma,anc->mn", {}),
        ("generic_many", "bakc,nckp->bnap", dict(left=True)),
        ("generic_experts", "emk,enk->emn", {}),
        ("generic_experts_last", "emk,nke->emn", {}),
        ("generic_all_experts", "mk,ekn->emn", {}),
        ("generic_batch_vector", "ek,kne->ne", {}),
    ]
]

REACHED = [
    Form("linear", "mk,nk->mn", linear),
    Form("transposed_twice", "mk,kn->mn", after(lambda b, w, x: b.transpose(b.transpose(w, [1, 0]), [1, 0]))),
    Form("transposed_by_generic", "mk,nk->mn", after(lambda b, w, x: b.elementwise(w, "kn", "nk", (37, 19)))),
    Form("copied_by_generic", "mk,kn->mn", after(lambda b, w, x: b.elementwise(w, "kn", "kn", w.dims))),
    Form("broadcast", "bmk,kn->bmn", after(lambda b, w, x: b.broadcast(w, [0], (2, *w.dims)), "batch_matmul", (0, 1, 5))),
    Form("broadcast_generic", "bmk,kn->bmn", after(broadcast_generic, "batch_matmul", (0, 1, 5))),
    Form("transpose_broadcast", "bmk,nk->bmn", after(lambda b, w, x: broadcast_generic(b, b.transpose(w, [1, 0]), x),
                                                     "batch_matmul", (0, 1, 5))),
    Form("broadcast_collapsed", "bmk,nk->bmn", after(broadcast_collapsed, "batch_matmul", (0, 1, 5)), dict(b=6)),
    Form("experts_transposed", "emk,enk->emn", after(lambda b, w, x: b.transpose(w, [0, 2, 1]), "batch_matmul", (0, 1, 5))),
    Form("collapsed_n", "mk,khd->mhd", after(lambda b, w, x: b.collapse(w, [[0], [1, 2]], (37, 21))), SMALL,
         out_dims=(3, 21)),
    Form("collapsed_k", "mhd,hdn->mn", after(lambda b, w, x: b.collapse(w, [[0, 1], [2]], (21, 19))), SMALL,
         x_dims=(3, 21)),
    Form("collapsed_after_transpose", "mhd,nhd->mn",
         after(lambda b, w, x: b.collapse(b.transpose(w, [1, 2, 0]), [[0, 1], [2]], (21, 19))), SMALL, x_dims=(3, 21)),
    Form("collapsed_interleaved", "mhd,hnd->mn",
         after(lambda b, w, x: b.collapse(b.transpose(w, [0, 2, 1]), [[0, 1], [2]], (21, 19))), SMALL, x_dims=(3, 21)),
    Form("expanded_k", "mk,nk->mn", contraction("mhd,nhd->mn", prepare=lambda b, w: b.expand(w, [[0], [1, 2]], (19, 3, 7))),
         dict(k=21), x_dims=(3, 3, 7)),
    Form("expanded_n", "mk,nk->mn", contraction("mk,hdk->mhd", prepare=lambda b, w: b.expand(w, [[0, 1], [2]], (3, 7, 37))),
         dict(n=21), out_dims=(3, 3, 7)),
    Form("cast_to_dynamic", "mk,kn->mn", cast_to_dynamic),
]

HALF, BRAIN = ("f16",) * 3, ("bf16",) * 3
TYPED = [
    Form("extended_f16", "mk,nk->mn", extended, types=HALF),
    Form("extended_bf16", "mk,nk->mn", extended, types=BRAIN),
    Form("bf16_to_f32", "mk,nk->mn", linear, types=("bf16", "bf16", "f32")),
    Form("f16_to_f32", "mk,nk->mn", linear, types=("f16", "f16", "f32")),
    Form("bf16_throughout", "mk,kn->mn", named("matmul", (0, 3)), types=BRAIN),
    Form("f16_throughout", "mk,kn->mn", named("matmul", (0, 3)), types=HALF),
    Form("bf16_generic", "mk,nk->mn", contraction("mk,nk->mn", out_type="f32"), types=("bf16", "bf16", "f32")),
    Form("f32_with_bf16_weight", "mk,nk->mn", lambda b, x, w: linear(b, x, b.convert(w, "f32", "extf")),
         types=("f32", "bf16", "f32")),
    Form("extended_after_transpose", "mk,nk->mn", after(lambda b, w, x: b.convert(b.transpose(w, [1, 0]), "f32", "extf")),
         types=("f32", "f16", "f32")),
    # The weight's values are bf16 numbers, so that truncating them changes nothing.
    Form("truncated_weight", "mk,nk->mn", lambda b, x, w: linear(b, x, b.convert(w, "bf16", "truncf")),
         types=("bf16", "f32", "f32"), exact_in="bf16"),
    Form("f64_throughout", "mk,kn->mn", named("matmul", (0, 3)), types=("f64", "f64", "f64")),
]

DYNAMIC = [
    Form("dynamic_rows", "mk,kn->mn", named("matmul", (0, 3)), dynamic="m"),
    Form("dynamic_rows_linear", "mk,nk->mn", linear, dynamic="m"),
    Form("dynamic_columns_left", "km,nk->nm", named("matmul", (0, 3), left=True), dynamic="m"),
    Form("dynamic_batch_and_rows", "bmk,kn->bmn", after(broadcast_generic, "batch_matmul", (0, 1, 5)), dynamic="bm"),
    Form("dynamic_generic", "bmk,khd->bmhd", contraction("bmk,khd->bmhd"), SMALL, dynamic="bm"),
    Form("dynamic_experts", "emk,ekn->emn", named("batch_matmul", (0, 1, 5)), dynamic="m"),
]

FORMS = NAMED + EINSUMS + REACHED + TYPED + DYNAMIC
# The forms on which every scheme is tried: K last, K first, experts, several K and N that interleave.
CORE = [f for f in FORMS if f.name in ("linear", "matmul", "batch_matmul_experts", "generic_many")]
