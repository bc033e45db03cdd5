"""The JSON Schema of an audited endpoint is a schema, fits the kept reports, and is no
sieve: an object with one thing wrong does not fit."""
import copy
import json
import os
import sys

import tree

try:
    import jsonschema
except ImportError:             # Debian's modules are for Debian's python
    if sys.executable == "/usr/bin/python3" or not os.path.exists("/usr/bin/python3"):
        print("python3-jsonschema is not installed")
        sys.exit(77)
    os.execv("/usr/bin/python3", ["/usr/bin/python3"] + sys.argv)

WRONG = [
    (["port"], 0), (["mode"], "sideways"), (["protocols", "TLSv1.3"], "maybe"),
    (["reach", "tls"], "perhaps"), (["verdict"], "fine"), (["host"], "a\x1b[2J"),
    (["target"], "a\u202eb"), (["suites", "TLSv9"], {"preference": None, "list": []}),
    (["certificates", 0, "sha256"], "ab"), (["certificates", 0, "not_after"], "tomorrow"),
    (["certificates", 0, "chain_issues"], ["odd"]), (["findings", 0, "fingerprint"], "x"),
    (["untested", 0, "state"], "no answer"), (["started"], 7), (["schema"], 2),
]


def put(value, path, new):
    for step in path[:-1]:
        value = value[step]
    value[path[-1]] = new


def main(root):
    bad = []
    with open(os.path.join(root, "schema/audit.schema.json"), encoding="utf-8") as f:
        schema = json.load(f)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    kept = [p for p in tree.files(root, "tests/golden", ".json") if "/report-" in p]
    if not kept:
        bad.append("tests/golden holds no report")
    for path in kept:
        with open(os.path.join(root, path), encoding="utf-8") as f:
            report = json.load(f)
        for error in validator.iter_errors(report):
            bad.append("%s: %s: %s" % (path, error.json_path, error.message))
        if not path.endswith("report-old-imap.json"):
            continue
        for key in report:
            less = {k: v for k, v in report.items() if k != key}
            if validator.is_valid(less):
                bad.append("an object without %s fits the schema" % key)
        for where, value in WRONG:
            wrong = copy.deepcopy(report)
            put(wrong, where, value)
            if validator.is_valid(wrong):
                bad.append("an object with %s %r fits the schema" % (where, value))
    tree.end(bad)


main(sys.argv[1])
