"""The configuration that `config` prints for a server is accepted by that server's own check, the server runs with
it, and `audit` passes it by the policy it was made for."""
import pytest

from rooms import Started, rows
from run import check_exit, check_object

ROWS = rows()


def work(world, name, policy):
    """One server with what is generated for it: what the audit of each endpoint said."""
    row = ROWS[name]
    more = ["--policy", policy] if policy else []
    with Started(world, row, policy or "own") as server:
        text = server.generate(*more)
        server.start(text)
        return text, [server.audit(scheme, port, *more) for scheme, port in row.endpoints]


def beyond(results, level=("low", "medium", "high", "critical")):
    return {finding["id"] for result in results for o in result.objects for finding in o["findings"]
            if finding["severity"] in level}


def runs(function):
    function.work = work
    return function


@pytest.mark.parametrize("name,policy", [(name, policy) for name, row in ROWS.items()
                                         for policy in (None, *row.policies)])
@runs
def test_generated(ahead, request, name, policy):
    text, results = ahead(request.node)
    for result in results:
        for o in result.objects:
            check_object(o)
            assert o["reach"]["tls"] == "tls", result
            assert o["verdict"] == "pass", (o["findings"], text)
        check_exit(result)
    if policy is None:
        # What is worth a word is gone, but for what this server cannot: each with its reason in its file.
        found = beyond(results)
        assert found == set(ROWS[name].left), (found, set(ROWS[name].left), text)
