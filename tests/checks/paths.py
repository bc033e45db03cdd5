"""The tree works wherever it is cloned: no path of somebody's machine, nothing made by a
build, no private key."""
import os
import re
import shutil
import subprocess
import sys

import tree

MACHINE = re.compile(r"(?<![\w.])/(work|root|home/[a-z]\w*|Users/\w+|tmp/w)/")
KEY = re.compile(r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----\s*\\?n?[A-Za-z0-9+/]{40}")
MADE = re.compile(r"(\.(o|a|so|pyc|gcda|gcno|profraw)|^core(\.\d+)?)$|(^|/)__pycache__/")


def tracked(root):
    if shutil.which("git") and os.path.exists(os.path.join(root, ".git")):
        out = subprocess.run(["git", "-c", "safe.directory=*", "-C", root, "ls-files", "-z"],
                             check=True, capture_output=True)
        return [p for p in out.stdout.decode().split("\0") if p]
    # A tree that is no clone (a release's): all that is in it.
    return list(tree.files(root, ".", ""))


def main(root):
    bad, met = [], 0
    for path in tracked(root):
        if MADE.search(path):
            bad.append("%s: made by a build" % path)
        full = os.path.join(root, path)
        if not os.path.isfile(full) or "/corpus/" in path:
            continue
        met += 1
        with open(full, "rb") as f:
            text = f.read().decode("utf-8", "replace")
        if KEY.search(text):
            bad.append("%s: a private key" % path)
        for number, line in enumerate(text.split("\n"), 1):
            if MACHINE.search(line) and path != "tests/checks/paths.py":
                bad.append("%s:%d: a path of one machine" % (path, number))
    if met < 20:
        bad.append("%d files: that cannot be all" % met)
    tree.end(bad)


main(sys.argv[1])
