"""verdict.py SCHEMA VERDICT...: verdicts are what their schema says, and so are those of an earlier memgate,
which lack the members that were added since under the same memgate.verdict/1."""

import copy
import json
import sys

import jsonschema

# The member, and the one that it is in, at any depth.
ADDED = (("measured", "execution_trace"), ("measured", "load"), ("exact", "clocks"), ("steady", "clocks"),
         ("duet", "clocks"), ("base", "polls_lost"), ("cand", "polls_lost"),
         ("scenarios", "alone"), ("scenarios", "not_judged"),
         ("decision", "spread"), ("measured", "noise"))
SIDE = {"trials": 0, "refusal": "not built yet"}


def without(node, added, parent=None):
    """How many were taken out."""
    if isinstance(node, list):
        return sum(without(item, added, parent) for item in node)
    if not isinstance(node, dict):
        return 0
    gone = [name for where, name in added if where == parent and name in node]
    for name in gone:
        del node[name]
    return len(gone) + sum(without(value, added, key) for key, value in node.items())


def main():
    schema, *verdicts = [json.load(open(path, encoding="utf-8")) for path in sys.argv[1:]]
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    gone = 0
    for verdict in verdicts:
        validator.validate(verdict)
        earlier = copy.deepcopy(verdict)
        gone += without(earlier, ADDED)
        validator.validate(earlier)
        assert not validator.is_valid({**verdict, "of_a_later_version": 1})
    assert verdicts and gone > 0, "no member was taken out"
    trace = validator.evolve(schema={**schema["$defs"]["trace_side"], "$defs": schema["$defs"]})
    trace.validate(SIDE)
    assert not trace.is_valid({**SIDE, "trials": 1}), "a trace that was read has its sums"


if __name__ == "__main__":
    main()
