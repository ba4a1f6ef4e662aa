"""Runs the unit tests in a folder with Python's own unittest, and prints as JSON what came of each.

Usage: unittest_json.py PROGRAM TESTS
"""

from __future__ import annotations

import json
import sys
import unittest
from typing import Any


class Results(unittest.TestResult):
    def __init__(self) -> None:
        super().__init__()
        self.outcomes: dict[str, list[str]] = {}
        self.left_out: set[str] = set()

    def note(self, test: unittest.TestCase, what: str) -> None:
        self.outcomes.setdefault(test.id(), []).append(what)

    def startTest(self, test: unittest.TestCase) -> None:
        super().startTest(test)
        self.outcomes.setdefault(test.id(), [])

    def addError(self, test: unittest.TestCase, err: Any) -> None:
        super().addError(test, err)
        self.note(test, self.errors[-1][1])

    def addFailure(self, test: unittest.TestCase, err: Any) -> None:
        super().addFailure(test, err)
        self.note(test, self.failures[-1][1])

    def addSubTest(self, test: unittest.TestCase, subtest: unittest.TestCase, err: Any) -> None:
        super().addSubTest(test, subtest, err)
        if err is not None:
            self.note(test, (self.failures + self.errors)[-1][1])

    def addSkip(self, test: unittest.TestCase, reason: str) -> None:
        super().addSkip(test, reason)
        self.left_out.add(test.id())


def main() -> None:
    program, tests = sys.argv[1:]
    sys.path.insert(0, program)
    results = Results()
    unittest.defaultTestLoader.discover(tests).run(results)
    outcomes = results.outcomes.items()
    json.dump([{"name": n, "problems": p, "skipped": n in results.left_out} for n, p in outcomes], sys.stdout)


main()
