"""The manual and --help tell of the same verbs and the same options."""
import os
import re
import subprocess
import sys

import tree


def help_of(program, *words):
    out = subprocess.run([program, *words, "--help"], capture_output=True, text=True,
                         stdin=subprocess.DEVNULL)
    return out.stdout if out.returncode == 0 else ""


def page_options(text):
    """Options a page defines: a line of bold words that begin with a dash, in columns 0."""
    found = set()
    for line in text:
        if line.startswith("*-"):
            found.update(re.findall(r"\*(--?[a-z0-9][a-z0-9-]*)\*", line))
    return found


def main(root, program):
    bad = []
    verbs = re.findall(r"^  ([a-z]+)  ", help_of(program), re.M)
    if not verbs:
        bad.append("tlswright --help names no verb")
    front = "\n".join(tree.lines(root, "man/tlswright.1.scd"))
    for verb in verbs:
        path = "man/tlswright-%s.1.scd" % verb
        if not re.search(r"^\*%s\*" % verb, front, re.M):
            bad.append("man/tlswright.1.scd does not list the verb " + verb)
        if not os.path.exists(os.path.join(root, path)):
            bad.append("%s is missing" % path)
            continue
        told = set(re.findall(r"(?<![\w-])(--?[a-z0-9][a-z0-9-]*)",
                              "\n".join(re.match(r"\s+((?:--?[\w-]+(?:[= ][^ ,]+)?(?:, )?)+)", line).group(1)
                                        for line in help_of(program, verb).split("\n")
                                        if re.match(r"\s+-", line))))
        written = page_options(tree.lines(root, path))
        if not told:
            bad.append("tlswright %s --help shows no option" % verb)
        told.add("--help")
        for option in sorted(told - written):
            bad.append("%s does not tell of %s" % (path, option))
        for option in sorted(written - told):
            bad.append("%s tells of %s, which tlswright %s does not have" % (path, option, verb))
    for path in tree.files(root, "man", ".scd"):
        verb = re.match(r"man/tlswright-(\w+)\.1\.scd$", path)
        if verb and verb.group(1) not in verbs:
            bad.append("%s is about no verb there is" % path)
    tree.end(bad)


main(sys.argv[1], sys.argv[3])
