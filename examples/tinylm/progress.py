"""A progress bar on a terminal, plain lines elsewhere."""

import time

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn


class Steps:
    """`total` is in any unit of work; printing through the console goes above the bar."""

    def __init__(self, console: Console, total: float):
        self.console = console
        self.total = total
        self.done = 0.0
        self.start = time.monotonic()
        self.bar = None
        if console.is_terminal:
            self.bar = Progress(TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:3.0f} %"),
                                TimeElapsedColumn(), TimeRemainingColumn(), console=console, transient=True)
            self.task = self.bar.add_task("", total=total)

    def __enter__(self):
        if self.bar:
            self.bar.start()
        return self

    def __exit__(self, *_):
        if self.bar:
            self.bar.stop()

    def begin(self, what: str) -> None:
        if self.bar:
            self.bar.update(self.task, description=what)
        else:
            self.console.print(f"[{100 * self.done / self.total:3.0f} %, "
                               f"{time.monotonic() - self.start:3.0f} s] {what}", markup=False)

    def advance(self, amount: float = 1) -> None:
        self.done += amount
        if self.bar:
            self.bar.advance(self.task, amount)
