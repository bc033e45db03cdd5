"""openssl.cnf: OpenSSL's own server, which says nothing of versions, suites and groups itself."""
PACKAGE = "openssl"
KEY = "ecdsa"    # modern signs with nothing else
POLICIES = ("modern",)
ENDPOINTS = ["mqtts:8883"]


def start(s):
    conf = s.write("openssl.cnf", s.generated)
    return ["env", "OPENSSL_CONF=" + conf, "openssl", "s_server", "-port", "8883", "-cert", s.cert, "-key", s.key,
            "-cert_chain", s.chain, "-www"]
