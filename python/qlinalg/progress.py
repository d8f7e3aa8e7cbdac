"""Progress of long work on standard error: with rate and remaining time in a terminal, silent elsewhere."""

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn


class _Rate(TextColumn):
    def __init__(self):
        super().__init__("")

    def render(self, task):
        from rich.text import Text
        return Text(f"{task.speed:.1f}/s" if task.speed else "")


def track(items, what):
    """Iterates over `items`, showing `what`, how many are done, their rate and the remaining time."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), _Rate(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        yield from progress.track(items, description=what)


def working(what):
    """A context that shows that `what` goes on, and for how long."""
    console = Console(stderr=True)
    progress = Progress(SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn(), console=console, transient=True,
                        disable=not console.is_terminal)
    progress.add_task(what, total=None)
    return progress
