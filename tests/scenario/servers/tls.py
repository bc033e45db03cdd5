"""ScriptedTls: a TLS server that answers one ClientHello exactly as told, up to
ServerHelloDone, and never goes on. What it was told is the ground truth."""

import os
from dataclasses import dataclass, field

from . import wire
from .primes import MODP_2048
from .wire import EXT, SSL2, TLS12, vec8, vec16


def kx_of(suite):
    """'RSA', 'RSA_EXPORT', 'DHE_RSA', 'DH_anon', 'ECDHE_ECDSA' … of a suite's name."""
    return wire.NAMES[suite].split("_WITH_")[0]


@dataclass
class ScriptedTls:
    versions: tuple = (TLS12,)
    # Names in the server's order; a dict by version where they differ.
    suites: object = ("ECDHE_RSA_WITH_AES_128_GCM_SHA256",)
    preference: str = "server"          # "server" | "client" | "server-chacha"
    groups: tuple = ("x25519", "secp256r1")
    identities: dict = field(default_factory=dict)      # {"RSA": Identity, "ECDSA": …}
    schemes: tuple = (0x0804, 0x0401, 0x0403, 0x0501, 0x0503, 0x0601, 0x0201, 0x0203)
    dh: tuple = (MODP_2048, 2)
    dh_reuse: bool = False
    export_key: object = None           # RSA key of 512 bits, for RSA_EXPORT
    ssl2_kinds: tuple = ("RC4_128_WITH_MD5", "DES_192_EDE3_CBC_WITH_MD5")
    ssl2_error: int = 1                 # where none is common: NO-CIPHER-ERROR; 0 is OpenSSL's "undefined"
    compression: bool = False           # picks DEFLATE where it is offered
    heartbeat: bool = False
    renegotiation_info: bool = True
    ticket: bool = True
    ems: bool = True
    etm: bool = True
    alpn: tuple = ()
    alpn_required: bool = False         # no ALPN, or none of ours: alert 120
    request_certificate: bool = False
    fallback_scsv: bool = True
    extensions: bool = True             # False: never an extension block, like SSL 3.0 stacks
    highest_tolerated: int = 0xFFFF     # a hello of a newer version gets `intolerance`
    highest_listed: int = 0xFFFF        # so does one that lists a newer version as supported
    hello_gap: tuple = None             # (from, to): a hello so many bytes long gets it
    most_extensions: int = 0xFFFF       # a hello with more gets it
    intolerance: str = "close"          # "close" | "reset" | "silence" | "alert"
    sni: str = "ignore"                 # "ignore" | "warn" | "fatal" | "require"
    names: tuple = ("localhost",)       # what "warn" and "fatal" know
    gnutls_dhe: bool = False            # DHE only where the client lists an ffdhe group
    hellos: list = field(default_factory=list)          # every hello met

    def __call__(self, conn):
        """Answers one hello on conn, then waits for the client to go."""
        try:
            hello = wire.read_hello(conn)
        except wire.Malformed:
            return
        self.hellos.append(hello)
        answer = self.answer(hello)
        if answer is None:
            return
        conn.send(answer)
        if not self.is_alert(answer):
            conn.recv_some()            # a client that goes on is told that we do not
            conn.send(wire.alert("handshake_failure", hello.version))

    @staticmethod
    def is_alert(answer):
        return answer[0] == 21 and answer[5] == 2

    def _intolerant(self, hello):
        gap = self.hello_gap
        return (hello.version > self.highest_tolerated
                or any(v > self.highest_listed for v in hello.versions or ())
                or (gap is not None and gap[0] <= hello.message_bytes <= gap[1])
                or len(hello.extensions) > self.most_extensions)

    def answer(self, hello):
        """The bytes of the answer; None: close without a word."""
        if hello.ssl2_format and hello.version == SSL2:
            return self._answer_ssl2(hello)
        if self._intolerant(hello):
            if self.intolerance == "alert":
                return wire.alert("handshake_failure")
            raise {"close": Closed, "reset": Reset, "silence": Silence}[self.intolerance]()
        spoken = [v for v in self.versions if v != SSL2]
        if not spoken:
            return None
        fitting = [v for v in spoken if v <= hello.version]
        # Nobody here speaks 1.3: supported_versions counts only where it leaves 1.2 and older out.
        if hello.versions is not None:
            fitting = [v for v in fitting if v in hello.versions]
        if not fitting:
            return wire.alert("protocol_version", min(spoken))
        version = max(fitting)
        if (self.fallback_scsv and wire.FALLBACK_SCSV in hello.suites
                and hello.version < max(spoken)):
            return wire.alert("inappropriate_fallback", version)
        return self._answer_name(hello, version)

    def _answer_name(self, hello, version):
        warning = b""
        if self.sni == "require" and hello.sni is None:
            return wire.alert("unrecognized_name", version)
        if hello.sni is not None and hello.sni.lower() not in self.names:
            if self.sni in ("fatal", "require"):
                return wire.alert("unrecognized_name", version)
            if self.sni == "warn":
                warning = wire.alert("unrecognized_name", version, level=1)
        if self.alpn_required and not set(hello.alpn or ()) & set(self.alpn):
            return wire.alert("no_application_protocol", version)
        suite = self.choose(hello, version)
        if suite is None:
            return warning + wire.alert("handshake_failure", version)
        return warning + self._flight(hello, version, suite)

    def suites_of(self, version):
        names = self.suites.get(version, ()) if isinstance(self.suites, dict) else self.suites
        return [wire.SUITES[name] for name in names]

    def choose(self, hello, version):
        mine = [s for s in self.suites_of(version) if self._possible(hello, version, s)]
        offered = [s for s in hello.suites if s in mine]
        if not offered:
            return None
        if self.preference == "client":
            return offered[0]
        if self.preference == "server-chacha" and hello.suites:
            first = next((s for s in hello.suites if s in wire.NAMES), None)
            if first and "CHACHA20" in wire.NAMES[first] and first in offered:
                return first
        return next(s for s in mine if s in offered)

    def _group(self, hello):
        """The curve: the server's order; P-256 where the client says nothing."""
        codes = [wire.GROUPS[name] for name in self.groups if not name.startswith("ffdhe")]
        if hello.groups is None:
            return 23 if 23 in codes else None
        return next((code for code in codes if code in hello.groups), None)

    def _scheme(self, hello, version, kx):
        kind = 3 if kx.endswith("ECDSA") else 1
        fits = [s for s in self.schemes if s & 0xFF == kind or (s == 0x0804 and kind == 1)]
        if hello.schemes is None:
            return 0x0200 | kind
        return next((s for s in fits if s in hello.schemes), None)

    def _possible(self, hello, version, suite):
        name, kx = wire.NAMES[suite], kx_of(suite)
        if name.endswith(("GCM_SHA256", "GCM_SHA384", "POLY1305_SHA256", "CBC_SHA256", "NULL_SHA256",
                          "CCM_8")) and version < TLS12:
            return False
        if kx.startswith("ECDH") and (version < wire.TLS10 or self._group(hello) is None):
            return False
        if kx.startswith("DHE") and self.gnutls_dhe and not any(
                256 <= g <= 511 for g in hello.groups or ()):
            return False
        if "anon" not in kx:
            if ("ECDSA" if kx.endswith("ECDSA") else "RSA") not in self.identities:
                return False
            if version >= TLS12 and "DH" in kx and self._scheme(hello, version, kx) is None:
                return False
        return True

    def _extensions(self, hello, version, suite):
        if not self.extensions or version < wire.TLS10:
            if self.renegotiation_info and wire.RENEGOTIATION_SCSV in hello.suites and self.extensions:
                return {EXT["renegotiation_info"]: b"\0"}
            return {}
        sent, has = {}, hello.extensions
        if self.renegotiation_info and (EXT["renegotiation_info"] in has
                                        or wire.RENEGOTIATION_SCSV in hello.suites):
            sent[EXT["renegotiation_info"]] = b"\0"
        if hello.sni in self.names and self.sni != "ignore":
            sent[EXT["server_name"]] = b""
        if self.ticket and EXT["session_ticket"] in has:
            sent[EXT["session_ticket"]] = b""
        if self.ems and EXT["ems"] in has:
            sent[EXT["ems"]] = b""
        if self.etm and EXT["etm"] in has and "CBC" in wire.NAMES[suite]:
            sent[EXT["etm"]] = b""
        if self.heartbeat and EXT["heartbeat"] in has:
            sent[EXT["heartbeat"]] = b"\x01"
        if kx_of(suite).startswith("ECDHE") and EXT["ec_point_formats"] in has:
            sent[EXT["ec_point_formats"]] = b"\x01\x00"
        common = [p for p in self.alpn if p in (hello.alpn or ())]
        if common:
            sent[EXT["alpn"]] = vec16(vec8(common[0].encode()))
        return sent

    def _flight(self, hello, version, suite):
        kx = kx_of(suite)
        compression = 1 if self.compression and 1 in hello.compression else 0
        head, random = wire.server_hello(version, suite, self._extensions(hello, version, suite),
                                         compression, session_id=os.urandom(32))
        messages = head
        identity = None
        if "anon" not in kx:
            identity = self.identities["ECDSA" if kx.endswith("ECDSA") else "RSA"]
            messages += wire.certificate(identity.chain)
        params = self._params(hello, kx)
        if params is not None:
            signature = b""
            if identity is not None:
                scheme = self._scheme(hello, version, kx) if version >= TLS12 else 0
                signature = wire.sign(identity.key, version, scheme,
                                      hello.random + random + params)
            messages += wire.server_key_exchange(params, signature)
        if self.request_certificate and identity is not None:
            messages += wire.certificate_request(version)
        return wire.record(22, version, messages + wire.SERVER_HELLO_DONE)

    def _params(self, hello, kx):
        if kx.startswith("ECDH"):
            return wire.ecdh_params(self._group(hello))
        if kx.startswith("DH"):
            p, g = self.dh
            x = 0x1234567 if self.dh_reuse else int.from_bytes(os.urandom(24), "big")
            return wire.dh_params(p, g, pow(g, x, p))
        if kx == "RSA_EXPORT" and self.export_key is not None:
            return wire.rsa_export_params(self.export_key.public_key())
        return None

    def _answer_ssl2(self, hello):
        if SSL2 not in self.versions:
            return None
        kinds = [wire.SSL2_KINDS[k] for k in self.ssl2_kinds]
        common = [k for k in kinds if k in hello.ssl2_kinds]
        if not common:
            return wire.ssl2_error(self.ssl2_error)
        return wire.ssl2_server_hello(self.identities["RSA"].chain[0], common)


class Closed(Exception):
    pass


class Reset(Exception):
    pass


class Silence(Exception):
    pass


def serve(tls):
    """A connection handler for implicit TLS that minds the intolerances."""
    def handler(conn):
        talk(tls, conn)
    return handler


def talk(tls, conn):
    """tls on conn, from its first hello on."""
    try:
        tls(conn)
    except Closed:
        return
    except Reset:
        conn.reset()
    except Silence:
        conn.wait_for_end()
