"""What pyproject.toml cannot say: the parse table is made when Dana is built, not when it first runs."""

import compileall
import os
import sys

from setuptools import setup
from setuptools.command.build_py import build_py

HERE = os.path.dirname(os.path.abspath(__file__))


class BuildWithTable(build_py):
    """Adds dana/parse_table.marshal, to the wheel or, for an editable install, to the checkout."""

    def run(self) -> None:
        super().run()
        sys.path.insert(0, HERE)
        from dana.parse_table import build, encoded

        with open(os.path.join(HERE, "grammar", "dana.lark"), encoding="utf-8") as file:
            grammar = file.read()
        home = HERE if self.editable_mode else self.build_lib
        with open(os.path.join(home, "dana", "parse_table.marshal"), "wb") as table:
            table.write(encoded(build(grammar), grammar))
        if self.editable_mode:  # as pip does for what it copies; not every system lets Python do it later
            for folder in ("dana", "grammar", "stdlib"):
                compileall.compile_dir(os.path.join(HERE, folder), quiet=1)


setup(cmdclass={"build_py": BuildWithTable})
