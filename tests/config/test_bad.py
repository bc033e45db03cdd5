"""A deliberately bad configuration of a server: audit says what is bad."""
import pytest

from rooms import Started, rows
from run import check_exit, check_object

ROWS = {name: row for name, row in rows()[0].items() if row.bad is not None}


def work(world, name):
    row = ROWS[name]
    with Started(world, row, "bad") as server:
        text = server.fill(row.bad)
        server.start(text)
        return text, [server.audit(scheme, port) for scheme, port in row.endpoints]


def runs(function):
    function.work = work
    return function


@pytest.mark.parametrize("name", ROWS)
@runs
def test_bad(ahead, request, name):
    text, results = ahead(request.node)
    verdicts = set()
    for result in results:
        check_exit(result)
        for o in result.objects:
            check_object(o)
            verdicts.add(o["verdict"])
    if verdicts != {"fail"}:
        pytest.fail("%s\n--- With that: %s\n%s" % (text, verdicts, results), pytrace=False)
