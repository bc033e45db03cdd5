"""What the documents name is there: files of the tree, make's targets, links, and findings."""
import os
import re
import sys

import tree

PAGES = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"]
TREE = r"(?:src|tests|tools|docs|fuzz|bench|man|demo|completion|\.ci)"
# NAME, N, X stand for what the reader chooses; build folders are made.
CHOSEN = re.compile(r"(?<![a-z])(NAME|FILE|ID|X)(?![a-z])|/x\.|/$|[*…]")


def main(root):
    bad, met = [], 0
    makefile = "\n".join(tree.lines(root, "Makefile"))
    targets = set(re.findall(r"^([a-z][a-z0-9-]*):", makefile, re.M))
    pages = PAGES + list(tree.files(root, "docs", ".md"))
    for page in pages:
        for number, line in enumerate(tree.lines(root, page), 1):
            where = "%s:%d: " % (page, number)
            for path in re.findall(r"(?<![\w/.$-])(%s/[\w./*…-]*)" % TREE, line):
                path = path.rstrip(".")
                met += 1
                if not CHOSEN.search(path) and not os.path.exists(os.path.join(root, path)):
                    bad.append(where + "there is no " + path)
            for link in re.findall(r"\]\(([^)#:]+)\)", line):
                met += 1
                if not os.path.exists(os.path.join(root, os.path.dirname(page), link)):
                    bad.append(where + "the link to %s leads nowhere" % link)
            for target in re.findall(r"(?:^    (?:sudo )?|`)make ([a-z][a-z0-9-]*)", line):
                met += 1
                if target not in targets:
                    bad.append(where + "make %s is no target" % target)
    if met < 20:
        bad.append("%d names met in %s: that cannot be all" % (met, pages))
    tree.end(bad)


main(sys.argv[1])
