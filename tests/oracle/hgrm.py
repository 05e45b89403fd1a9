"""hgrm.py OUT: reads OUT/latency/*.hgrm as any tool that plots them does, and holds every line against
the latencies of the recording beside it, counted here anew.

A histogram of the recording is text, "bucket:count ..." (gate/stats/histogram.h): values below 2048 ns
are their own bucket, larger ones keep their 11 leading bits. What a line must say follows from the
definition of the format alone: the value is the least one that so large a part of all values does not
pass (its bucket's upper edge), then that part, how many values are not above, and 1/(1 - part).
"""

import glob
import json
import math
import os
import re
import sys

LINE = re.compile(r"^\s*(\d+\.\d+)\s+([01]\.\d+)\s+(\d+)(?:\s+(\d+\.\d+))?$")
FOOT = re.compile(r"^#\[Max\s+=\s+(\d+\.\d+), Total count\s+=\s+(\d+)\]$")
SIDES = ("baseline", "candidate")


def bucket_high_ns(bucket):
    if bucket < 2048:
        return bucket
    shift = bucket // 1024 - 1
    return ((bucket % 1024 + 1024 + 1) << shift) - 1


def recorded(out, scenario, side):
    """{upper edge in ns: count} over the duets of a side, else over its steady trials."""
    counts = {}
    for phase in ("duet", "steady"):
        pattern = os.path.join(out, "recording", "scenario-" + scenario, side, phase + "-*", "trial.json")
        for path in glob.glob(pattern):
            with open(path, encoding="utf-8") as text:
                for entry in json.load(text)["latency"].split():
                    bucket, count = entry.split(":")
                    high = bucket_high_ns(int(bucket))
                    counts[high] = counts.get(high, 0) + int(count)
        if counts:
            break
    return counts


def read(path):
    """(lines, maximum in ms, count) of a file."""
    lines, foot = [], None
    with open(path, encoding="ascii") as text:
        if text.readline().split() != ["Value", "Percentile", "TotalCount", "1/(1-Percentile)"]:
            sys.exit("%s: no header" % path)
        for line in text:
            match = LINE.match(line)
            if match:
                value, part, count, inverse = match.groups()
                lines.append((float(value), float(part), int(count), float(inverse) if inverse else math.inf))
            foot = FOOT.match(line) or foot
    if not lines or not foot:
        sys.exit("%s: no values" % path)
    return lines, float(foot.group(1)), int(foot.group(2))


def up_to(counts, value_ns):
    return sum(count for high, count in counts.items() if high <= value_ns)


def check_line(counts, total, line):
    value, part, count, inverse = line
    rank = max(1, math.ceil(part * total - 1e-6))
    seen = 0
    for high in sorted(counts):
        seen += counts[high]
        if seen >= rank:
            break
    # Of a file the outermost edges may be the exact least and largest value.
    near = high if 0 < part < 1 else value * 1e6
    problems = []
    if abs(value - near / 1e6) > 0.0006:
        problems.append("value, not %.3f" % (near / 1e6))
    if part < 1 and count != seen:
        problems.append("count, not %d" % seen)
    if part < 1 and abs(inverse - 1 / (1 - part)) > 0.01 * inverse:
        problems.append("1/(1-part)")
    return problems


def check(path, counts):
    lines, maximum, total = read(path)
    wrong = []
    if total != sum(counts.values()) or lines[-1][1:3] != (1, total) or lines[-1][0] != maximum:
        wrong.append("%d values up to %.3f ms, the recording has %d" % (total, maximum, sum(counts.values())))
    if abs(maximum - max(counts) / 1e6) > 0.001 * maximum:
        wrong.append("maximum %.3f ms, the recording's is %.3f" % (maximum, max(counts) / 1e6))
    if [line[:3] for line in lines] != sorted(line[:3] for line in lines):
        wrong.append("not ascending")
    for line in lines:
        wrong += ["%s: %s" % (line, problem) for problem in check_line(counts, total, line)]
    return len(lines), wrong


def main():
    out, failed, files = sys.argv[1], 0, 0
    for path in sorted(glob.glob(os.path.join(out, "latency", "scenario-1-*.hgrm"))):
        side = re.search(r"scenario-1-(\w+)\.hgrm", path).group(1)
        counts = recorded(out, "1", side)
        lines, wrong = check(path, counts)
        files += 1
        failed += bool(wrong)
        print("%s: %d lines, %d values: %s" % (os.path.basename(path), lines, sum(counts.values()),
                                             "; ".join(wrong[:3]) or "as the recording has them"))
    return 1 if failed or files != len(SIDES) else 0


if __name__ == "__main__":
    sys.exit(main())
