"""Plays one case: staged once, diagnosed for a program and for a person."""

import run as runner
from stage import Stage


def diagnose(stage, pki, case, *options, **kw):
    return runner.run("diagnose", "--ca", pki.ca_file, *options, *case.options, case.target, prefix=stage.prefix, **kw)


def play(case, pki):
    with Stage() as stage:
        case.stage(stage, pki)
        told = diagnose(stage, pki, case, "--json")
        words = diagnose(stage, pki, case)
        return told, words, stage.faults
