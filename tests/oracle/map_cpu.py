#!/usr/bin/env python3
"""map_cpu.py FILE...: samples, map samples, generic-key samples and the profiler's own of Go CPU
profiles, counted over the stacks that `go tool pprof -traces` prints, by another reading of the
names than config/runtime has. tests/unit/fold/map_cpu_test.c holds the output."""
import re
import subprocess
import sys

ENTRY = re.compile(r"^(runtime|reflect)\.(map(access|assign|delete|clear|iterinit|iternext|Iter|clone)|makemap)"
                   r"|^maps\.clone$|^internal/runtime/maps\.(\((\*)?(Map|Iter|table)\)|New(Empty)?Map)")
GENERIC = re.compile(r"^(runtime|reflect)\.map(access|assign|delete)(?!.*_fast)")
PROFILER = re.compile(r"^(net/http/pprof|runtime/pprof)\.(?!Do$)")

for path in sys.argv[1:]:
    text = subprocess.run(["go", "tool", "pprof", "-sample_index=samples", "-traces", path],
                          capture_output=True, text=True, check=True).stdout
    counts = [0, 0, 0, 0]
    # A stack begins with its count; inlined frames are marked, names are last and leaf first.
    for block in text.split("-----------+")[1:]:
        lines = [line for line in block.splitlines() if line.strip() and not set(line.strip()) <= set("-+")]
        lines = [line for line in lines if not re.match(r"^\s*[a-z_]+:\s", line)]
        if not lines:
            continue
        count = int(lines[0].split()[0])
        stack = [re.sub(r"^\s*(\d+\s+)?", "", line).replace(" (inline)", "").strip() for line in lines]
        if any(PROFILER.match(name) for name in stack):
            counts[3] += count
            continue
        counts[0] += count
        entries = [name for name in stack if ENTRY.match(name)]
        counts[1] += count if entries else 0
        counts[2] += count if entries and GENERIC.match(entries[-1]) else 0
    print("    {\"%s\", {%d, %d, %d, %d}}," % (path, *counts))
