# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The repository's own files: what git tracks, or would track once added."""
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]

CPP_SUFFIXES = (".cpp", ".h")


def trackedFiles(root=ROOT, suffixes=None):
    """Paths relative to the root, sorted; with suffixes (a tuple) only those that end in one of them."""
    # The clone may belong to another user than the one who checks it, as it does in containers.
    listing = subprocess.run(
        ["git", "-C", str(root), "-c", f"safe.directory={pathlib.Path(root).resolve()}", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        check=True, capture_output=True, text=True).stdout
    paths = sorted({path for path in listing.split("\0") if path})
    return [path for path in paths
            if (suffixes is None or path.endswith(suffixes)) and (pathlib.Path(root) / path).is_file()]
