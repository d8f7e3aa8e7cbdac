"""What goes wrong, as exceptions."""

import re

_PLACE = re.compile(r"^(?P<file>.+?):(?P<line>\d+):(?P<column>\d+): error: (?P<text>.*)", re.DOTALL)


class Error(ValueError):
    """Something that was given is wrong: a module, a file, an option, an array.

    `message` is one line, lower case, with what was expected and what was found; `location` is (file, line, column) in the module where
    the error is known to be, else None; `lines` is everything that was said, notes too.
    """

    def __init__(self, lines: str):
        super().__init__(lines)
        place = _PLACE.match(lines)
        self.lines = lines
        self.message = (place["text"] if place else lines.removeprefix("error: ")).split("\n")[0]
        self.location = (place["file"], int(place["line"]), int(place["column"])) if place else None


class DtypeError(Error, TypeError):
    """An array's elements are of another type than the program takes."""
