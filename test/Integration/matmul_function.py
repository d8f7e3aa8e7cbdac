"""The function of a configuration of matmul_configs.py in MLIR, and how its arrays lie."""

import numpy as np
from arithmetic import Scheme
from lowered import pack

from rows import pack_rows


def tensor(config, dims, element):
    """The type over `dims`: letters, '0' for a size of 1, or numbers."""
    sizes = ["?" if str(d) in config.dynamic else 1 if d == "0" else config.sizes.get(d, d) for d in dims]
    return f"tensor<{''.join(f'{n}x' for n in sizes)}{element}>"


def arrange(matrix, config, dims, sizes):
    """[rows, K] in the order of a map."""
    canonical = config.others(dims) + "k"
    shaped = matrix.reshape([sizes[d] for d in canonical])
    return shaped.transpose([canonical.index(d) for d in dims])


def as_stored(codes, scheme):
    """Codes as files hold them: below 8 bits rows of bytes."""
    if scheme.bits >= 8:
        return pack(codes, scheme.code_type) if scheme.integer else codes
    flat = pack_rows(codes.reshape(-1, codes.shape[-1]), scheme.bits)
    return flat.reshape(*codes.shape[:-1], flat.shape[1])


def params_dims(config, scheme, dims):
    """Letters, and for groups the number of those."""
    if scheme.granularity == "tensor":
        return []
    runs = [-(-config.sizes["k"] // scheme.group)] if scheme.group else []
    return [*config.others(dims), *runs]


class Function:
    """The text of a config's function; `inputs` and `parameters` name its arrays, in order, with their types."""

    def __init__(self, config):
        self.config, self.lines, self.globals, self.maps = config, [], [], []
        self.inputs, self.parameters = [], []
        weight = self._weight()
        rows = self._rows()
        sides = [weight, rows] if config.weight_is_lhs else [rows, weight]
        text = [self._side(*side) for side in sides]
        tail = self._spread("bias", config.bias) + (f" epilogue <{config.epilogue}>" if config.epilogue != "none" else "")
        tail += self._spread("times", config.multiplier)
        result = tensor(config, config.result_dims, config.result)
        init = self._init(result)
        self.maps.append(config.result_dims)
        attributes = f"indexing_maps = [{', '.join(map(self._map, self.maps))}]"
        if config.greatest:
            bound = config.sizes["k"] * config.greatest * 255
            attributes += f", accumulator = #qlinalg.accumulator<32, bound = {bound}>"
        self.lines.append(f"%y = qlinalg.matmul lhs({text[0]}) rhs({text[1]}){tail} outs({init} : {result}) "
                          f"{{{attributes}}} -> {result}")
        arguments = ", ".join(f"%{name}: {kind}" for name, kind, _ in self.inputs)
        body = "".join(f"  {line}\n" for line in self.lines)
        self.text = (f"{''.join(self.globals)}func.func @{config.name}({arguments}) -> {result} {{\n{body}"
                     f"  return %y : {result}\n}}\n")

    def _map(self, letters):
        return f"affine_map<({', '.join(self.config.loops)}) -> ({', '.join(letters)})>"

    def _value(self, name, dims, element, stored=False):
        """An argument, or a parameter."""
        kind = tensor(self.config, dims, element)
        if not stored:
            self.inputs.append((name, kind, element))
            return kind
        symbol = f'@"{self.config.name}.{name}"'
        self.globals.append(f"ml_program.global private {symbol}(#ml_program.extern : {kind}) : {kind}\n")
        self.lines.append(f"%{name} = ml_program.global_load_const {symbol} : {kind}")
        self.parameters.append((name, element))
        return kind

    def _codes(self, name, scheme, dims, stored):
        logical = tensor(self.config, dims, scheme.code_type)
        if scheme.bits >= 8:
            self._value(name, dims, scheme.code_type, stored)
            return f"%{name}", logical
        bytes = [*dims[:-1], -(-self.config.sizes[dims[-1]] * scheme.bits // 8)]
        packed = self._value(name, bytes, "i8", stored)
        self.lines.append(f"%{name}_codes = qlinalg.unpack %{name} <rows> : {packed} -> {logical}")
        return f"%{name}_codes", logical

    def _params(self, name, scheme, dims, stored):
        """{what: type} of scales and zero points."""
        found, shape = {}, params_dims(self.config, scheme, dims)
        if not scheme.downcast:
            found["scales"] = self._value(f"{name}_scales", shape, scheme.scales, stored)
        if scheme.affine:
            found["zero_points"] = self._value(f"{name}_zero_points", shape, scheme.zero_type, stored)
        return found

    def _params_map(self, scheme, dims):
        if scheme.granularity == "tensor":
            return []
        return [*self.config.others(dims), *([f"k floordiv {scheme.group}"] if scheme.group else [])]

    def _weight(self):
        config = self.config
        value, kind = self._codes("w", config.weight, config.weight_dims, config.stored)
        return "w", value, kind, config.weight, config.weight_dims, self._params(
            "w", config.weight, config.weight_dims, config.stored)

    def _rows(self):
        config = self.config
        if not isinstance(config.rows, Scheme):
            return "x", "%x", self._value("x", config.row_dims, config.rows), None, config.row_dims, {}
        if not config.quantized_from:
            value, kind = self._codes("x", config.rows, config.row_dims, False)
            params = self._constants() if config.constants else self._params("x", config.rows, config.row_dims, False)
            return "x", value, kind, config.rows, config.row_dims, params
        scheme, dims = config.rows, config.row_dims
        given = self._value("x", dims, config.quantized_from)
        if config.constants:
            codes, params = tensor(config, dims, "i8"), self._constants()
            self._quantize(given, codes, params)
            return "x", "%x_codes", codes, scheme, dims, params
        shape = params_dims(config, scheme, dims)
        params = {"scales": tensor(config, shape, scheme.scales)}
        if scheme.affine:
            params["zero_points"] = tensor(config, shape, "i8")
        codes, names = tensor(config, dims, "i8"), [f"%x_{what}" for what in params]
        self.lines.append(
            f"{', '.join(names)} = qlinalg.choose_params %x {scheme} by {self._by()} : {given} -> {', '.join(params.values())}")
        self._quantize(given, codes, params)
        return "x", "%x_codes", codes, scheme, dims, params

    def _constants(self):
        """{what: type} of the rows' constants."""
        scale, zero = self.config.constants
        self.lines.append(f"%x_scales = arith.constant dense<{scale!r}> : tensor<f32>")
        if not self.config.rows.affine:
            return {"scales": "tensor<f32>"}
        self.lines.append(f"%x_zero_points = arith.constant dense<{(zero + 128) % 256 - 128}> : tensor<i8>")
        return {"scales": "tensor<f32>", "zero_points": "tensor<i8>"}

    def _by(self):
        scheme, dims = self.config.rows, self.config.row_dims
        return f"affine_map<({', '.join(dims)}) -> ({', '.join(self._params_map(scheme, dims))})>"

    def _quantize(self, given, codes, params):
        types = " ".join(f"{what} {kind}" for what, kind in params.items())
        operands = " ".join(f"{what} %x_{what}" for what in params)
        self.lines.append(f"%x_codes = qlinalg.quantize %x {operands} {self.config.rows} by {self._by()} : "
                          f"{given} {types} -> {codes}")

    def _side(self, name, value, kind, scheme, dims, params):
        self.maps.append(dims)
        text = f"{value} : {kind}"
        for what, params_type in params.items():
            self.maps.append(self._params_map(scheme, dims))
            text += f" {what} %{name}_{what} : {params_type}"
        return text + (f" scheme {scheme}" if scheme else "")

    def _spread(self, name, dims):
        if not dims:
            return ""
        self.maps.append(dims)
        return f" {name}(%{name} : {self._value(name, dims, self.config.compute)})"

    def _init(self, kind):
        config = self.config
        if config.init:
            self._value("init", config.result_dims, config.result)
            return "%init"
        sizes = []
        for d in config.result_dims:
            if d in config.dynamic:
                value, dims = ("w", config.weight_dims) if d == "n" else ("x", config.row_dims)
                source = next(t for n, t, _ in self.inputs if n == value)
                self.lines += [f"%at_{d} = arith.constant {dims.index(d)} : index",
                               f"%size_{d} = tensor.dim %{value}, %at_{d} : {source}"]
                sizes.append(f"%size_{d}")
        self.lines += [f"%zero = arith.constant 0.0 : {config.result}", f"%empty = tensor.empty({', '.join(sizes)}) : {kind}",
                       f"%init = linalg.fill ins(%zero : {config.result}) outs(%empty : {kind}) -> {kind}"]
        return "%init"
