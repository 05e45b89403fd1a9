"""policy.py MEMGATE SCHEMA: editors refuse by config/memgate.schema.json what `memgate lint` refuses.

Each row is the `load` of a policy that is fine otherwise, and whether it is right; both are asked.
A policy in JSON is one in YAML.
"""

import json
import os
import subprocess
import sys
import tempfile

import jsonschema

HTTP = {"requests": "r.jsonl", "count": 10}
TOOL = {"driver": "command", "command": ["t", "${ADDR}", "${COUNT}"], "output": "hey", "count": 10}


def without(load, name):
    return {key: value for key, value in load.items() if key != name}


ROWS = [
    ("http", True, HTTP),
    ("http by name", True, {**HTTP, "driver": "http"}),
    ("http with a timeout of its own", True, {**HTTP, "request_timeout": "5s", "protocol": "http2"}),
    ("no requests", False, without(HTTP, "requests")),
    ("no requests, http by name", False, {**without(HTTP, "requests"), "driver": "http"}),
    ("no count", False, without(HTTP, "count")),
    ("http with a command", False, {**HTTP, "command": ["t"]}),
    ("http with an output", False, {**HTTP, "output": "hey"}),
    ("a command", True, TOOL),
    ("a command without an output", False, without(TOOL, "output")),
    ("no command", False, without(TOOL, "command")),
    ("a command with requests", False, {**TOOL, "requests": "r.jsonl"}),
    ("a command with streams", False, {**TOOL, "streams": 2}),
    ("no such driver", False, {**HTTP, "driver": "wrk"}),
]


def lint(memgate, policy):
    with tempfile.TemporaryDirectory() as work:
        path = os.path.join(work, "memgate.yaml")
        with open(path, "w", encoding="ascii") as out:
            json.dump(policy, out)
        with open(os.path.join(work, "r.jsonl"), "w", encoding="ascii") as out:
            out.write('{"path": "/"}\n')
        done = subprocess.run([memgate, "lint", path], cwd=work, capture_output=True, text=True,
                              timeout=20, check=False)
        if done.returncode not in (0, 2):
            sys.exit("lint gave exit %d: %s" % (done.returncode, done.stderr))
        return done.returncode == 0, done.stderr.strip()


def main():
    memgate, schema_path = sys.argv[1:]
    with open(schema_path, encoding="utf-8") as text:
        schema = json.load(text)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    wrong = 0
    for name, is_right, load in ROWS:
        policy = {"version": 1, "scenarios": [{"name": "s", "service": {"args": ["${ADDR}"]}, "load": load}]}
        taken, why = lint(memgate, policy)
        fits = validator.is_valid(policy)
        if (taken, fits) != (is_right, is_right):
            wrong += 1
            print("%s: lint %s, schema %s, both should %s; %s" % (name, taken, fits, is_right, why))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
