# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The lists of mutants (tests/mutants/run says how they are written)."""
import sys


def readMutants(path):
    """(test programs, [(file, old text, new text)])"""
    targets, mutants, file, old = [], [], None, None
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        kind, _, rest = line.partition(" ")
        if not line.strip() or kind.startswith("#"):
            continue
        if kind == "build:":
            targets = rest.split()
        elif kind == "@":
            file = rest
        elif kind == "-" and file:
            old = rest
        elif kind == "+" and old:
            mutants.append((file, old, rest))
            old = None
        else:
            sys.exit(f"{path}:{number}: found '{line}', expected 'build:', '@ FILE', '- TEXT' or '+ TEXT'")
    return targets, mutants


def misplaced(path, root):
    """Complaints about the texts of a list that their sources do not hold once."""
    complaints = []
    for file, old, _ in readMutants(path)[1]:
        source = root / file
        count = source.read_text(encoding="utf-8").count(old) if source.exists() else 0
        if count != 1:
            complaints.append(f"{path}: {file} holds '{old}' {count} times, expected once")
    return complaints
