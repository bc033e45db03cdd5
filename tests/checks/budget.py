"""Files, functions and headers keep to a size a person can hold in mind. Tables, which
are data, do not count: the lines of a top-level initializer, and .def files."""
import re
import sys

import tree

FILE_SOFT, FILE_HARD = 400, 800
FUNCTION_SOFT, FUNCTION_HARD = 50, 100
HEADER_SOFT, HEADER_HARD = 100, 200


def measure(text):
    """Lines that are not table, and (name, first line, length) of each function."""
    count, functions, table, start = 0, [], False, None
    for number, line in enumerate(text, 1):
        if table:
            table = not line.startswith("}")
            continue
        if start is None and re.match(r"^[a-z].*=\s*\{\s*(/\*.*)?$", line):
            table = True
        elif line == "{":
            start = number
        elif line.startswith("}") and start is not None:
            functions.append((name_before(text, start - 1), start, number - start - 1))
            start = None
        count += 1
    return count, functions


def name_before(text, at):
    for line in reversed(text[max(0, at - 8):at]):
        m = re.match(r"^(\w+)\(", line)
        if m:
            return m.group(1)
    return "?"


def main(root):
    bad, notes, met = [], [], 0
    for path in list(tree.files(root, "src", ".c", ".h")) + list(tree.files(root, "demo", ".c")):
        count, functions = measure(tree.lines(root, path))
        met += len(functions)
        soft, hard = (HEADER_SOFT, HEADER_HARD) if path.endswith(".h") else (FILE_SOFT, FILE_HARD)
        if count > hard:
            bad.append("%s: %d lines, at most %d" % (path, count, hard))
        elif count > soft:
            notes.append("%s: %d lines, better %d" % (path, count, soft))
        for name, line, length in functions:
            if length > FUNCTION_HARD:
                bad.append("%s:%d: %s() has %d lines, at most %d"
                           % (path, line, name, length, FUNCTION_HARD))
            elif length > FUNCTION_SOFT:
                notes.append("%s:%d: %s() has %d lines, better %d"
                             % (path, line, name, length, FUNCTION_SOFT))
    if met == 0:
        bad.append("no function found: is this the source root, and KNF?")
    tree.end(bad, notes)


main(sys.argv[1])
