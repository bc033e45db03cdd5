"""Ten runs on one server give ten equal objects: times, days_left, connections and a varying banner aside."""
import json

import pytest

from run import audit

RUNS = 10


def steady(value, key=None):
    if key in ("started", "elapsed_ms", "connections", "days_left", "ms"):
        return None
    if isinstance(value, dict):
        return {k: steady(v, k) for k, v in value.items()}
    if isinstance(value, list):
        return [steady(v) for v in value]
    return value


@pytest.mark.parametrize("name", ["nginx-modern", "nginx-weak", "postfix-smtp", "dovecot-imap", "postgresql-postgres",
                                  "inspircd-ircs"])
def test_ten_runs_are_equal(lab, name):
    e = lab.endpoints[name]
    target = "%s://%s:%d" % (e["scheme"], e["host"], e["port"])
    seen = {}
    for _ in range(RUNS):
        o = audit(target, "--connect", "127.0.0.1", "--ca", lab.ca).json
        seen.setdefault(json.dumps(steady(o), sort_keys=True), o)
    assert len(seen) == 1, differing(list(seen))


def differing(objects):
    """The lines in which the first two differ: what to look at."""
    one, other = (json.dumps(json.loads(o), indent=1, sort_keys=True).splitlines() for o in objects[:2])
    return [pair for pair in zip(one, other) if pair[0] != pair[1]][:20]
