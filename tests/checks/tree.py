"""What the checks share: the files of the tree, and how a check ends."""
import os
import sys

# From the ground up. A file includes its own folder and the ones before it.
FLOORS = ["base", "data", "wire", "dialog", "service", "cert", "probe", "judge", "conf", "host", "guard", "report",
          "net", "exam", "gate", "verb"]
WATERLINE = FLOORS.index("net")


def files(root, folder, *ends):
    for where, folders, names in os.walk(os.path.join(root, folder)):
        folders[:] = sorted(f for f in folders if not f.startswith((".", "build", "__")))
        for name in sorted(names):
            if name.endswith(ends):
                path = os.path.join(where, name)
                yield os.path.relpath(path, root)


def lines(root, path):
    with open(os.path.join(root, path), encoding="utf-8") as f:
        return f.read().removesuffix("\n").split("\n")


def end(bad, notes=()):
    for line in notes:
        print("note: " + line)
    for line in bad:
        print(line)
    sys.exit(1 if bad else 0)
