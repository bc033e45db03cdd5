"""A file includes its own floor and lower ones; only some files know some libraries."""
import os
import re
import sys

import tree

INCLUDE = re.compile(r'^\s*#\s*include\s+(["<])([^">]+)[">]')
# Headers that only some files may include, and which; the rest of the tree may not.
KEPT = [
    (re.compile(r"^openssl/ssl\.h$"), re.compile(r"^src/net/tls[a-z_]*\.[ch]$")),
    (re.compile(r"^openssl/"),
     re.compile(r"^src/(base/crypto[a-z_0-9]*\.[ch]|cert/[a-z_0-9]+\.[ch]|net/tls[a-z_]*\.[ch]|net/libraries\.c)$")),
    (re.compile(r"^uv\.h$"), re.compile(r"^src/(net|exam)/[a-z_0-9]+\.[ch]$")),
    (re.compile(r"^confuse\.h$"), re.compile(r"^src/(gate/config_confuse|net/libraries)\.c$")),
    (re.compile(r"^seccomp\.h$"), re.compile(r"^src/net/(sandbox|libraries)\.c$")),
    (re.compile(r"^nghttp2/"), re.compile(r"^src/(wire/http2_follow|net/libraries)\.c$")),
    (re.compile(r"^ares(_[a-z]+)?\.h$"), re.compile(r"^src/net/[a-z_0-9]+\.[ch]$")),
    (re.compile(r"^(sys/(socket|un|epoll|stat|mman|ioctl)|netinet/.*|netdb|poll|fcntl|dirent|pthread|signal)\.h$"),
     re.compile(r"^src/(net|exam|gate|verb)/|^src/main\.c$")),
]
# What verbs may share: these are no verbs.
VERB = re.compile(r"^const struct tw_verb tw_verb_([a-z0-9_]+)\b", re.M)


def check_include(path, kind, name, verbs):
    folder = path.split("/")[1] if path.count("/") > 1 else None
    for header, place in KEPT:
        if header.match(name) and not place.match(path):
            return "<%s> is not for this file (KEPT in floors.py says whose it is)" % name
    if kind == "<" or folder is None:
        return None
    if "/" not in name:
        return None if name.endswith((".def", ".inc")) else \
            'say the floor: "%s/%s"' % (folder, name)
    to = name.split("/")[0]
    if to not in tree.FLOORS:
        return "no such floor: " + to
    if tree.FLOORS.index(to) > tree.FLOORS.index(folder):
        return "%s stands below %s and may not use it" % (folder, to)
    if to == folder == "verb":
        mine = path.split("/", 2)[2]
        theirs = re.match(r"(?:verb/)([a-z0-9]+)", name).group(1)
        if theirs in verbs and not re.match(theirs + r"\b|" + theirs + "_", mine):
            return "a verb may not include another verb"
    return None


def main(root):
    bad = []
    verbs = set()
    for path in tree.files(root, "src/verb", ".c"):
        verbs.update(VERB.findall("\n".join(tree.lines(root, path))))
    seen = 0
    for path in tree.files(root, "src", ".c", ".h", ".def"):
        folder = path.split("/")[1]
        if path.count("/") > 1 and folder not in tree.FLOORS:
            bad.append("%s: no such floor" % path)
            continue
        for number, line in enumerate(tree.lines(root, path), 1):
            m = INCLUDE.match(line)
            if m is None:
                continue
            seen += 1
            why = check_include(path, m.group(1), m.group(2), verbs)
            if why:
                bad.append("%s:%d: %s" % (path, number, why))
    if seen == 0:
        bad.append("no #include found: is this the source root?")
    tree.end(bad)


main(sys.argv[1])
