"""diagnose on a stage: the cause of every staged failure, in words and in JSON, and no
fault where nothing is wrong."""

import functools
import json

import pytest

import run as runner
from cases import CASES, HEALTHY


@functools.cache
def schema():
    import jsonschema
    text = (runner.ROOT / "schema" / "diagnose.schema.json").read_text()
    return jsonschema.Draft202012Validator(json.loads(text))


def check_object(o):
    errors = [f"{e.json_path}: {e.message}" for e in schema().iter_errors(o)]
    assert not errors, errors[:5]
    assert not runner.forbidden(json.dumps(o, ensure_ascii=False))
    assert (o["verdict"] == "cause-found") == any(c["fault"] for c in o["causes"]) == (o["cause"] is not None)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_cause(case, played):
    told, words, faults = played(case)
    for each in told.objects:
        check_object(each)
    o = told.objects[-1]
    assert o["cause"] == case.cause, told
    assert told.code == 1 and o["sure"] in case.sure, told
    assert told.seconds < case.limit, told
    first = next(c for c in o["causes"] if c["fault"])
    assert first["next"] and first["sentence"].endswith((".", "?")), told
    everything = " ".join([first["sentence"], *first["next"]])
    # For a person: the sentence, how sure, and the steps by number.
    flat = " ".join(words.stdout.split())
    assert words.code == 1 and "Cause: " in flat and " 1. " in flat, words
    assert f"({o['sure']})" in flat, words
    for word in case.words:
        assert word in everything, (word, everything, told)
        assert word in flat, (word, words)
    assert not faults, faults[0]


@pytest.mark.parametrize("case", HEALTHY, ids=str)
def test_healthy(case, played):
    told, words, faults = played(case)
    o = told.json
    check_object(o)
    assert o["verdict"] == "works" and told.code == 0, told
    assert not any(c["fault"] for c in o["causes"]), told
    assert words.code == 0 and "It works" in words.stdout, words
    assert not faults, faults[0]
