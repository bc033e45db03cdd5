"""One setting of nginx changed: that fact changes, what follows from it changes, and no other."""
import pytest

from daemons import NGINX_SETTINGS

# What differs between any two audits: when, how long, where.
VOLATILE = {"started", "elapsed_ms", "connections", "target", "port", "reach.ms"}
VOLATILE_KEYS = {"days_left", "fingerprint"}


def flat(value, path=""):
    """{path: leaf}; a list is a set of its items, so that one more or less is one difference."""
    if path in VOLATILE or path.rsplit(".", 1)[-1] in VOLATILE_KEYS:
        return {}
    if isinstance(value, dict):
        out = {}
        for key, item in value.items():
            out.update(flat(item, path + "." + key if path else key))
        return out
    if isinstance(value, list):
        out = {}
        for item in value:
            label = path + "[" + label_of(item) + "]"
            out.update(flat(item, label) if isinstance(item, dict) else {label: True})
            out[label] = True
        return out
    return {path: value}


def label_of(item):
    if isinstance(item, dict):
        for key in ("openssl", "name", "id", "sha256", "path", "prime", "value"):
            if item.get(key) is not None:
                return str(item[key]) + ("/%s" % item["subject"] if key == "id" and item.get("subject") else "")
        return "|".join("%s" % v for v in item.values())
    return str(item)


def difference(one, other):
    a, b = flat(one), flat(other)
    return {path for path in a.keys() | b.keys() if a.get(path) != b.get(path)}


# setting: (what must change, what may follow). A path ends where it ends or goes on below.
VERSION_GONE = ["suites.%s", "groups.%s", "signature_schemes.%s", "protocols.%s", "untested[suites.%s", "untested[groups.%s",
                "untested[signature_schemes.%s"]
TLS12_FACTS = ["features.session_tickets", "features.secure_renegotiation", "features.client_renegotiation",
               "features.extended_master_secret", "features.encrypt_then_mac", "features.compression",
               "features.fallback_scsv", "features.resumption", "features.early_data", "features.heartbeat", "untested[features", "vulnerabilities",
               "untested[vulnerabilities", "findings[no-fallback-scsv", "untested[dh"]
EXPECTED = {
    "protocols-12-only": (["protocols.TLSv1.3", "suites.TLSv1.3", "groups.TLSv1.3", "findings[tls13-missing"],
                          [p % "TLSv1.3" for p in VERSION_GONE] + TLS12_FACTS + ["certificates", "findings[no-post-quantum"]),
    "protocols-13-only": (["protocols.TLSv1.2", "suites.TLSv1.2", "findings[tls12-missing"],
                          [p % "TLSv1.2" for p in VERSION_GONE] + TLS12_FACTS +
                          ["certificates", "findings[no-server-preference"]),
    "ciphers-one": (["suites.TLSv1.2.preference", "suites.TLSv1.2.list"], ["findings[no-server-preference"]),
    "ciphers-cbc": (["suites.TLSv1.2.list[ECDHE-RSA-AES128-SHA]", "findings[cbc-sha1-suite", "features.encrypt_then_mac"],
                    ["suites.TLSv1.2.list[ECDHE-RSA-AES128-SHA]", "vulnerabilities.lucky13", "untested[features.encrypt_then_mac",
                     "untested[vulnerabilities.lucky13", "findings[lucky13", "findings[no-server-preference",
                     "vulnerabilities.poodle-tls", "untested[vulnerabilities.poodle-tls"]),
    "ciphers-static-rsa": (["suites.TLSv1.2.list[AES128-GCM-SHA256]", "findings[static-rsa-suite"],
                           ["vulnerabilities.robot", "untested[vulnerabilities.robot", "findings[no-server-preference"]),
    "prefer-server": (["suites.TLSv1.2.preference", "suites.TLSv1.3.preference"],
                      ["suites.TLSv1.2.list", "groups", "findings[no-server-preference"]),
    "curves-one": (["groups.TLSv1.2.list[x25519]", "groups.TLSv1.3.list[x25519]"], ["groups", "findings[no-post-quantum"]),
    "curves-pq": (["groups.TLSv1.3.list[X25519MLKEM768]", "findings[no-post-quantum"], ["groups.TLSv1.3"]),
    "tickets-off": (["features.session_tickets"], ["features.resumption", "vulnerabilities.ticketbleed",
                                                   "untested[vulnerabilities.ticketbleed"]),
    "http2": (["features.alpn[h2]"], []),
    "client-optional": (["features.client_certificate"], ["findings[client-certificate"]),
    "dual": (["suites.TLSv1.2.list[ECDHE-ECDSA-AES128-GCM-SHA256]", "certificates[",
              "signature_schemes.TLSv1.3[ecdsa_secp256r1_sha256]"],
             ["suites.TLSv1.2.list[ECDHE-ECDSA", "signature_schemes"]),
}


def under(path, prefixes):
    return any(path.startswith(p) for p in prefixes)


def test_every_setting_has_its_expectation():
    assert set(EXPECTED) == set(NGINX_SETTINGS) - {"base"}


@pytest.mark.parametrize("setting", sorted(EXPECTED))
def test_one_setting_changes_one_fact(audited, setting):
    must, may = EXPECTED[setting]
    base, changed = audited("setting-base"), audited("setting-" + setting)
    seen = difference(base, changed)
    for wanted in must:
        assert under_any(wanted, seen), "%s did not change: %s" % (wanted, sorted(seen))
    assert sorted(p for p in seen if not under(p, must + may)) == []


def under_any(wanted, seen):
    return any(path.lower().startswith(wanted.lower()) for path in seen)


def test_two_audits_of_one_server_differ_in_nothing(lab, audited):
    base = audited("setting-base")
    assert difference(base, base) == set()
