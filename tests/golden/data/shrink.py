#!/usr/bin/python3
"""shrink.py RECORDING: makes a fresh recording small and anonymous enough to be committed.

Of the debug=1 texts only MemStats is judged, and nothing of the point `ready`, so the rest goes;
profiles are packed again; functions.txt keeps the names that a profile of its side holds; the
machine loses its name. The hashes are then those of what is left, so that it opens as before.
"""

import gzip
import hashlib
import json
import pathlib
import sys

root = pathlib.Path(sys.argv[1])


def in_profiles(listing):
    profiles = [gzip.decompress(path.read_bytes()) for path in listing.parent.rglob("*.pb.gz")]
    names = listing.read_bytes().splitlines(keepends=True)
    return b"".join(name for name in names if any(name[:-1] in profile for profile in profiles))


def sealed(document):
    """The text, its last member the hash of all before it."""
    text = json.dumps({**document, "sha256": ""}, indent=2, ensure_ascii=False)
    start = text[:text.rindex('""') + 1]
    return '%s%s"\n}\n' % (start, hashlib.sha256(start.encode()).hexdigest())


def of_no_machine(noise):
    noise = json.loads(noise)
    noise["machine"].update({"class": "linux-amd64-a-processor-2cpu", "cpu_model": "a processor", "cpu_count": 2})
    return sealed({**noise, "kernel": "a kernel"}).encode()


manifest = json.loads((root / "manifest.json").read_text())
manifest["environment"].update(cpu_model="a processor", cpu_count=2, kernel="a kernel")
for entry in list(manifest["files"]):
    path = root / entry["path"]
    if path.name.startswith("ready."):
        path.unlink()
        manifest["files"].remove(entry)
        continue
    content = path.read_bytes()
    if path.suffix == ".gz":
        content = gzip.compress(gzip.decompress(content), 9, mtime=0)
    elif path.name == "functions.txt":
        content = in_profiles(path)
    elif path.name in ("warm.txt", "end.txt"):
        head, rest = content.split(b"\n", 1)
        content = head + b"\n" + rest[rest.index(b"\n# runtime.MemStats"):]
    elif path.name == "noise.json":
        content = of_no_machine(content)
        manifest["noise"]["file"] = "memgate.noise/linux-amd64-a-processor-2cpu.json"
    path.write_bytes(content)
    entry["bytes"] = len(content)
    entry["sha256"] = hashlib.sha256(content).hexdigest()
(root / "manifest.json").write_text(sealed(manifest))
