"""An exception as `config --allow` writes it: the old version on a listener of its own, or for one network, for everybody else
nothing changes, and the waivers that stand beside it are what `audit --waivers` wants."""
import json
import pathlib

import pytest

from rooms import Started, rows_with_exception
from run import check_object

ROWS = rows_with_exception()
EXCEPTION = ("--allow", "tls1.0", "--network", "192.0.2.0/24", "--until", "2099-12-31", "--reason", "scales in hall 3")


def work(world, name):
    row = ROWS[name]
    with Started(world, row, "exception") as server:
        text = server.generate(*EXCEPTION)
        waivers = [line[line.index("{"):] for line in text.splitlines() if '"finding"' in line]
        file = pathlib.Path(server.directory, "waivers")
        file.write_text("".join(line + "\n" for line in waivers))
        port = int(json.loads(waivers[0])["target"].rpartition(":")[2])
        server.start(text)
        legacy = server.audit(row.legacy, port, "--waivers", file)
        if port not in (port for _, port in row.endpoints):
            return text, legacy, server.audit(*row.endpoints[0])
    # On the same port, by the network of the client: we are of another.
    with Started(world, row, "everybody") as server:
        server.start(server.generate(*(word.replace("192.0.2.0", "198.51.100.0") for word in EXCEPTION)))
        return text, legacy, server.audit(*row.endpoints[0])


@pytest.mark.parametrize("name", ROWS)
def test_exception(ahead, request, name):
    text, legacy, main = ahead(request.node)
    assert legacy.json["protocols"]["TLSv1.0"] == "yes", (text, legacy)
    assert main.json["protocols"]["TLSv1.0"] == main.json["protocols"]["TLSv1.1"] == "no", (text, main)
    for result in legacy, main:
        check_object(result.json)
        assert result.json["verdict"] == "pass", (text, result)


test_exception.work = work
