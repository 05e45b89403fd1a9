#!/usr/bin/python3
"""tree.py REPO BRANCH MODE ENTRY [CONTENT]: main's tree plus one literal entry, on a new branch."""

import subprocess
import sys

repo, branch, mode, entry = sys.argv[1:5]
content = sys.argv[5] if len(sys.argv) > 5 else "package main\n"


def git(*args, stdin=b""):
    who = ["-c", "user.name=test", "-c", "user.email=test@example.com"]
    return subprocess.run(["git", "-C", repo, *who, *args], input=stdin, check=True,
                          stdout=subprocess.PIPE).stdout


blob = git("hash-object", "-w", "--stdin", stdin=content.encode()).decode().strip()
tree = git("cat-file", "tree", "main^{tree}")
tree += b"%s %s\0" % (mode.encode(), entry.encode()) + bytes.fromhex(blob)
# --literally: git refuses to write such a tree otherwise.
made = git("hash-object", "-t", "tree", "-w", "--stdin", "--literally", stdin=tree).decode().strip()
commit = git("commit-tree", made, "-p", "main", "-m", "hostile").decode().strip()
git("update-ref", "refs/heads/" + branch, commit)
