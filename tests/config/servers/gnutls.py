"""/etc/gnutls/config: GnuTLS' own server, told to take everything it knows."""
PACKAGE = "gnutls-bin"
POLICIES = ("modern",)
ENDPOINTS = ["mqtts:8883"]


def start(s):
    s.write("/etc/gnutls/config", s.generated)
    s.run("gnutls-cli", "--list", "--priority", "@TLSWRIGHT")
    return ["env", "GNUTLS_SYSTEM_PRIORITY_FAIL_ON_INVALID=1", "gnutls-serv", "--http", "--port", "8883", "--priority",
            "NORMAL:+VERS-ALL:+RSA:+DHE-RSA", "--x509certfile", s.fullchain, "--x509keyfile", s.key]
