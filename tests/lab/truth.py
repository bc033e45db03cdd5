"""What is true of an endpoint, from `openssl s_client` (the room's 3.5, security level 0) asked one version, one suite,
one group at a time; and from gnutls-cli for what GnuTLS serves only to hellos that OpenSSL cannot make.

Called by the tests; `ask` is Lab.ask. Nothing in here reads anything that tlswright says.
"""
import hashlib
import re
import ssl

VERSIONS = {"TLSv1.0": "-tls1", "TLSv1.1": "-tls1_1", "TLSv1.2": "-tls1_2", "TLSv1.3": "-tls1_3"}
SUITES_13 = ["TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_GCM_SHA256",
             "TLS_AES_128_CCM_SHA256", "TLS_AES_128_CCM_8_SHA256"]

# OpenSSL's names (`openssl list -tls-groups`) and IANA's code points.
GROUPS_13 = {"secp256r1": 0x17, "secp384r1": 0x18, "secp521r1": 0x19, "x25519": 0x1D, "x448": 0x1E,
             "brainpoolP256r1tls13": 0x1F, "brainpoolP384r1tls13": 0x20, "brainpoolP512r1tls13": 0x21,
             "ffdhe2048": 0x100, "ffdhe3072": 0x101, "ffdhe4096": 0x102, "ffdhe6144": 0x103, "ffdhe8192": 0x104,
             "MLKEM512": 0x200, "MLKEM768": 0x201, "MLKEM1024": 0x202, "SecP256r1MLKEM768": 0x11EB,
             "X25519MLKEM768": 0x11EC, "SecP384r1MLKEM1024": 0x11ED}
GROUPS_12 = {"secp192r1": 0x13, "secp224r1": 0x15, "secp256k1": 0x16, "secp256r1": 0x17, "secp384r1": 0x18,
             "secp521r1": 0x19, "brainpoolP256r1": 0x1A, "brainpoolP384r1": 0x1B, "brainpoolP512r1": 0x1C,
             "x25519": 0x1D, "x448": 0x1E}
SCHEMES_13 = ["ecdsa_secp256r1_sha256", "ecdsa_secp384r1_sha384", "ecdsa_secp521r1_sha512", "ed25519", "ed448",
              "rsa_pss_rsae_sha256", "rsa_pss_rsae_sha384", "rsa_pss_rsae_sha512", "rsa_pss_pss_sha256",
              "rsa_pss_pss_sha384", "rsa_pss_pss_sha512"]

# GnuTLS has DHE (RFC 7919) for clients that list ffdhe groups, which s_client cannot do below TLS 1.3.
GNUTLS_DHE = {"DHE-RSA-AES128-GCM-SHA256": ("AES-128-GCM", "AEAD"), "DHE-RSA-AES256-GCM-SHA384": ("AES-256-GCM", "AEAD"),
              "DHE-RSA-CHACHA20-POLY1305": ("CHACHA20-POLY1305", "AEAD"),
              "DHE-RSA-AES128-CCM": ("AES-128-CCM", "AEAD"), "DHE-RSA-AES256-CCM": ("AES-256-CCM", "AEAD"),
              "DHE-RSA-AES128-CCM8": ("AES-128-CCM-8", "AEAD"), "DHE-RSA-AES256-CCM8": ("AES-256-CCM-8", "AEAD"),
              "DHE-RSA-AES128-SHA": ("AES-128-CBC", "SHA1"), "DHE-RSA-AES256-SHA": ("AES-256-CBC", "SHA1"),
              "DHE-RSA-AES128-SHA256": ("AES-128-CBC", "SHA256"), "DHE-RSA-AES256-SHA256": ("AES-256-CBC", "SHA256"),
              "DHE-RSA-CAMELLIA128-SHA": ("CAMELLIA-128-CBC", "SHA1"),
              "DHE-RSA-CAMELLIA256-SHA": ("CAMELLIA-256-CBC", "SHA1")}
GNUTLS_VERSION = {"TLSv1.0": "VERS-TLS1.0", "TLSv1.1": "VERS-TLS1.1", "TLSv1.2": "VERS-TLS1.2"}

PEM = re.compile(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.S)


class Answer:
    """What one s_client saw."""

    def __init__(self, answer):
        self.text = answer["out"]
        self.err = answer["err"]
        new = re.search(r"^New, (\S+), Cipher is (\S+)$", self.text, re.M)
        self.suite = new.group(2) if new and new.group(2) != "(NONE)" else None
        self.ok = self.suite is not None
        protocol = re.search(r"^\s*Protocol\s*: (\S+)$", self.text, re.M)
        self.version = protocol.group(1) if protocol else None
        chain = [hashlib.sha256(ssl.PEM_cert_to_DER_cert(p)).hexdigest() for p in PEM.findall(self.text)]
        self.leaf = chain[0] if chain else None
        self.chain = chain[1:]
        verify = re.search(r"Verify return code: (\d+)", self.text)
        self.verify = int(verify.group(1)) if verify else None
        alpn = re.search(r"^ALPN protocol: (\S+)$", self.text, re.M)
        self.alpn = alpn.group(1) if alpn else None
        key = re.search(r"^Peer Temp Key: (DH|ECDH|X\S+), (?:\S+, )?(\d+) bits$", self.text, re.M)
        curve = re.search(r"^Peer Temp Key: (?:ECDH, )?(\S+), \d+ bits$", self.text, re.M)
        self.group = {"prime256v1": "secp256r1", "prime192v1": "secp192r1"}.get(curve.group(1), curve.group(1)) \
            if curve else None
        self.dh_bits = int(key.group(2)) if key and key.group(1) == "DH" else None
        self.extensions = set(re.findall(r'^TLS server extension "([^"]+)"', self.text, re.M))


class Truth:
    """Asks about one endpoint; each fact is asked once and kept."""

    def __init__(self, ask, endpoint, ca):
        self.ask_room = ask
        self.endpoint = endpoint
        self.ca = ca
        self.kept = {}

    def is_address(self):
        return re.fullmatch(r"[0-9.]+|.*:.*", self.endpoint["host"]) is not None

    def argv(self, *options, name=True, alpn=None):
        e = self.endpoint
        argv = ["openssl", "s_client", "-connect", "127.0.0.1:%d" % e["port"], "-CAfile", self.ca]
        if name is True:
            name = None if self.is_address() else e["host"]
        argv += ["-servername", name] if name else ["-noservername"]
        if e.get("starttls"):
            argv += ["-starttls", e["starttls"]]
            if e["starttls"].startswith("xmpp"):
                argv += ["-xmpphost", e["host"]]
        if alpn:
            argv += ["-alpn", alpn]
        return argv + list(options)

    def ask(self, *queries, **more):
        """Each query is a list of s_client options; one that found the server busy is asked again."""
        questions = [{"run": self.argv(*q, **more), "env": {"OPENSSL_CONF": "/dev/null"}} for q in queries]
        answers = self.ask_room(questions)
        for i, answer in enumerate(answers):
            if answer["status"] is None or "Connection reset" in answer["err"]:
                answers[i] = self.ask_room(questions[i])
        return [Answer(a) for a in answers]

    def keep(self, key, make):
        if key not in self.kept:
            self.kept[key] = make()
        return self.kept[key]

    def known_suites(self, version):
        if version == "TLSv1.3":
            return SUITES_13
        answer = self.ask_room({"run": ["openssl", "ciphers", "-s", VERSIONS[version],
                                        "ALL:COMPLEMENTOFALL:@SECLEVEL=0"], "env": {"OPENSSL_CONF": "/dev/null"}})
        return answer["out"].strip().split(":")

    def offer(self, version, suites):
        if version == "TLSv1.3":
            return ["-tls1_3", "-ciphersuites", ":".join(suites), "-cipher", "ALL:@SECLEVEL=0"]
        return [VERSIONS[version], "-cipher", ":".join(suites) + ":@SECLEVEL=0"]

    def versions(self):
        def make():
            answers = self.ask(*[[o, "-cipher", "ALL:COMPLEMENTOFALL:@SECLEVEL=0"] for o in VERSIONS.values()])
            return {v: a.ok for v, a in zip(VERSIONS, answers)}
        return self.keep("versions", make)

    def spoken(self):
        return [v for v, yes in self.versions().items() if yes]

    def answers(self, version):
        """The answer to each suite asked alone, of those the server took."""
        def make():
            suites = self.known_suites(version)
            answers = self.ask(*[self.offer(version, [s]) + ["-tlsextdebug"] for s in suites])
            return {s: a for s, a in zip(suites, answers) if a.ok}
        return self.keep("answers " + version, make)

    def suites(self, version):
        found = set(self.answers(version))
        if self.endpoint.get("dhe") == self.endpoint["name"] and version in GNUTLS_VERSION:
            found |= self.gnutls_dhe(version)
        return found

    def gnutls_dhe(self, version):
        def make():
            e = self.endpoint
            questions = []
            for cipher, mac in GNUTLS_DHE.values():
                argv = ["gnutls-cli", "--port", str(e["port"]), "--no-ca-verification", "--sni-hostname", e["host"],
                        "--priority", "NONE:+%s:+DHE-RSA:+%s:+%s:+SIGN-ALL:+GROUP-ALL:+COMP-NULL:+CTYPE-X509"
                        % (GNUTLS_VERSION[version], cipher, mac)]
                if e.get("starttls"):
                    argv.append("--starttls-proto=" + e["starttls"])
                questions.append({"run": argv + ["127.0.0.1"], "timeout": 10})
            return {suite for suite, a in zip(GNUTLS_DHE, self.ask_room(questions))
                    if "Handshake was completed" in a["out"]}
        return self.keep("dhe " + version, make)

    def walk(self, version, suites):
        """The server's choices as each one it chose is taken away: offered in this order, and in the reverse of it."""
        left, chosen = [list(suites), list(suites)[::-1]], [[], []]
        while left[0] or left[1]:
            for i, a in enumerate(self.ask(*[self.offer(version, some) for some in left])):
                assert a.ok, "none of %s, of which each was taken alone" % left[i]
                chosen[i].append(a.suite)
                left[i].remove(a.suite)
        return chosen

    def order(self, version):
        """("server" | "client" | "server-chacha" | "single", the order where it is the server's)."""
        def make():
            suites = sorted(self.answers(version))
            if len(suites) < 2:
                return "single", suites
            one, other = self.walk(version, suites)
            if one != other:
                assert one[0] == suites[0] and other[0] == suites[-1], "no rule seen in %s, %s" % (one, other)
                return "client", None
            chacha = [s for s in one if "CHACHA20" in s]
            if chacha and "CHACHA20" not in one[0]:
                rest = [s for s in one if s not in chacha]
                if "CHACHA20" in self.ask(self.offer(version, chacha + rest))[0].suite:
                    return "server-chacha", one
            return "server", one
        return self.keep("order " + version, make)

    def groups(self, version):
        def make():
            table = GROUPS_13 if version == "TLSv1.3" else GROUPS_12
            offer = ["-tls1_3"] if version == "TLSv1.3" else [VERSIONS[version], "-cipher", "ECDHE:AECDH:@SECLEVEL=0"]
            answers = self.ask(*[offer + ["-groups", name] for name in table])
            found = {code for code, a in zip(table.values(), answers) if a.ok}
            if version != "TLSv1.3":
                # An ECDSA certificate's own curve must be listed too, or the server has no suite (RFC 8422, 5.1).
                answers = self.ask(*[offer + ["-groups", name + ":secp256r1"] for name in table])
                found |= {code for name, code, a in zip(table, table.values(), answers)
                          if a.ok and (a.group or "").lower() == name.lower()}
            return found
        return self.keep("groups " + version, make)

    def schemes(self):
        return self.keep("schemes", lambda: {s for s, a in zip(SCHEMES_13, self.ask(
            *[["-tls1_3", "-sigalgs", s] for s in SCHEMES_13])) if a.ok})

    def certificates(self):
        """The leaves served: every suite's, every 1.3 signature's, with the name and without."""
        def make():
            found = {}
            queries = [["-tls1_3", "-showcerts", "-sigalgs", "rsa_pss_rsae_sha256"],
                       ["-tls1_3", "-showcerts", "-sigalgs", "ecdsa_secp256r1_sha256"],
                       ["-tls1_2", "-showcerts", "-cipher", "aRSA:@SECLEVEL=0"],
                       ["-tls1_2", "-showcerts", "-cipher", "aECDSA:@SECLEVEL=0"]]
            for name in (True, False):
                for a in self.ask(*queries, name=name):
                    if a.ok and a.leaf:
                        found[a.leaf] = a.chain
            return found
        return self.keep("certificates", make)

    def verdict(self):
        """(s_client's verify code for the chain alone, whether the leaf is for the host)."""
        def make():
            e = self.endpoint
            check = "-verify_ip" if self.is_address() else "-verify_hostname"
            code, named = self.ask(["-cipher", "ALL:@SECLEVEL=0"], [check, e["host"], "-cipher", "ALL:@SECLEVEL=0"])
            return code.verify, named.verify not in (62, 64)  # X509_V_ERR_HOSTNAME_MISMATCH, _IP_ADDRESS_MISMATCH
        return self.keep("verdict", make)

    def alpn(self, *names):
        return self.keep("alpn %s" % (names,), lambda: {
            n for n in names if self.ask(["-cipher", "ALL:@SECLEVEL=0"], alpn=n)[0].alpn == n})

    def features(self):
        """What handshakes of TLS 1.2 show (None: the server has no TLS 1.2), and what any shows."""
        def make():
            said = {"secure_renegotiation": None, "extended_master_secret": None, "encrypt_then_mac": None,
                    "session_tickets": None, "compression": None}
            plain = self.ask(["-cipher", "ALL:@SECLEVEL=0"])[0]
            said["strict_sni"] = not self.ask(["-cipher", "ALL:@SECLEVEL=0"], name="unknown.example")[0].ok
            said["client_certificate"] = "Requested Signature Algorithms" in plain.text
            if "TLSv1.2" in self.spoken():
                a = self.ask(["-tls1_2", "-cipher", "ALL:@SECLEVEL=0", "-tlsextdebug"])[0]
                said["compression"] = "Compression: NONE" not in a.text
                said["secure_renegotiation"] = "Secure Renegotiation IS supported" in a.text
                said["extended_master_secret"] = "Extended master secret: yes" in a.text
                said["session_tickets"] = "session ticket" in a.extensions
                cbc = [a for s, a in self.answers("TLSv1.2").items()
                       if not re.search(r"GCM|CCM|CHACHA|NULL|RC4|GOST", s)]
                if cbc:
                    said["encrypt_then_mac"] = any("encrypt-then-mac" in a.extensions for a in cbc)
            spoken = self.spoken()
            said["fallback_scsv"] = None
            if len(spoken) > 1 and spoken[-2] != "TLSv1.2":
                # Between 1.2 and 1.3 there is a guard in the random, and nothing to fall back for.
                a = self.ask([VERSIONS[spoken[-2]], "-fallback_scsv", "-cipher", "ALL:@SECLEVEL=0"])[0]
                said["fallback_scsv"] = not a.ok
            return said
        return self.keep("features", make)

    def dh_bits(self):
        return {a.dh_bits for v in self.spoken() if v != "TLSv1.3" for a in self.answers(v).values() if a.dh_bits}
