"""What is wrong with a program, or unknown to the simulator."""


class Error(Exception):
    """`line` is that of the PTX text, from 1; 0 where there is none."""

    def __init__(self, message, line=0):
        super().__init__(f"line {line}: {message}" if line else message)
        self.line = line
