"""Writes pictures where a folder is given and matplotlib is installed."""

import pathlib
import sys


def draw(name, *arguments, file, **options):
    """`qlinalg.pictures.NAME(*arguments, FOLDER/file)`."""
    if len(sys.argv) < 2:
        return
    try:
        from qlinalg import pictures
    except ImportError:
        sys.exit("error: expected matplotlib for pictures: pip install 'qlinalg[pictures]'")
    path = pathlib.Path(sys.argv[1], file)
    getattr(pictures, name)(*arguments, path, **options)
    print(f"wrote {path}")
