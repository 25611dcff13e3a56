# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# The lit suite. Tests find nissl, nissl-opt, FileCheck and not by name.
import os
import shutil

import lit.formats

config.name = "nissl"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".json", ".test"]
# Folders of files that tests read.
config.excludes = ["inputs"]
config.test_source_root = os.path.dirname(__file__)

folders = [config.nisslBinFolder, config.llvmToolsFolder]
config.environment["PATH"] = os.pathsep.join(folders + [config.environment["PATH"]])

# Without the tools every test would fail one by one; say once what is missing.
for tool in ("nissl-opt", "FileCheck", "not"):
    if not shutil.which(tool, path=os.pathsep.join(folders)):
        lit_config.fatal(f"{tool} is in neither of {', '.join(folders)}; build first, or run tools/dev/bootstrap")

# NISSL_OPT_ROUNDTRIP=1: every nissl-opt run also prints its input, parses that and compares.
if os.environ.get("NISSL_OPT_ROUNDTRIP"):
    config.substitutions.append((r"(?<![\w./-])nissl-opt(?![\w./-])", "nissl-opt --verify-roundtrip"))

config.substitutions.append(("%examples", os.path.join(config.nisslSourceRoot, "examples")))

# For REQUIRES lines.
if config.nisslSanitize:
    config.available_features.add("sanitizer")
else:
    config.available_features.add("no-sanitizer")
