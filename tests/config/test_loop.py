"""The loop closed: a deliberately bad configuration, its audit, what `config --from` makes of that, applied and audited
again. Above info nothing of the first audit is left; what is left below has its reason in the text."""
import pathlib
import re

import pytest

from rooms import Refused, Started, rows
from run import check_exit, check_object, run

ROWS = {name: row for name, row in rows()[0].items() if row.bad is not None}


def mend(server, before):
    """`config --from`: a server that says its name is recognised, the others are named."""
    first, *options = server.arguments()
    done = run("config", "--from", before, *options, keep="\n\t")
    if done.code != 0:
        done = run("config", first, "--from", before, *options, keep="\n\t")
    if done.code != 0:
        raise Refused(repr(done))
    return done.stdout


def work(world, name):
    row = ROWS[name]
    with Started(world, row, "bad") as bad:
        bad.start(bad.fill(row.bad))
        first = [bad.audit(scheme, port) for scheme, port in row.endpoints]
        before = pathlib.Path(world.directory, name + ".before")
        before.write_text("".join(result.stdout for result in first))
    with Started(world, row, "mended") as mended:
        text = mend(mended, before)
        mended.start(text)
        second = [mended.audit(scheme, port) for scheme, port in row.endpoints]
        changes = mended.changes(*row.endpoints[0], before)
    return text, first, second, changes


def findings(result):
    """What stands in a result, by what makes it one: id and subject."""
    return {(f["id"], f["subject"]): f["severity"] for f in result.json["findings"]}


def reasons(text, result):
    """Of the notes above the configuration those for this endpoint: id to its last line."""
    target = result.json["target"].partition("://")[2]
    told, here, name = {}, False, None
    for line in text.splitlines():
        if not line:
            break    # the configuration itself
        line = re.sub(r"^\W+", "", line)
        if re.match(r"\S+:\d+[,:] ", line):
            here = line.startswith((target + ",", target + ":"))
        found = re.match(r"([a-z0-9-]+) \((info|low|medium|high|critical)\): ", line)
        name = found.group(1) if found else name
        if here and name:
            told[name] = line
    return told


@pytest.mark.parametrize("name", ROWS)
def test_loop(ahead, request, name):
    text, first, second, changes = ahead(request.node)
    for result in first + second:
        check_object(result.json)
        check_exit(result)
    trouble = []
    for was, now in zip(first, second):
        assert was.json["verdict"] == "fail", was
        left = set(findings(was)) & set(findings(now))
        told = reasons(text, was)
        for key in sorted(left):
            if findings(now)[key] != "info" and key[0] not in ROWS[name].left:
                trouble.append("not mended: %s of %s" % (key, was.json["target"]))
            elif not told.get(key[0], "").startswith(("left", "no line of this server")):
                trouble.append("no reason for what is left: %s of %s, only %r" % (key, was.json["target"],
                                                                                  told.get(key[0])))
        if now.json["verdict"] != "pass":
            trouble.append("%s: %s" % (now.json["verdict"], findings(now)))
    assert "Mended" in changes, changes
    if trouble:
        pytest.fail("\n".join([text, "--- With that:", *trouble]), pytrace=False)


test_loop.work = work
