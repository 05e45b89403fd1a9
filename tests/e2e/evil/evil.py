"""evil.py MEMGATE WORK [--all] [KIND...]: runs each row of expected.tsv against the real binary.
   evil.py MEMGATE WORK --interrupt COUNT: interrupts a run at COUNT random moments.

A row is a kind of service that goes wrong (service/kinds.go), its phase, and what must come of it:
the exit code and the text, with the candidate evil and with the baseline evil. Whatever happens,
  - the run ends within the row's limit and SLACK_S, beyond what a run of a good service takes;
  - no process is left: this driver is a subreaper, so that whatever leaves memgate's tree, however
    often it forked and whatever it forgot, becomes a child of ours;
  - every port that a service had is free;
  - no temporary directory is left, and nothing outside of it was removed;
  - output cannot act on a terminal or a CI runner.
All of this holds for a run that is interrupted too, which ends by that signal within SLACK_S.
"""

import ctypes
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
PR_SET_CHILD_SUBREAPER = 36
SLACK_S = 5
PORT_TRIES = 20
SIDES = ("candidate", "baseline")
HOSTILE = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]|^\s*::|##\[", re.M)

# What phase a row is about: the arguments of the run, and from which start on the side is evil.
PHASES = {
    "exact": (["--quick"], 1),
    "exact-on": ([], 1),
    "steady": ([], 2),
    "duet": ([], 3),
}

POLICY = """version: 1
trials: {exact: %(exact)d, steady: 1, duet: 1, max: %(exact)d}
scenarios:
  - name: evil
    service:
      args: [--addr, "${ADDR}"]
      env: {MODE: "%(kind)s", START: "%(start)d", DIR: "${DIR}", STARTS: "%(work)s/starts",
            ADDRESSES: "%(work)s/addresses", STRANGER: "%(work)s/stranger", KEEP: "%(work)s/keep"}
      ready: /healthz
      start_timeout: 2s
      profile_timeout: 5s
    load: {requests: load.jsonl, warmup: 10, count: 100, connections: 2, request_timeout: 2s%(rate)s}
"""


class Row:
    def __init__(self, line):
        self.kind, self.phase, self.often, limit, codes, self.text = line.split("\t")
        self.limit_s = float(limit)
        both = codes.split("/")
        self.codes = {"candidate": int(both[0]), "baseline": int(both[-1])}


def read_rows():
    with open(os.path.join(HERE, "expected.tsv"), encoding="utf-8") as file:
        lines = [line.rstrip("\n") for line in file]
    return [Row(line) for line in lines if line and not line.startswith("#")]


def git(repo, *args):
    subprocess.run(
        ["git", "-C", repo, "-c", "user.name=test", "-c", "user.email=test@example.com", *args],
        check=True, stdout=subprocess.DEVNULL)


def make_repo(work):
    repo = os.path.join(work, "repo")
    shutil.copytree(os.path.join(HERE, "service"), repo)
    for name, text in (("load.jsonl", '{"path": "/work"}\n'), (".gitignore", "memgate.yaml\n")):
        with open(os.path.join(repo, name), "w", encoding="utf-8") as file:
            file.write(text)
    git(repo, "init", "-q", "--template=", "-b", "good")
    git(repo, "add", "-A")
    git(repo, "commit", "-q", "-m", "good")
    git(repo, "checkout", "-q", "-b", "evil")
    side = os.path.join(repo, "side.go")
    with open(side, encoding="utf-8") as file:
        text = file.read()
    with open(side, "w", encoding="utf-8") as file:
        file.write(text.replace("evil = false", "evil = true"))
    git(repo, "commit", "-q", "-a", "-m", "evil")
    git(repo, "checkout", "-q", "good")
    return repo


def stranger(work, is_over):
    """Listens beside the service on the port it told, as a process that is none of memgate's."""
    path = os.path.join(work, "stranger")
    while not is_over.wait(0.005):
        if os.path.exists(path) and os.path.getsize(path):
            break
    else:
        return
    with open(path, encoding="ascii") as file:
        host, port = file.read().split()[0].split(":")
    with socket.socket() as beside:
        beside.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        beside.bind((host, int(port)))
        beside.listen()
        with open(path + ".listens", "w", encoding="ascii"):
            pass
        is_over.wait()


def children():
    listed = ""
    for thread in os.listdir("/proc/self/task"):
        with open(f"/proc/self/task/{thread}/children", encoding="ascii") as file:
            listed += file.read()
    return [int(pid) for pid in listed.split()]


def name_of(pid):
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return file.read().replace(b"\0", b" ").decode("utf-8", "replace")
    except OSError:
        return "?"


def reap():
    """The processes that are left: living children; the dead are waited for. Kills the living."""
    left = []
    for _ in range(200):
        living = []
        for pid in children():
            try:
                if os.waitpid(pid, os.WNOHANG)[0] == 0:
                    living.append(pid)
            except ChildProcessError:
                pass
        if not living:
            break
        left += [f"{pid} ({name_of(pid)})" for pid in living]
        for pid in living:
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.01)
    return sorted(set(left))


def is_free(address):
    """Others of this machine may connect from the port for a moment, hence the patience."""
    host, port = address.split(":")
    for _ in range(PORT_TRIES):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, int(port)))
                probe.listen()
                return True
            except OSError:
                time.sleep(0.1)
    return False


def busy_ports(work):
    path = os.path.join(work, "addresses")
    if not os.path.exists(path):
        return []
    with open(path, encoding="ascii") as file:
        return [address for address in sorted(set(file.read().split())) if not is_free(address)]


class Driver:
    def __init__(self, memgate, work):
        self.memgate = memgate
        self.work = work
        self.repo = make_repo(work)
        self.good_s = {}
        self.failures = 0
        os.makedirs(os.path.join(work, "keep"))
        with open(os.path.join(work, "keep", "kept"), "w", encoding="ascii") as file:
            file.write("kept")
        os.makedirs(os.path.join(work, "tmp"))

    def path(self, name):
        return os.path.join(self.work, name)

    def clear(self):
        for name in ("starts", "addresses", "stranger", "stranger.listens"):
            if os.path.exists(self.path(name)):
                os.remove(self.path(name))
        shutil.rmtree(self.path("out"), ignore_errors=True)

    def begin(self, kind, phase, side):
        """Starts a run; what it says goes to the file "said"."""
        args, start = PHASES[phase]
        self.clear()
        exact = 2 if "--quick" in args else 1
        # A CPU profile takes a second at least, and the load must not be over by then.
        rate = ", rate: 50/s" if phase == "steady" else ""
        with open(os.path.join(self.repo, "memgate.yaml"), "w", encoding="utf-8") as file:
            file.write(POLICY % {"kind": kind, "start": start, "work": self.work, "exact": exact,
                                 "rate": rate})
        base, head = ("good", "evil") if side == "candidate" else ("evil", "good")
        argv = [self.memgate, "run", "--base", base, "--head", head, "-o", self.path("out"), *args]
        env = {**os.environ, "TMPDIR": self.path("tmp")}
        with open(self.path("said"), "wb") as said:
            # A shell in the background ignores SIGINT, and so would what it starts.
            return subprocess.Popen(
                argv, cwd=self.repo, env=env, stdout=said, stderr=said,
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))

    def end(self, child, patience_s):
        """The exit code, "none" when patience ended first, and what was said."""
        try:
            code = child.wait(timeout=patience_s)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
            code = "none"
        with open(self.path("said"), "rb") as said:
            return code, said.read()

    def run(self, kind, phase, side, patience_s):
        is_over = threading.Event()
        beside = threading.Thread(target=stranger, args=(self.work, is_over))
        started = time.monotonic()
        child = self.begin(kind, phase, side)
        beside.start()
        code, said = self.end(child, patience_s)
        took_s = time.monotonic() - started
        is_over.set()
        beside.join()
        return code, took_s, said

    def allowed_time(self, row, again=False):
        """The row's limit beyond what a run of a service without fault takes."""
        if again or row.phase not in self.good_s:
            _, took_s, _ = self.run("none", row.phase, "candidate", 300)
            self.good_s[row.phase] = took_s
        return self.good_s[row.phase] + row.limit_s + SLACK_S

    def check(self, row, side):
        allowed_s = self.allowed_time(row)
        code, took_s, said = self.run(row.kind, row.phase, side, allowed_s + 60)
        want = row.codes[side]
        text = row.text.replace("SIDE", side).replace("PID", str(os.getpid()))
        wrong = []
        if code != (want if want < 128 else 128 - want):
            wrong.append(f"exit {code}, not {want}")
        if not re.search(re.escape(text).replace(r"\.\.\.", ".*").encode(), said):
            wrong.append(f"nobody says: {text}")
        if HOSTILE.search(said):
            wrong.append("the output can act on a terminal or a CI runner")
        wrong += self.left_behind()
        if took_s > allowed_s:
            # Others may have slowed the machine down since: a good service says what is slow now.
            allowed_s = self.allowed_time(row, again=True)
        if took_s > allowed_s:
            wrong.append(f"took {took_s:.1f} s, more than {allowed_s:.1f} s")
        self.tell(f"{row.kind} ({row.phase}), {side} evil", f"exit {code}, {took_s:.1f} s", wrong,
                  said)

    def left_behind(self):
        wrong = [f"process {left} survives" for left in reap()]
        wrong += [f"{address} is still taken" for address in busy_ports(self.work)]
        wrong += [f"{name} is left in TMPDIR" for name in os.listdir(self.path("tmp"))]
        if not os.path.exists(self.path("keep/kept")):
            wrong.append("a file outside was removed")
        shutil.rmtree(self.path("tmp"), ignore_errors=True)
        os.makedirs(self.path("tmp"), exist_ok=True)
        return wrong

    def tell(self, name, outcome, wrong, said):
        print(f"{'FAIL' if wrong else 'ok  '} {name}: {outcome}")
        for line in wrong:
            print(f"FAIL: {name}: {line}")
        if wrong:
            print(said.decode("utf-8", "backslashreplace"))
        sys.stdout.flush()
        self.failures += len(wrong)

    def interrupt(self, number, after_s):
        """A run whose candidate leaves a process; False when it was over before the signal."""
        child = self.begin("leaves-child", "exact-on", "candidate")
        time.sleep(after_s)
        is_late = child.poll() is not None
        child.send_signal(number)
        started = time.monotonic()
        code, said = self.end(child, SLACK_S + 30)
        took_s = time.monotonic() - started
        wrong = self.left_behind()
        if not is_late and code != -number:
            wrong.append(f"exit {code}, not {-number}")
        if took_s > SLACK_S:
            wrong.append(f"took {took_s:.1f} s to end")
        verdict = self.path("out/verdict.json")
        if os.path.exists(verdict):
            # Of a run that was done: whole, or not there.
            with open(verdict, encoding="utf-8") as file:
                json.load(file)
            if b"exit " not in said and not is_late:
                wrong.append("a verdict is left, and no report was given")
        self.tell(f"{signal.Signals(number).name} after {after_s:.2f} s",
                  f"exit {code} {took_s:.1f} s later", wrong, said)
        return not is_late

    def interrupt_often(self, count):
        seed = int.from_bytes(os.urandom(4), "big")
        moments = random.Random(seed)
        code, whole_s, said = self.run("leaves-child", "exact-on", "candidate", 300)
        self.tell("a run that is not interrupted", f"exit {code}, {whole_s:.1f} s, seed {seed}",
                  [] if code == 0 else [f"exit {code}, not 0"], said)
        numbers = (signal.SIGINT, signal.SIGTERM)
        done = 0
        for _ in range(2 * count):
            after_s = moments.uniform(0, whole_s)
            if self.interrupt(numbers[done % 2], after_s):
                done += 1
            else:
                whole_s = after_s
            if done == count:
                return
        self.tell("interruptions", f"{done} of {count}", ["runs end before they are hit"], b"")


def check_rows(driver, wanted, is_all):
    count = 0
    for row in read_rows():
        if wanted and row.kind not in wanted or not is_all and not wanted and row.often == "-":
            continue
        for side in SIDES if is_all or wanted else (row.often,):
            driver.check(row, side)
            count += 1
    return count


def main():
    memgate, work, *args = sys.argv[1:]
    if ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        sys.exit("cannot become a subreaper")
    driver = Driver(memgate, work)
    started = time.monotonic()
    if args[:1] == ["--interrupt"]:
        count = int(args[1])
        driver.interrupt_often(count)
    else:
        count = check_rows(driver, [arg for arg in args if arg != "--all"], "--all" in args)
    print(f"{count} runs in {time.monotonic() - started:.0f} s, {driver.failures} claims broken")
    sys.exit(1 if driver.failures or not count else 0)


main()
