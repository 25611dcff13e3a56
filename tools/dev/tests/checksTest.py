# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Tests of the check scripts: each runs on a small repository made for the case."""
import pathlib
import re
import subprocess
import tempfile
import unittest

SCRIPTS = pathlib.Path(__file__).resolve().parents[1]
LICENCE = "SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception"


class Repository:
    """A temporary git repository with the given files."""

    def __init__(self, files):
        self.folder = tempfile.TemporaryDirectory()
        self.root = pathlib.Path(self.folder.name)
        subprocess.run(["git", "init", "-q", str(self.root)], check=True)
        for path, text in files.items():
            (self.root / path).parent.mkdir(parents=True, exist_ok=True)
            (self.root / path).write_text(text)

    def __del__(self):
        self.folder.cleanup()

    def run(self, script, *arguments):
        result = subprocess.run([SCRIPTS / script, "--root", str(self.root), *arguments], capture_output=True, text=True)
        return result.returncode, result.stdout + result.stderr


class CheckRooms(unittest.TestCase):
    def check(self, includes, other=()):
        """Runs the check on one repository with the given (file, include) pairs, each on its line 2."""
        files = {path: f"// first\n#include {include}\n" for path, include in includes}
        self.assertEqual(len(files), len(includes))
        return Repository({**files, **{path: "" for path in other}}).run("check-rooms")

    def testAllowsEveryDirectionOfTheTable(self):
        code, output = self.check([
            ("dialects/neuro/A1.cpp", '"dialects/step/StepDialect.h"'),
            ("dialects/neuro/A2.cpp", '"mlir/IR/Builders.h"'),
            ("compiler/conversion/A3.cpp", '"dialects/step/StepDialect.h"'),
            ("compiler/conversion/A4.cpp", '"runtime/program/Program.h"'),
            ("compiler/conversion/A5.cpp", '"runtime/support/Random.h"'),
            ("targets/cpu/codegen/A6.cpp", '"compiler/target/Target.h"'),
            ("targets/cpu/codegen/A7.cpp", '"llvm/IR/Module.h"'),
            ("targets/cpu/device/A8.cpp", '"runtime/device/Device.h"'),
            ("targets/golgi/emulator/A9.cpp", '"targets/golgi/model/Chip.h"'),
            ("runtime/session/A10.h", '"runtime/device/Device.h"'),
            ("runtime/session/A11.h", "<vector>"),
            ("tools/nissl/A12.cpp", '"targets/golgi/mapping/Place.h"'),
            ("tests/unit/A13.cpp", '"tools/nissl/Verbs.h"'),
        ])
        self.assertEqual(code, 0, output)

    def testRefusesEveryOtherDirection(self):
        cases = [
            ("dialects/neuro/A14.cpp", '"compiler/transforms/Passes.h"', "dialects/ may include only dialects/"),
            ("dialects/neuro/A15.cpp", '"runtime/support/Random.h"', "dialects/ may include only dialects/"),
            ("compiler/import/A16.cpp", '"targets/cpu/CpuTarget.h"', "compiler/ may include only"),
            ("compiler/import/A17.cpp", '"runtime/session/Session.h"', "compiler/ may include only"),
            ("compiler/import/A18.cpp", '"runtime/device/Device.h"', "compiler/ may include only"),
            ("targets/cpu/codegen/A19.cpp", '"tools/nissl/Verbs.h"', "targets/ may include only"),
            ("runtime/session/A20.cpp", '"targets/cpu/device/CpuDevice.h"', "runtime/ may include only runtime/"),
            ("runtime/session/A21.cpp", '"dialects/step/StepDialect.h"', "runtime/ may include only runtime/"),
            ("runtime/session/A22.cpp", '"mlir/IR/Builders.h"', "no mlir/ or llvm/ header"),
            ("runtime/session/A23.cpp", "<llvm/ADT/StringRef.h>", "no mlir/ or llvm/ header"),
            ("targets/golgi/model/A24.h", '"llvm/ADT/StringRef.h"', "no mlir/ or llvm/ header"),
            ("targets/golgi/emulator/A25.cpp", '"mlir/IR/Builders.h"', "no mlir/ or llvm/ header"),
            ("targets/golgi/emulator/A26.cpp", '"targets/golgi/codegen/Emit.h"', "that header's room is not"),
            ("targets/cpu/device/A27.cpp", '"compiler/target/Target.h"', "that header's room is not"),
        ]
        code, output = self.check([(path, include) for path, include, _ in cases])
        self.assertEqual(code, 1)
        for path, include, reason in cases:
            with self.subTest(path=path, include=include):
                self.assertRegex(output, re.escape(f"{path}:2: error: includes '{include[1:-1]}'") + ".*" + re.escape(reason))
        self.assertIn(f"check-rooms: {len(cases)} includes", output)

    def testRefusesAPathFromTheOwnFolder(self):
        code, output = self.check([("runtime/session/A.cpp", '"B.h"')], other=["runtime/session/B.h"])
        self.assertEqual(code, 1)
        self.assertIn("expected the path from the repository root", output)


class CheckLicence(unittest.TestCase):
    def testFindsAndFixesMissingLines(self):
        repository = Repository({"a.cpp": "int a;\n", "b.cpp": f"// {LICENCE}\nint b;\n",
                                 "run": "#!/bin/sh\ntrue\n", "notes.txt": "none needed\n"})
        code, output = repository.run("check-licence")
        self.assertEqual(code, 1)
        self.assertIn("a.cpp:1: error", output)
        self.assertIn("run:1: error", output)
        self.assertNotIn("b.cpp", output)
        self.assertNotIn("notes.txt", output)
        repository.run("check-licence", "--fix")
        self.assertEqual((repository.root / "a.cpp").read_text(), f"// {LICENCE}\nint a;\n")
        self.assertEqual((repository.root / "run").read_text(), f"#!/bin/sh\n# {LICENCE}\ntrue\n")
        self.assertEqual(repository.run("check-licence")[0], 0)


class CheckLength(unittest.TestCase):
    def testRefusesLongFilesWithoutAReason(self):
        self.assertEqual(Repository({"a.cpp": "\n" * 500}).run("check-length")[0], 0)
        code, output = Repository({"a.cpp": "\n" * 501}).run("check-length")
        self.assertEqual(code, 1)
        self.assertIn("a.cpp: error: 501 lines", output)

    def testAcceptsAReasonWhileItIsNeeded(self):
        listed = {"tools/dev/long-files.txt": "a.cpp   one table\n"}
        self.assertEqual(Repository({"a.cpp": "\n" * 501, **listed}).run("check-length")[0], 0)
        code, output = Repository({"a.cpp": "\n" * 20, **listed}).run("check-length")
        self.assertEqual(code, 1)
        self.assertIn("remove its entry", output)
        code, output = Repository({"a.cpp": "\n" * 501, "tools/dev/long-files.txt": "a.cpp\n"}).run("check-length")
        self.assertEqual(code, 1)
        self.assertIn("has no reason", output)


class CheckMutants(unittest.TestCase):
    def testRefusesATextThatIsNotThereOnce(self):
        files = {
            "tests/mutants/a.mutants": "build: a\n@ a.cpp\n- one\n+ two\n- twice\n+ never\n- gone\n+ back\n@ b.cpp\n- b\n+ c\n",
            "a.cpp": "one twice twice\n",
        }
        code, output = Repository(files).run("check-mutants")
        self.assertEqual(code, 1, output)
        self.assertIn("a.cpp holds 'twice' 2 times", output)
        self.assertIn("a.cpp holds 'gone' 0 times", output)
        self.assertIn("b.cpp holds 'b' 0 times", output)
        self.assertIn("1 lists, 3 errors", output)


class CheckExamples(unittest.TestCase):
    """With a tool that accepts exactly what has no 'bad' in it and names the line, as nissl-opt would."""

    TOOL = """#!/usr/bin/env python3
import sys
for number, line in enumerate(sys.stdin, start=1):
    if "bad" in line:
        sys.exit(f"<stdin>:{number}:{line.index('bad') + 1}: error: unknown op 'bad'")
"""

    def check(self, files):
        repository = Repository({**files, "tool": self.TOOL})
        (repository.root / "tool").chmod(0o755)
        return repository.run("check-examples", "--tool", str(repository.root / "tool"))

    def testNamesFileAndLineOfAFailingExample(self):
        code, output = self.check({"dialects/x/README.md": "text\n```mlir\ngood\n  bad\n```\n"})
        self.assertEqual(code, 1)
        self.assertIn("dialects/x/README.md:4:3: error: unknown op 'bad'", output)

    def testLeavesOtherBlocksAndRoomsAlone(self):
        code, output = self.check({"dialects/x/README.md": "```mlir-fragment\nbad\n```\n```mlir\ngood\n```\n",
                                   "docs/README.md": "```mlir\nbad\n```\n"})
        self.assertEqual(code, 0, output)
        self.assertIn("1 examples, 0 errors", output)

    def testRefusesAnOpWithoutExampleAndAnOpenBlock(self):
        code, output = self.check({"dialects/x/XOps.td": "def X_AOp : X_Op<\"a\"> {\n}\ndef X_BOp : X_Op<\"b\"> {\n```mlir\ngood\n"})
        self.assertEqual(code, 1)
        self.assertIn("XOps.td:1: error: X_AOp has no ```mlir example", output)
        self.assertIn("XOps.td:4: error: ```mlir block is not closed", output)
        self.assertNotIn("X_BOp", output)


class Tally(unittest.TestCase):
    CASE = '<testcase name="t" status="{}"/>'
    CHECKS = "check: 2 checks passed, 0 checks failed\n"

    def tally(self, statuses, checks=CHECKS, testCode=0, checkCode=0, failures=None):
        failures = statuses.count("fail") if failures is None else failures
        cases = "".join(self.CASE.format(status) for status in statuses)
        with tempfile.TemporaryDirectory() as folder:
            junit, log = pathlib.Path(folder, "tests.xml"), pathlib.Path(folder, "check")
            junit.write_text(f'<testsuite tests="{len(statuses)}" failures="{failures}">{cases}</testsuite>')
            log.write_text(checks)
            result = subprocess.run([SCRIPTS / "tally", "--test-code", str(testCode), "--check-code", str(checkCode),
                                     "--junit", junit, "--check-log", log], capture_output=True, text=True)
        return result.returncode, result.stdout.splitlines()[-1]

    def testAddsTestsAndChecks(self):
        self.assertEqual(self.tally(["run", "run", "notrun"]), (0, "4 passed, 0 failed"))
        self.assertEqual(self.tally(["run", "fail"], testCode=8), (1, "3 passed, 1 failed"))

    def testGivesNoSumWhereTheCountsDisagree(self):
        for arguments in [dict(statuses=["run"], testCode=8), dict(statuses=["fail"], testCode=0),
                          dict(statuses=["run"], checkCode=1), dict(statuses=["run"], checks="nothing\n"),
                          dict(statuses=["run"], failures=1), dict(statuses=["odd"])]:
            with self.subTest(**arguments):
                code, line = self.tally(**arguments)
                self.assertEqual(code, 1)
                self.assertRegex(line, "^tally: ")


class New(unittest.TestCase):
    FILES = {"compiler/transforms/Passes.td": "#ifndef A\n\ndef B : Pass<\"step-b-c\"> {\n}\n\n#endif\n",
             "compiler/transforms/CMakeLists.txt": "nissl_library(t MLIR\n  SOURCES\n    A.cpp\n    Z.cpp\n    m/B.cpp\n  DEPS d)\n"}

    def testStartsAPass(self):
        repository = Repository(self.FILES)
        code, output = repository.run("new", "pass", "step-fold-leaks")
        self.assertEqual(code, 0, output)
        self.assertIn("A.cpp\n    FoldLeaks.cpp\n    Z.cpp", (repository.root / "compiler/transforms/CMakeLists.txt").read_text())
        self.assertRegex((repository.root / "compiler/transforms/Passes.td").read_text(),
                         r'(?s)step-b-c.*def FoldLeaks : Pass<"step-fold-leaks">.*#endif\n$')
        self.assertIn("GEN_PASS_DEF_FOLDLEAKS", (repository.root / "compiler/transforms/FoldLeaks.cpp").read_text())
        self.assertIn("--step-fold-leaks", (repository.root / "tests/lit/compiler/transforms/fold-leaks.mlir").read_text())
        self.assertNotIn("FoldLeaks.cpp", repository.run("check-licence")[1])
        code, output = repository.run("new", "pass", "step-fold-leaks")
        self.assertEqual(code, 2)
        self.assertIn("is there already", output)

    def testRefusesANameWithoutDialectVerbAndNoun(self):
        for name in ["fold-leaks", "step-fold", "step-Fold-leaks"]:
            code, output = Repository(self.FILES).run("new", "pass", name)
            self.assertEqual(code, 2)
            self.assertIn("a pass of step programs is named step-<verb>-<noun>", output)


class Help(unittest.TestCase):
    def testEveryScriptExplainsItself(self):
        for script in sorted(SCRIPTS.iterdir()):
            if script.is_file() and script.read_text().startswith("#!"):
                with self.subTest(script=script.name):
                    result = subprocess.run([script, "--help"], capture_output=True, text=True, stdin=subprocess.DEVNULL)
                    self.assertEqual(result.returncode, 0, result.stderr)
                    self.assertIn("usage: tools/dev/" + script.name, result.stdout)


if __name__ == "__main__":
    unittest.main()
