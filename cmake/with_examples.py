"""Puts the file that each `Example: FILE.` of a page names in its place: a test, whose CHECK lines say what comes out.

    with_examples.py SOURCE PAGE
"""

import pathlib
import re
import sys


def example(source, file):
    text = (source / file).read_text().strip()
    return f"Example, which `{file}` runs:\n\n```mlir\n{text}\n```"


def main(source, page):
    source, page = pathlib.Path(source), pathlib.Path(page)
    page.write_text(re.sub(r"^Example: (\S+)\.$", lambda m: example(source, m[1]), page.read_text(), flags=re.M))


if __name__ == "__main__":
    main(*sys.argv[1:])
