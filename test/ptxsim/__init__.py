"""A simulator of the PTX that this project emits: `Device().launch(parse(text), "kernel", grid, block, arguments)`.

All threads of a launch advance together, as NumPy vectors, so that small problems cost milliseconds. Beside the results it
says what a GPU would not: accesses out of bounds, misaligned or of memory never written, races between barriers (each
an Error with the line of the PTX), bank conflicts and 32-byte sectors (counted, see Counters).
"""

from .device import Device
from .errors import Error
from .parse import parse

__all__ = ["Device", "Error", "parse"]
