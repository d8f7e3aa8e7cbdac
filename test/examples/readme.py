"""Runs the ```sh blocks of the README, one after the other, in a folder that looks like the repository after `make build`.

    readme.py SOURCE BUILD FOLDER

A line <!-- FILE --> before a block says that it shows that file, but for line breaks and spaces.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys


def words(text):
    return " ".join(text.split())


def main(source, build, folder):
    source, build, folder = (pathlib.Path(p).resolve() for p in (source, build, folder))
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "build" / "venv" / "bin").mkdir(parents=True)
    (folder / "examples").symlink_to(source / "examples")
    for name in "bin", "lib":
        (folder / "build" / name).symlink_to(build / name)
    python = folder / "build" / "venv" / "bin" / "python"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    # As `pip install .` puts it on the path.
    installed = folder / "build" / "venv" / "bin" / "qlinalg"
    installed.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m qlinalg "$@"\n')
    installed.chmod(0o755)

    readme = (source / "README.md").read_text()
    blocks = re.findall(r"^```sh\n(.*?)^```", readme, flags=re.M | re.S)
    path = f"{installed.parent}:{os.environ['PATH']}"
    subprocess.run(["sh", "-eux"], input="".join(blocks), text=True, cwd=folder, check=True, env=dict(os.environ, PATH=path))
    shown = re.findall(r"^<!-- (\S+) -->\n```\w+\n(.*?)^```", readme, flags=re.M | re.S)
    for file, text in shown:
        written = (folder / file).read_text()
        if words(text) != words(written):
            sys.exit(f"README.md: expected what {file} holds, got another text; it holds\n{written}")
    if not blocks or not shown:
        sys.exit("README.md: expected blocks to run and a file to compare, got none")


if __name__ == "__main__":
    main(*sys.argv[1:])
