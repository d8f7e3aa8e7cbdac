"""README's five lines run where nothing but the wheel and what it asks for is installed; the commands of its table run."""

import importlib.metadata
import os
import re
import shlex
import shutil
import subprocess
import sys

import numpy as np
import pytest

import qlinalg
import qlinalg.cli
from conftest import REPOSITORY
from packaging.requirements import Requirement

README = (REPOSITORY / "README.md").read_text()
BUILD = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(qlinalg._native.__file__))))


def requirements(name, extras=frozenset()):
    """The distributions that `name` needs, those of its needs too."""
    found = {name}
    for text in importlib.metadata.requires(name) or []:
        requirement = Requirement(text)
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            found |= requirements(requirement.name)
    return found


def copy_distribution(name, target):
    """What a distribution installed, from this interpreter to the folder `target`."""
    for file in importlib.metadata.distribution(name).files:
        if ".." not in file.parts:
            destination = target / file
            destination.parent.mkdir(parents=True, exist_ok=True)
            os.symlink(file.locate(), destination)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Of what the build compiled."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", str(REPOSITORY), "--no-deps", "--no-build-isolation", "--no-index", "-q", "-w", str(folder),
               "-C", f"build-dir={folder}/build", "-C", f"cmake.define.QLINALG_PREBUILT={BUILD}"]
    subprocess.run(command, check=True, capture_output=True)
    (path,) = folder.glob("*.whl")
    return path


def test_five_lines_in_an_empty_venv(wheel, tmp_path):
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True)
    python = tmp_path / "venv" / "bin" / "python"
    subprocess.run([sys.executable, "-m", "pip", "--python", python, "install", "-q", "--no-deps", "--no-index", wheel], check=True)
    (site,) = (tmp_path / "venv").glob("lib/python3*/site-packages")
    needs = [Requirement(line.split(": ", 1)[1]).name for line in next(site.glob("qlinalg-*.dist-info/METADATA")).read_text().split("\n\n")[0].splitlines()
             if line.startswith("Requires-Dist") and "extra ==" not in line]
    assert sorted(needs) == ["click", "numpy", "rich"]
    for name in set().union(*map(requirements, needs)):
        copy_distribution(name, site)
    os.symlink(REPOSITORY / "examples", tmp_path / "examples")
    lines = re.search(r"<!-- five lines -->\n```python\n(.*?)```", README, re.S)[1]
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run([python, "-c", lines], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "QLinear(in_features=8, out_features=3, bias=False, weights=int8 channel, activations=int8 tensor" in done.stdout
    # The console script, and the folder that the lines saved.
    done = subprocess.run([tmp_path / "venv" / "bin" / "qlinalg", "report", "linear.int8"], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0 and "int8 channel" in done.stdout, done.stderr
    assert (site / "qlinalg" / "_native.pyi").exists() and (site / "qlinalg" / "py.typed").exists()


def test_commands_of_the_table(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    os.symlink(REPOSITORY / "examples", "examples")
    np.save("x.npy", np.eye(2, 8, dtype=np.float32))
    rows = re.search(r"<!-- quanto -->\n(.*?)\n\n", README, re.S)[1].splitlines()[2:]
    commands = [row.split("|")[3].strip().strip("`") for row in rows]
    assert len(commands) >= 10
    for command in commands:
        words = shlex.split(command)
        if words[0] == "qlinalg":
            with pytest.raises(SystemExit) as ended:
                qlinalg.cli.app(words[1:], prog_name="qlinalg")
            assert ended.value.code == 0, command + capsys.readouterr().err
        elif words[0] == "python":
            # Run by test_examples.py.
            assert (REPOSITORY / words[1]).exists(), command
        elif words[0] in ("quant-run", "quant-compile"):
            subprocess.run([shutil.which(words[0], path=f"{BUILD}/bin"), *words[1:]], check=True, capture_output=True)
        else:
            anchor = re.search(r"\]\(#(.*?)\)", command)[1]
            assert anchor in [re.sub(r"[^a-z0-9 -]", "", title.lower()).replace(" ", "-") for title in re.findall(r"^## (.*)", README, re.M)]
