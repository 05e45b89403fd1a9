#!/usr/bin/env python3
"""table.py MEMGATE [CASE...]: is a function still the same function after a refactoring?

Each file of cases/ is one refactoring. It is made a git repository with two commits, both are
really built and measured, and exit code and verdict.json are held against what the case expects.

    What the case shows, in a sentence or two.
    -- expect --
    exit 0
    pair example.com/m/shop.Total -> example.com/m/price.Total package
    -- base/shop/shop.go --
    package shop
    -- cand/price/price.go (from shop/shop.go) --
    package price

A `base/` section is a file of the baseline, a `cand/` section one of the candidate; a file that
the candidate does not name is unchanged. `(deleted)` behind a path removes it, `(from OLD)` removes
OLD as well, and an empty body then takes OLD's text. Unless the case has them, the baseline gets a
go.mod (module example.com/m), a memgate.yaml with one strict rule for each function, and
app/app_test.go with a BenchmarkAll that calls Handle(i) of package app. `-- policy --` is added to
that memgate.yaml. `-- services --` has lines `NAME PACKAGE` and makes each a service scenario
instead, with package example.com/m/serve to run it and a policy of defaults only.

What `expect` may say (functions in pprof's spelling; numbers of closures and what is between
square brackets are not compared):

    exit CODE
    needs go 1.23                    older toolchains leave the case out
    scenario NAME                    the lines below are about this scenario
    pair BASE -> CAND [STEP|STEP]    listed as one function under two names, by one of these steps
    nopair FUNC                      no pair has this function
    moved FROM -> TO [BYTES]         cost shifted, bytes an operation within 5 %
    nomoved FROM -> TO
    regression FUNC [+BYTES]         a finding that breaks a rule, its growth beyond what moved
                                     within 5 %
    improved                         the whole scenario allocates less, and is said to
    no-findings                      no function has a finding worse than ok or improved
    invalid TEXT                     why there is no verdict

The functions with a finding worse than ok must be exactly those of the `regression` lines: a
verdict that blames the wrong function is as wrong as none. What is undecided about a function of
the standard library is noise of the process and left out. Where there is no verdict (exit 3),
findings are not looked at.
"""

import argparse
import concurrent.futures
import dataclasses
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
CASES_MIN = 40
CASE_SECONDS_MAX = 300
TOLERANCE = 0.05
STEPS = {"module", "generic", "package", "receiver", "file", "signature", "closure"}
HARMLESS = {"ok", "improved"}
NO_VERDICT = 3
BENCHMARK = ".BenchmarkAll"

GO_MOD = "module example.com/m\n\ngo 1.19\n"

BENCHMARK_FILE = """package app

import "testing"

func BenchmarkAll(b *testing.B) {
	for i := 0; i < b.N; i++ {
		Handle(i)
	}
}
"""

# With two processes a side the start-up of the process leaves rules for the whole of a benchmark
# undecided; a service takes longer, and its cases are about functions, whose counts are constant.
POLICY_HEAD = "version: 1\ntrials: {{exact: {0}, steady: {0}, max: {0}}}\nscenarios:\n"
BENCHMARK_TRIALS = 3
SERVICE_TRIALS = 2

BENCHMARK_SCENARIO = (
    "  - {name: app, gotest: {package: ./app, bench: ^BenchmarkAll$, benchtime: 1000x}}\n"
)

STRICT_RULE = (
    'rules: [{func: "*", metric: alloc_space, max_increase_percent: 10%,'
    " floor: 64B/request, severity: block}]\n"
)

SERVICE_SCENARIO = """  - name: {name}
    build: {{package: {package}}}
    service: {{args: [--addr, "${{ADDR}}"], env: {{GOMAXPROCS: "2"}}, ready: /healthz}}
    load: {{requests: load.jsonl, warmup: 50, count: 400, connections: 2}}
"""

REQUESTS = '{"method": "GET", "path": "/work", "expect": [200]}\n'

SERVE_FILE = """// Package serve runs the one handler of a service.
package serve

import (
	"flag"
	"log"
	"net/http"
	_ "net/http/pprof"
)

func Run(handle http.HandlerFunc) {
	addr := flag.String("addr", "127.0.0.1:8080", "address to listen on")
	flag.Parse()
	http.HandleFunc("/work", handle)
	http.HandleFunc("/healthz", func(http.ResponseWriter, *http.Request) {})
	log.Fatal(http.ListenAndServe(*addr, nil))
}
"""


class CaseError(Exception):
    """The case file itself is wrong."""


@dataclasses.dataclass
class Claim:
    verb: str
    words: list
    scenario: str
    text: str


@dataclasses.dataclass
class Case:
    name: str
    exit_code: int = -1
    needs_go: tuple = (0, 0)
    claims: list = dataclasses.field(default_factory=list)
    base: dict = dataclasses.field(default_factory=dict)
    cand: dict = dataclasses.field(default_factory=dict)


# ---- reading a case


def sections(path):
    """Pairs of header and body; what is before the first header has the header "about"."""
    found = [("about", [])]
    for line in path.read_text(encoding="utf-8").splitlines():
        header = re.fullmatch(r"-- (.+) --", line)
        if header:
            found.append((header[1], []))
        else:
            found[-1][1].append(line)
    return [(header, "".join(line + "\n" for line in lines)) for header, lines in found]


CLAIM_SHAPES = {
    "scenario": r"(\S+)",
    "pair": r"(.+?) -> (.+?)(?: ([a-z]+(?:\|[a-z]+)*))?",
    "nopair": r"(.+)",
    "moved": r"(.+?) -> (.+?)(?: ([0-9]+))?",
    "nomoved": r"(.+?) -> (.+)",
    "regression": r"(.+?)(?: \+([0-9]+))?",
    "improved": r"",
    "no-findings": r"",
    "invalid": r"(.+)",
    "exit": r"([0-9])",
    "needs": r"go ([0-9]+)\.([0-9]+)",
}


def read_claim(line, scenario):
    verb, _, rest = line.partition(" ")
    shape = CLAIM_SHAPES.get(verb)
    words = shape is not None and re.fullmatch(shape, rest.strip())
    if not words:
        raise CaseError(f"expect: cannot read: {line}")
    claim = Claim(verb, list(words.groups()), scenario, line)
    if verb == "pair" and claim.words[2]:
        claim.words[2] = set(claim.words[2].split("|"))
        if not claim.words[2] <= STEPS:
            raise CaseError(f"expect: no such step: {line}")
    return claim


def read_expect(case, body):
    scenario = ""
    for line in body.splitlines():
        line = line.strip()
        if not line:
            continue
        claim = read_claim(line, scenario)
        if claim.verb == "exit":
            case.exit_code = int(claim.words[0])
        elif claim.verb == "needs":
            case.needs_go = (int(claim.words[0]), int(claim.words[1]))
        elif claim.verb == "scenario":
            scenario = claim.words[0]
        else:
            case.claims.append(claim)


def cand_change(case, header, body):
    """One `cand/` section: (path, text or None for gone) pairs, in order."""
    path, _, option = header.partition(" (")
    option = option.rstrip(")")
    if option == "deleted":
        if path not in case.base:
            raise CaseError(f"cand/{header}: the baseline has no {path}")
        return [(path, None)]
    if not option:
        return [(path, body)]
    old = option.removeprefix("from ")
    if old == option or old not in case.base:
        raise CaseError(f"cand/{header}: neither (deleted) nor (from FILE OF THE BASELINE)")
    return [(old, None), (path, body if body.strip() else case.base[old])]


def add_boilerplate(case, policy, services):
    scenarios = BENCHMARK_SCENARIO
    files = {"go.mod": GO_MOD}
    if services:
        scenarios = "".join(
            SERVICE_SCENARIO.format(name=name, package=package)
            for name, package in (line.split() for line in services.splitlines())
        )
        files["serve/serve.go"] = SERVE_FILE
        files["load.jsonl"] = REQUESTS
    else:
        files["app/app_test.go"] = BENCHMARK_FILE
        if not re.search("^rules:", policy, re.M):
            policy = STRICT_RULE + policy
    trials = SERVICE_TRIALS if services else BENCHMARK_TRIALS
    files["memgate.yaml"] = POLICY_HEAD.format(trials) + scenarios + policy
    case.base = {**files, **case.base}


def read_case(path):
    case = Case(path.stem)
    found = sections(path)
    texts = {"policy": "", "services": "", "expect": "", "about": ""}
    for header, body in found:
        if header in texts:
            texts[header] = body
        elif header.startswith("base/"):
            case.base[header.removeprefix("base/")] = body
        elif not header.startswith("cand/"):
            raise CaseError(f"no such section: {header}")
    if not texts["about"].strip():
        raise CaseError("does not say what it shows")
    read_expect(case, texts["expect"])
    if case.exit_code < 0:
        raise CaseError("expect: no exit code")
    add_boilerplate(case, texts["policy"], texts["services"])
    changes = []
    for header, body in found:
        if header.startswith("cand/"):
            changes += cand_change(case, header.removeprefix("cand/"), body)
    # What is removed is removed first, so that two files can change places.
    case.cand = dict(case.base)
    for gone in (path for path, text in changes if text is None):
        case.cand.pop(gone, None)
    case.cand.update({path: text for path, text in changes if text is not None})
    if case.cand == case.base:
        raise CaseError("baseline and candidate are the same")
    return case


# ---- running it


def clean_environment():
    """The user's git settings decide nothing."""
    out = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    out.update(GIT_CONFIG_GLOBAL="/dev/null", GIT_CONFIG_NOSYSTEM="1")
    return out


def commit(repo, branch, files):
    def git(*arguments):
        command = ["git", "-C", str(repo), "-c", "user.name=test"]
        command += ["-c", "user.email=test@example.com", *arguments]
        subprocess.run(command, check=True, env=clean_environment(), stdout=subprocess.DEVNULL)

    if not repo.exists():
        repo.mkdir(parents=True)
        git("init", "-q", "--template=", "-b", branch)
    else:
        git("checkout", "-q", "-b", branch)
        for entry in repo.iterdir():
            if entry.name != ".git":
                shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
    for path, text in files.items():
        target = repo / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    git("add", "-A")
    git("commit", "-q", "-m", branch)


def run_memgate(memgate, repo):
    command = [memgate, "run", "--quick", "--base", "base", "--head", "cand"]
    command += ["--policy-from", "base", "--always-measure", "-o", "out"]
    done = subprocess.run(
        command,
        cwd=repo,
        env=clean_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=CASE_SECONDS_MAX,
        check=False,
    )
    return done.returncode, done.stdout


# ---- judging the verdict


def bracket_end(name, start):
    """Offset behind the bracket that closes the one at start; quoted text holds no brackets."""
    depth = 0
    at = start
    while at < len(name):
        if name[at] == '"':
            at += 1
            while at < len(name) and name[at] != '"':
                at += 2 if name[at] == "\\" else 1
        depth += (name[at : at + 1] == "[") - (name[at : at + 1] == "]")
        at += 1
        if depth == 0:
            return at
    return len(name)


def plain(name):
    """The name without what the compiler numbers and without type arguments."""
    out = ""
    at = 0
    while at < len(name):
        if name[at] == "[":
            at = bracket_end(name, at)
            out += "[...]"
        else:
            out += name[at]
            at += 1
    return re.sub(r"(\.func[0-9]*|-range[0-9]+|\.(go|defer)wrap[0-9]+|\.[0-9]+)+$", ".func", out)


def is_foreign(name):
    """True for the standard library, whose few bytes of start-up differ between processes."""
    package, _, _ = name.partition("/")
    return not name.startswith("main.") and (package == name or "." not in package)


def close_to(have, want):
    return abs(have - want) <= max(TOLERANCE * want, 4)


class Judge:
    """Holds one verdict.json against a case; `wrong` collects what is not as it should be."""

    def __init__(self, verdict):
        self.scenarios = {one["name"]: one for one in verdict["scenarios"]}
        self.wrong = []
        self.blamed = set()

    def rows(self, scenario, key):
        return [
            row
            for name, one in self.scenarios.items()
            if scenario in ("", name)
            for row in one[key]
        ]

    def findings(self, scenario):
        return [
            (plain(row["subject"]["func"]), row)
            for row in self.rows(scenario, "findings")
            if row["subject"]["func"] and not row["subject"]["func"].endswith(BENCHMARK)
        ]

    def pairs(self, scenario):
        return [
            (plain(row["base"]), plain(row["cand"]), row["step"])
            for row in self.rows(scenario, "pairs")
        ]

    def moved(self, scenario):
        return [
            (plain(row["from"]), plain(row["to"]), row["bytes"])
            for row in self.rows(scenario, "moved")
        ]

    def claim_pair(self, claim):
        base, cand, steps = claim.words
        steps = steps or STEPS
        wanted = (plain(base), plain(cand))
        found = [step for a, b, step in self.pairs(claim.scenario) if (a, b) == wanted]
        if not found:
            return "no such pair"
        return any(step in steps for step in found) or f"step {found[0]}"

    def claim_nopair(self, claim):
        name = plain(claim.words[0])
        found = [(a, b) for a, b, _ in self.pairs(claim.scenario) if name in (a, b)]
        return not found or f"paired: {found[0][0]} -> {found[0][1]}"

    def claim_moved(self, claim):
        start, end, wanted = claim.words
        found = [
            cost
            for a, b, cost in self.moved(claim.scenario)
            if (a, b) == (plain(start), plain(end))
        ]
        if not found:
            return "not listed"
        return wanted is None or close_to(found[0], float(wanted)) or f"{found[0]:.0f} B"

    def claim_nomoved(self, claim):
        wanted = (plain(claim.words[0]), plain(claim.words[1]))
        return all((a, b) != wanted for a, b, _ in self.moved(claim.scenario)) or "listed"

    def claim_regression(self, claim):
        name = plain(claim.words[0])
        broken = [
            row
            for func, row in self.findings(claim.scenario)
            if func == name and row["verdict"] == "regression"
        ]
        self.blamed |= {(row["subject"]["scenario"], name) for row in broken}
        if not broken:
            return "no such finding"
        growth = [row["delta"] - row["moved"] for row in broken if row["metric"] == "alloc_space"]
        if claim.words[1] is None or any(close_to(one, float(claim.words[1])) for one in growth):
            return True
        return "grew by " + ", ".join(f"{one:.0f}" for one in growth)

    def claim_improved(self, claim):
        found = [
            row["verdict"]
            for row in self.rows(claim.scenario, "findings")
            if row["metric"] == "alloc_space" and not row["subject"]["func"]
        ]
        return "improved" in found or f"verdicts: {found}"

    def claim_invalid(self, claim):
        texts = [str(text) for text in self.rows(claim.scenario, "invalid")]
        return any(claim.words[0] in text for text in texts) or f"invalid: {texts}"

    def claim_no_findings(self, _):
        return True  # judge_others looks at all that no line blames

    def judge_claim(self, claim):
        try:
            answer = getattr(self, "claim_" + claim.verb.replace("-", "_"))(claim)
        except KeyError as error:
            answer = f"verdict.json has no {error}"
        if answer is not True:
            self.wrong.append(f"{claim.text}: {answer}")

    def judge_others(self):
        for name, row in self.findings(""):
            place = (row["subject"]["scenario"], name)
            if row["verdict"] == "inconclusive" and is_foreign(name):
                continue
            if row["verdict"] not in HARMLESS and place not in self.blamed:
                self.wrong.append(f"{row['verdict']} of {name} {row['metric']} {row['delta']:+.0f}")
                self.blamed.add(place)


def judge(case, code, repo, talk):
    wrong = [] if code == case.exit_code else [f"exit {code}, not {case.exit_code}"]
    path = repo / "out" / "verdict.json"
    if not path.exists():
        last = talk.strip().splitlines()[-1:] or ["no output"]
        return [*wrong, f"no verdict.json: {last[0]}"]
    verdict = json.loads(path.read_text(encoding="utf-8"))
    if verdict["exit_code"] != code:
        wrong.append(f"verdict.json says exit {verdict['exit_code']}")
    held = Judge(verdict)
    for claim in case.claims:
        held.judge_claim(claim)
    if case.exit_code != NO_VERDICT:
        held.judge_others()
    return wrong + held.wrong


# ---- the table


def go_release():
    text = subprocess.run(
        ["go", "env", "GOVERSION"], stdout=subprocess.PIPE, text=True, check=True
    ).stdout
    found = re.match(r"go(\d+)\.(\d+)", text)
    return (int(found[1]), int(found[2])) if found else (9999, 0)


def run_case(path, options, work, release):
    """(name, state, seconds, what was wrong, what memgate said)"""
    started = time.monotonic()
    talk = ""
    try:
        case = read_case(path)
        if release < case.needs_go:
            return path.stem, "left out", 0, ["needs a newer go"], ""
        repo = work / path.stem
        commit(repo, "base", case.base)
        commit(repo, "cand", case.cand)
        subprocess.run(["git", "-C", str(repo), "checkout", "-q", "base"], check=True)
        code, talk = run_memgate(options.memgate, repo)
        wrong = judge(case, code, repo, talk)
    except (CaseError, OSError, subprocess.SubprocessError, KeyError, ValueError) as error:
        wrong = [f"{type(error).__name__}: {error}"]
    return path.stem, "FAIL" if wrong else "ok", time.monotonic() - started, wrong, talk


def main():
    parser = argparse.ArgumentParser(description="The table of refactorings; see the file's head.")
    parser.add_argument("memgate", type=os.path.realpath)
    parser.add_argument("case", nargs="*", help="default: all of cases/")
    parser.add_argument("-j", "--jobs", type=int, default=2)
    parser.add_argument("-v", "--verbose", action="store_true", help="what memgate said")
    parser.add_argument("--keep", type=pathlib.Path, help="leave the repositories in this folder")
    options = parser.parse_intermixed_args()

    paths = [HERE / "cases" / f"{name}.txt" for name in options.case]
    paths = paths or sorted((HERE / "cases").glob("*.txt"))
    if not options.case and len(paths) < CASES_MIN:
        sys.exit(f"{HERE}/cases has {len(paths)} cases, fewer than {CASES_MIN}")

    started = time.monotonic()
    release = go_release()
    failures = 0
    with tempfile.TemporaryDirectory() as scratch:
        work = options.keep or pathlib.Path(scratch)
        with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
            jobs = [pool.submit(run_case, path, options, work, release) for path in paths]
            for job in jobs:
                name, state, seconds, wrong, talk = job.result()
                print(f"{name:34} {state:8} {seconds:5.1f} s  {'; '.join(wrong)}", flush=True)
                if options.verbose and state == "FAIL":
                    print(talk)
                failures += state == "FAIL"
    print(f"{len(paths) - failures} of {len(paths)} cases hold, {time.monotonic() - started:.0f} s")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
