"""Runs every test of a build and counts: ctest, lit, lit with the round trip, the NumPy reference's own tests, the package's.

    python test/check.py BUILD

The last line, "N passed, N failed", counts single tests of all runners; those that this machine cannot run are
in neither number, lit lists them. Exit code 0 when all passed, 1 otherwise.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import xml.etree.ElementTree as xml

HERE = pathlib.Path(__file__).resolve().parent


def count_junit(path):
    """(passed, failed) of a JUnit file."""
    cases = list(xml.parse(path).getroot().iter("testcase"))
    failed = sum(any(c.find(tag) is not None for tag in ("failure", "error")) for c in cases)
    skipped = sum(c.find("skipped") is not None for c in cases)
    return len(cases) - failed - skipped, failed


def run_ctest(tests, results):
    """Each program of GoogleTest writes what its cases did; one that died before that is one failed test."""
    folder = results / "gtest"
    status = subprocess.run(
        ["ctest", "--test-dir", tests, "--output-on-failure", "--output-junit", results / "ctest.xml", "--no-tests=error"],
        env=dict(os.environ, GTEST_OUTPUT=f"xml:{folder}/"),
    ).returncode
    passed, failed = (sum(n) for n in zip((0, 0), *map(count_junit, folder.glob("*.xml"))))
    return passed, failed, status


def run_lit(tests, results, name, **environment):
    report = results / f"{name}.json"
    lit = [sys.executable, "-c", "from lit.main import main; main()"]
    options = ["-sv", "--no-progress-bar", "--show-unsupported", "-o", report]
    status = subprocess.run([*lit, *options, tests], env=dict(os.environ, **environment)).returncode
    codes = [test["code"] for test in json.loads(report.read_text())["tests"]] if report.exists() else []
    passed = sum(code in ("PASS", "XFAIL", "FLAKYPASS") for code in codes)
    left_out = sum(code in ("UNSUPPORTED", "EXCLUDED", "SKIPPED") for code in codes)
    return passed, len(codes) - passed - left_out, status


def run_pytest(folder, report, **environment):
    status = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", f"--junitxml={report}", folder],
        env=dict(os.environ, **environment),
    ).returncode
    return *(count_junit(report) if report.exists() else (0, 0)), status


def main(build):
    tests = pathlib.Path(build).resolve() / "test"
    summary, results = tests / "summary.txt", tests / "results"
    summary.unlink(missing_ok=True)
    shutil.rmtree(results, ignore_errors=True)
    results.mkdir(parents=True)
    total_passed = total_failed = 0
    lines = []
    package = pathlib.Path(build).resolve() / "python"
    # No module under the sanitizers, or without nanobind.
    python = {"python": lambda: run_pytest(HERE.parent / "python" / "tests", results / "python.xml", PYTHONPATH=str(package))}
    for name, runner in {
        "ctest": lambda: run_ctest(tests, results),
        "reference": lambda: run_pytest(HERE / "reference", results / "reference.xml"),
        "lit": lambda: run_lit(tests, results, "lit"),
        "lit, round trip": lambda: run_lit(tests, results, "roundtrip", QLINALG_ROUNDTRIP="1"),
        **(python if list(package.glob("qlinalg/_native*")) else {}),
    }.items():
        print(f"== {name}", flush=True)
        passed, failed, status = runner()
        # A runner that fails without a failed test, or that finds none, did not run them all.
        failed += not failed and (status != 0 or not passed)
        lines.append(f"{name}: {passed} passed, {failed} failed")
        total_passed, total_failed = total_passed + passed, total_failed + failed
    last = f"{total_passed} passed, {total_failed} failed"
    summary.write_text(last + "\n")
    print("\n".join(["==", *lines, last]), flush=True)
    return 1 if total_failed or not total_passed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
