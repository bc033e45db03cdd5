"""Runs tlswright as a user does and holds every run to what INTERFACE promises:
exit codes, safe output, JSON by its schema, time and memory."""

import functools
import json
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
TLSWRIGHT = os.environ.get("TLSWRIGHT", str(ROOT / "build" / "tlswright"))
RSS_LIMIT_KIB = 32 * 1024
CHECKS = {"yes", "no", "not-tested", "could-not-test", "not-applicable"}
SEVERITIES = ["info", "low", "medium", "high", "critical"]


@functools.cache
def sanitized(binary):
    """A build with ASan needs far more memory and time than the one users run."""
    return b"__asan_init" in pathlib.Path(binary).read_bytes()


@functools.cache
def schema():
    import jsonschema
    for path in sorted(ROOT.glob("**/*schema*.json")):
        if "build" not in path.relative_to(ROOT).parts[0]:
            return jsonschema.Draft202012Validator(json.loads(path.read_text()))
    return None


def forbidden(text, keep="\n"):
    """Code points INTERFACE bars from all output (a text's own line ends apart)."""
    def bad(c):
        o = ord(c)
        return (o < 0x20 or 0x7F <= o <= 0x9F or o in (0x2028, 0x2029, 0x061C, 0x200E, 0x200F)
                or 0x202A <= o <= 0x202E or 0x2066 <= o <= 0x2069)
    return sorted({hex(ord(c)) for c in text if c not in keep and bad(c)})


class Run:
    """One finished run of the program."""

    def __init__(self, command, stdout, stderr, cost):
        self.command = command
        self.stdout_bytes, self.stderr_bytes = stdout, stderr
        self.stdout = stdout.decode("utf-8", "replace")
        self.stderr = stderr.decode("utf-8", "replace")
        self.code, self.seconds = cost["status"], cost["seconds"]
        self.rss_kib, self.killed = cost["rss_kib"], cost["killed"]

    def __repr__(self):
        return (f"$ {' '.join(self.command)}\n-> {self.code} in {self.seconds:.1f} s, "
                f"{self.rss_kib} KiB{', KILLED' if self.killed else ''}\n"
                f"stdout: {self.stdout[:3000]}\nstderr: {self.stderr[-1500:]}")

    @property
    def objects(self):
        return [json.loads(line) for line in self.stdout.splitlines()]

    @property
    def json(self):
        found = self.objects
        assert len(found) == 1, self
        return found[0]

    @property
    def ids(self):
        return {finding["id"] for finding in self.json["findings"]}


def run(*arguments, limit=70, stdin=b"", env=None, prefix=(), binary=None,
        verb=None, keep="\n"):
    """verb: the demo's first word, the program it is to run; keep: what may stand in its output."""
    binary = str(binary or TLSWRIGHT)
    command = [*map(str, prefix), binary, *([verb] if verb else []), *map(str, arguments)]
    launcher = str(pathlib.Path(__file__).parent / "launch.py")
    environment = {k: v for k, v in os.environ.items() if k != "NO_COLOR"}
    environment.update({"LC_ALL": "C.UTF-8", **(env or {})})
    read_end, write_end = os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-I", "-S", launcher, str(write_end), str(limit), *command],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env=environment, pass_fds=(write_end,))
    os.close(write_end)
    stdout, stderr = process.communicate(stdin)
    with os.fdopen(read_end, "rb") as pipe:
        cost = json.loads(pipe.read())
    result = Run(command, stdout, stderr, cost)
    check_always(result, binary, keep)
    return result


def check_always(result, binary, keep="\n"):
    """True of every run whatever the server did."""
    assert not result.killed, result
    assert result.code in (0, 1, 2, 3), result
    assert "Sanitizer" not in result.stderr and "runtime error" not in result.stderr, result
    result.stdout_bytes.decode("utf-8")             # or it raises
    assert not forbidden(result.stdout, keep), (forbidden(result.stdout, keep), result)
    if not sanitized(binary):
        assert result.rss_kib < RSS_LIMIT_KIB, result


def check_object(o):
    """What holds for every JSON object of an endpoint."""
    if schema() is not None:
        errors = [e.message for e in schema().iter_errors(o)]
        assert not errors, errors[:5]
    for key in ("reach", "protocols", "findings", "verdict", "untested", "policy"):
        assert key in o, key
    for finding in o["findings"]:
        assert finding["severity"] in SEVERITIES and finding["proof"] in ("proven", "inferred")
        assert len(finding["fingerprint"]) == 16
        assert finding["title"] and finding["why"], finding
    prints = [finding["fingerprint"] for finding in o["findings"]]
    assert len(prints) == len(set(prints)), "two findings of one fingerprint"
    told = {row["path"] for row in o["untested"]}
    for group in ("protocols", "features", "vulnerabilities"):
        for name, value in (o.get(group) or {}).items():
            if isinstance(value, str):
                assert value in CHECKS, (group, name, value)
            if value == "could-not-test":
                assert any(path in (group, f"{group}.{name}") for path in told), (group, name)
    assert all(row["reason"] for row in o["untested"])
    assert not forbidden(json.dumps(o, ensure_ascii=False)), "a forbidden code point in a value"


def check_exit(result, fail_on="high"):
    """Exit status and verdicts follow from findings (INTERFACE, "Verdict and exit status")."""
    verdicts = set()
    floor = SEVERITIES.index(fail_on)
    for o in result.objects:
        bad = any(SEVERITIES.index(f["severity"]) >= floor and f["waiver"] is None
                  for f in o["findings"])
        assert (o["verdict"] == "fail") == bad, result
        if not bad and o["reach"]["tls"] not in ("tls", "plaintext"):
            assert o["verdict"] == "unknown", result
        verdicts.add(o["verdict"])
    expected = 1 if "fail" in verdicts else 3 if "unknown" in verdicts else 0
    assert result.code == expected, (expected, result)


def audit(*arguments, **options):
    """`audit --json`, every object checked."""
    result = run("audit", "--json", *arguments, **options)
    for o in result.objects:
        check_object(o)
    return result
