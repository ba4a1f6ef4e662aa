"""A registry in a folder of its own, to which plans are applied."""

import json
import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../rig/fakes/stalwart"))

from plan import Plan
from registry import Registry


def line(kind, name, value, match_on=None):
    return json.dumps({"@type": kind, "object": name, "value": value, **({"matchOn": match_on} if match_on else {})})


class Store(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.actions = []
        self.open()

    def open(self):
        self.registry = Registry(f"{self.folder}/settings.json")

    def apply(self, *lines):
        return Plan(self.registry, self.actions.append).apply("\n".join(lines))

    def values(self, kind):
        return list(self.registry.get(kind).values())
