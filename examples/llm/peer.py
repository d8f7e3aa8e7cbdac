"""llama.cpp as a process that answers lines: what demo.py compares with. Run by the interpreter that has llama-cpp-python.

    python peer.py FILE.gguf THREADS

Lines in, lines of JSON out: `tokens JSON` evaluates a list of tokens from nothing and gives seconds (wall and processor) and the next token;
`step TOKEN` goes on by one; `loss JSON` gives the sum of negative log likelihoods of tokens 1.. of a list.
"""

import json
import sys
import time

import llama_cpp
import numpy as np


def main(path, threads):
    model = llama_cpp.Llama(path, n_threads=threads, n_threads_batch=threads, n_ctx=1024, logits_all=False, verbose=False)
    judge = None
    print(json.dumps({"version": llama_cpp.__version__}), flush=True)
    for line in sys.stdin:
        word, argument = line.split(" ", 1)
        argument = json.loads(argument)
        wall, own = time.perf_counter(), time.process_time()
        if word == "loss":
            judge = judge or llama_cpp.Llama(path, n_threads=threads, n_ctx=1024, logits_all=True, verbose=False)
            judge.reset()
            judge.eval(argument)
            logits = judge.scores[: len(argument) - 1].astype(np.float64)
            logits -= logits.max(axis=-1, keepdims=True)
            shares = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
            print(json.dumps({"loss": -float(shares[np.arange(len(argument) - 1), argument[1:]].sum())}), flush=True)
            continue
        if word == "tokens":
            model.reset()
        model.eval(argument if word == "tokens" else [argument])
        token = int(np.ctypeslib.as_array(llama_cpp.llama_get_logits(model.ctx), (model.n_vocab(),)).argmax())
        print(json.dumps({"wall": time.perf_counter() - wall, "own": time.process_time() - own, "token": token}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
