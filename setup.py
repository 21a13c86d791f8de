"""Puts the parse table, which Lark makes of the grammar, into what is built."""

import os.path
import sys

from setuptools import setup
from setuptools.command.build_py import build_py

ROOT = os.path.dirname(os.path.abspath(__file__))


class BuildWithTable(build_py):
    """Builds the packages, and the table beside the module that reads it."""

    def run(self) -> None:
        super().run()
        if self.editable_mode:
            return
        sys.path.insert(0, ROOT)
        from dana.parse_table import build, encoded

        with open(os.path.join(ROOT, "grammar", "dana.lark"), encoding="utf-8") as file:
            grammar = file.read()
        with open(os.path.join(self.build_lib, "dana", "parse_table.marshal"), "wb") as file:
            file.write(encoded(build(grammar), grammar))


setup(cmdclass={"build_py": BuildWithTable})
