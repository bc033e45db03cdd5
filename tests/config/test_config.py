"""The configuration that `config` prints for a server is accepted by that server's own check, the server runs with
it, and `audit` passes it by the policy it was made for."""
import pytest

from rooms import HERE, Started, rows, targets
from run import check_exit, check_object

ROWS, WAITING = rows()
GOLDEN = HERE.parent / "golden" / "config"


def work(world, name, policy):
    """One server with what is generated for it: what the audit of each endpoint said."""
    row = ROWS[name]
    more = ["--policy", policy] if policy else []
    with Started(world, row, policy or "own") as server:
        text = server.generate(*more)
        server.start(text)
        results = [server.audit(scheme, port, *more) for scheme, port in row.endpoints]
        return text, results, server.log()


def told(results, beyond=("info",)):
    """The findings worth more than that, a line each."""
    return ["%s %s (%s %s): %s" % (f["severity"], f["id"], o["target"], f["subject"], f["evidence"])
            for result in results for o in result.objects for f in o["findings"] if f["severity"] not in beyond]


def runs(function):
    function.work = work
    return function


@pytest.mark.parametrize("name,policy", [(name, policy) for name, row in ROWS.items()
                                         for policy in (None, *row.policies)])
@runs
def test_generated(ahead, request, name, policy):
    text, results, log = ahead(request.node)
    for result in results:
        for o in result.objects:
            check_object(o)
            if o["reach"]["tls"] != "tls" or o["verdict"] != "pass":
                pytest.fail("\n".join([text, "--- With that:", str(o["reach"]), o["verdict"], *told([result]), "--- It said:", log]), pytrace=False)
        check_exit(result)
    if policy is None:
        # What is worth a word is gone, but for what this server cannot: each with its reason in its file.
        found = told(results)
        if {line.split()[1] for line in found} != set(ROWS[name].left):
            pytest.fail("\n".join([text, "--- With that is left:", *found, "--- but the file says why of:",
                                   *ROWS[name].left]), pytrace=False)


# What Debian 13 has no package of: golden text (tests/golden/config/) is what holds them, and the vendors' pages in
# the row of src/data/targets.def.
NOT_PACKAGED = {"active-directory", "crypto-policies", "elasticsearch", "envoy", "iis", "iis-registry", "kafka",
                "mongodb", "mssql", "mssql-windows", "mysql", "opensearch", "traefik", "unrealircd"}


def test_every_server():
    """A server that config knows runs here, or Debian has it not; and nothing here waits for a server unknown."""
    known, here = targets(), {row.target for row in ROWS.values()}
    assert known == here | NOT_PACKAGED, (known ^ (here | NOT_PACKAGED))
    assert not here & NOT_PACKAGED
    assert not WAITING, WAITING
    for name in NOT_PACKAGED:
        assert (GOLDEN / (name + ".txt")).is_file(), name
