"""One scenario: a scripted server, the audit of it, and what must come out.
What a ScriptedTls was told to be is compared as a whole by agrees_with()."""

import contextlib
import os
from dataclasses import dataclass, field

import run as runner
from servers import tls, wire
from servers.tcp import Server

RELEASE = os.environ.get("TLSWRIGHT_RELEASE", runner.TLSWRIGHT)


@dataclass(eq=False)
class Scenario:
    name: str
    # make(pki) gives a connection handler, or (handler, ScriptedTls) when its truth is to be held.
    make: object
    scheme: str = "tls"                 # "" for a bare host:port
    options: tuple = ("--timeout", "5s")
    expect: dict = field(default_factory=dict)      # {"reach.tls": "silent" or a set of words}
    find: set = field(default_factory=set)          # ids that must be found
    never: set = field(default_factory=set)         # ids that must not
    check: object = None                # check(outcome) for the rest
    address: str = "127.0.0.1"
    limit: float = 15
    measured: bool = False              # also the build users run: time and memory count there
    slow: bool = False
    ca: bool = True
    untold: bool = False                # nothing about TLS is known: no check may say "no"

    def __str__(self):
        return self.name

    def play(self, pki, folder):
        outcomes = [self.play_once(pki, folder, runner.TLSWRIGHT)]
        if self.measured and RELEASE != runner.TLSWRIGHT:
            outcomes.append(self.play_once(pki, folder, RELEASE))
        return outcomes

    def play_once(self, pki, folder, binary):
        made = self.make(pki)
        handler, scripted = made if isinstance(made, tuple) else (made, None)
        with contextlib.ExitStack() as stack:
            if isinstance(handler, Server):
                server = stack.enter_context(handler)
            else:
                server = stack.enter_context(Server(handler, self.address))
            target = (self.scheme + "://" if self.scheme else "") + server.target
            arguments = [*(("--ca", pki.ca_file) if self.ca else ()), *self.options, target]
            result = runner.audit(*arguments, binary=binary)
        facts = folder / f"{self.name}-{os.path.basename(os.path.dirname(binary))}.json"
        facts.write_bytes(result.stdout_bytes)
        again = runner.run("audit", "--from", facts, binary=binary)
        return Outcome(self, result, again, server, scripted)


class Outcome:
    def __init__(self, scenario, result, again, server, scripted):
        self.scenario, self.result, self.again = scenario, result, again
        self.server, self.scripted = server, scripted

    @property
    def json(self):
        return self.result.json

    def get(self, path):
        """The value at "reach.tls", "protocols.TLSv1.0", "suites.TLSv1.2.preference"."""
        value, left = self.json, path
        while left:
            for key in sorted(value, key=len, reverse=True):
                if left == key or left.startswith(key + "."):
                    value, left = value[key], left[len(key) + 1:]
                    break
            else:
                raise KeyError(f"{path}: no {left} in {sorted(value)}")
        return value

    def judge(self):
        s, o = self.scenario, self.json
        said = repr(self.result)
        assert not self.server.faults, self.server.faults[0]
        assert self.result.seconds < s.limit, said
        for path, wanted in s.expect.items():
            value = self.get(path)
            fine = value in wanted if isinstance(wanted, (set, frozenset)) else value == wanted
            assert fine, f"{path} is {value!r}, not {wanted!r}\n{said}"
        missing, extra = s.find - self.result.ids, s.never & self.result.ids
        assert not missing, f"not found: {missing}; found: {self.result.ids}\n{said}"
        assert not extra, f"found, and must not be: {extra}\n{said}"
        runner.check_exit(self.result)
        if s.untold or o["reach"]["tls"] not in ("tls", None):
            for version, value in o["protocols"].items():
                assert value != "no", f"{version} is said to be absent\n{said}"
        if self.scripted is not None:
            agrees_with(self.scripted, o, said)
        if s.check is not None:
            s.check(self)
        # The same facts, judged again without a network, end the same way.
        assert self.again.code == self.result.code, (self.again, said)
        assert self.again.stdout.strip(), self.again


class _Everything:
    """A client that offers all there is: what a ScriptedTls can be made to choose."""
    version = wire.TLS12
    suites = list(wire.NAMES)
    groups = sorted(wire.GROUPS.values())
    schemes = sorted(wire.HASH_OF)
    extensions = {}
    sni = None


def truth_of_suites(scripted, version):
    """The suites a ScriptedTls speaks in a version, in its own order."""
    return [f"TLS_{wire.NAMES[s]}" for s in scripted.suites_of(version)
            if scripted._possible(_Everything, version, s)]


def agrees_with(scripted, o, said=""):
    """Versions, suites, order, groups, DH and hello features against what was scripted."""
    for version, name in wire.IDS.items():
        wanted = "yes" if version in scripted.versions else "no"
        assert o["protocols"][name] == wanted, f"{name}: {o['protocols'][name]}\n{said}"
    for version in scripted.versions:
        name = wire.IDS[version]
        if version == wire.SSL2:
            wanted = [f"SSL_CK_{k}" for k in scripted.ssl2_kinds]
        else:
            wanted = truth_of_suites(scripted, version)
        seen = [row["name"] for row in o["suites"][name]["list"]]
        assert sorted(seen) == sorted(wanted), f"{name}: {seen}\nnot {wanted}\n{said}"
        if version == wire.SSL2:
            continue
        preference = "single" if len(wanted) == 1 else scripted.preference
        assert o["suites"][name]["preference"] == preference, (name, o["suites"][name], said)
        if preference in ("server", "server-chacha"):
            assert seen == wanted, f"{name}: order {seen}\nnot {wanted}\n{said}"
    _agree_groups(scripted, o, said)
    _agree_dh(scripted, o, said)
    _agree_features(scripted, o, said)


def _spoken_kx(scripted):
    return {tls.kx_of(s) for v in scripted.versions if v != wire.SSL2
            for s in scripted.suites_of(v) if scripted._possible(_Everything, v, s)}


def _agree_groups(scripted, o, said):
    version = max(scripted.versions)
    if version < wire.TLS12 or not any(kx.startswith("ECDH") for kx in _spoken_kx(scripted)):
        return
    wanted = [g for g in scripted.groups if not g.startswith("ffdhe")]
    groups = o["groups"][wire.IDS[version]]
    seen = [row["name"] for row in groups["list"] if not row["name"].startswith("ffdhe")]
    assert sorted(seen) == sorted(wanted), (groups, said)
    if len(wanted) > 1:
        assert groups["preference"] == "server" and seen == wanted, (groups, said)


def _agree_dh(scripted, o, said):
    uses = any(kx.startswith("DH") and "anon" not in kx for kx in _spoken_kx(scripted))
    if not uses:
        return
    assert [row["bits"] for row in o["dh"]] == [scripted.dh[0].bit_length()], (o["dh"], said)
    assert o["dh"][0]["reused"] == ("yes" if scripted.dh_reuse else "no"), (o["dh"], said)


def _agree_features(scripted, o, said):
    features, versions = o["features"], [v for v in scripted.versions if v >= wire.TLS10]
    if not versions:
        return
    blocks = scripted.extensions
    wanted = {
        "session_tickets": scripted.ticket and blocks,
        "secure_renegotiation": scripted.renegotiation_info and blocks,
        "extended_master_secret": scripted.ems and blocks,
        "compression": scripted.compression,
        "heartbeat": scripted.heartbeat and blocks,
    }
    identified = any("anon" not in kx for kx in _spoken_kx(scripted))
    if identified:
        wanted["client_certificate"] = scripted.request_certificate
    if len(versions) > 1 and max(versions) == wire.TLS12:
        wanted["fallback_scsv"] = scripted.fallback_scsv
    if any("CBC" in row["name"] for v in versions for row in o["suites"][wire.IDS[v]]["list"]):
        wanted["encrypt_then_mac"] = scripted.etm and blocks
    for name, value in wanted.items():
        assert features[name] == ("yes" if value else "no"), (name, features, said)


def scripted(**knobs):
    """make() of an implicit ScriptedTls with the session's certificates."""
    def make(pki):
        knobs_now = {"identities": pki.identities, **knobs}
        identities = knobs_now["identities"]
        if callable(identities):
            knobs_now["identities"] = identities(pki)
        t = tls.ScriptedTls(**knobs_now)
        return tls.serve(t), t
    return make


def behind(dialogue, hold=True, tls_knobs=None, **knobs):
    """make() of a dialogue with a good ScriptedTls behind its go-ahead."""
    def make(pki):
        t = tls.ScriptedTls(identities=pki.identities, **(tls_knobs or GOOD))
        handler = dialogue(lambda conn: tls.talk(t, conn), **knobs)
        return (handler, t) if hold else handler
    return make


GOOD = {"suites": ("ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "ECDHE_RSA_WITH_AES_128_GCM_SHA256",
                   "ECDHE_RSA_WITH_AES_256_GCM_SHA384")}
