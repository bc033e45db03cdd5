"""The servers of the lab: what each is configured to be, and how it is started. One function a server.

Called by labd.py inside the room to write configurations, and by the tests to know what was written.
A server is {"argv", "endpoints"}; an endpoint says what its configuration makes true (`service`, `mode`, …), and how
s_client reaches it. Nothing here comes from what tlswright says.
"""
import os
import pwd
import shutil
import subprocess

from authority import DOMAIN

# Mozilla's intermediate list: what a server set up with care has.
INTERMEDIATE = ("ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
                "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305")


class Setup:
    """What a server's function gets: a folder of its own, ports as it asks for them, the certificates."""

    def __init__(self, name, directory, take_port):
        self.name = name
        self.root = directory
        self.dir = os.path.join(directory, name)
        os.makedirs(self.dir, exist_ok=True)
        self.take_port = take_port
        self.endpoints = []

    def cert(self, name=None):
        return os.path.join(self.root, "pki", (name or self.name) + ".pem")

    def key(self, name=None):
        return os.path.join(self.root, "pki", (name or self.name) + ".key")

    def ca(self):
        return os.path.join(self.root, "pki", "ca.pem")

    def write(self, name, text):
        path = os.path.join(self.dir, name)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        return path

    def endpoint(self, scheme, mode, name=None, host=None, starttls=None, **more):
        """Takes a port for an endpoint and notes what is known of it."""
        port = self.take_port()
        self.endpoints.append(dict(
            dict(name=name or "%s-%s" % (self.name, scheme), server=self.name, scheme=scheme, mode=mode, port=port,
                 host=host or "%s.%s" % (self.name, DOMAIN), starttls=starttls, modes=[mode]), **more))
        return port

    def at(self, port):
        """A port that is known beforehand: in a network of its own, where all are free."""
        self.endpoints.append({"name": "%s:%d" % (self.name, port), "server": self.name, "port": port})

    def own(self, user, *paths):
        for path in paths or (self.dir,):
            shutil.chown(path, user)


def as_user(user, argv):
    group = str(pwd.getpwnam(user).pw_gid)
    return ["setpriv", "--reuid", user, "--regid", group, "--init-groups", "--inh-caps=-all"] + argv


# --- nginx: every kind of virtual host, and one setting changed at a time

NGINX_KINDS = {
    # name: (directives, what is true of it)
    "modern": ({"certificates": ["www", "www-ecdsa"], "http2": "on"}, {}),
    "weak": ({"ssl_protocols": "TLSv1 TLSv1.1 TLSv1.2 TLSv1.3", "ssl_ciphers": "ALL:COMPLEMENTOFALL:@SECLEVEL=0",
              "certificates": ["www", "www-ecdsa"], "ssl_dhparam": "@pki/oakley2.pem",
              "ssl_ecdh_curve": "X25519:prime256v1:secp384r1"}, {}),
    "expired": ({"certificates": ["expired"]}, {}),
    "mismatch": ({"certificates": ["mismatch"]}, {}),
    "self-signed": ({"certificates": ["self-signed"]}, {}),
    "tls13": ({"ssl_protocols": "TLSv1.3"}, {}),
    "tls12": ({"ssl_protocols": "TLSv1.2"}, {}),
    "client-cert": ({"ssl_verify_client": "on", "ssl_client_certificate": "@pki/ca.pem", "ssl_verify_depth": "3"}, {}),
    "sni": ({"reject_unknown": True}, {"wants_name": True}),
    "ip": ({"certificates": ["ip"]}, {"host": "127.0.0.1"}),
    "incomplete": ({"certificates": ["incomplete"]}, {}),
    "must-staple": ({"certificates": ["must-staple"]}, {}),
    "mlkem": ({"ssl_ecdh_curve": "X25519MLKEM768:X25519:prime256v1"}, {}),
}

NGINX_BASE = {"ssl_protocols": "TLSv1.2 TLSv1.3", "ssl_ciphers": INTERMEDIATE, "ssl_prefer_server_ciphers": "off",
              "ssl_ecdh_curve": "X25519:prime256v1", "ssl_session_tickets": "on", "http2": "off",
              "certificates": ["www"]}

# One setting changed each: the fact it is about, what follows from it, and nothing else may change (test_settings.py).
NGINX_SETTINGS = {
    "base": {},
    "protocols-12-only": {"ssl_protocols": "TLSv1.2"},
    "protocols-13-only": {"ssl_protocols": "TLSv1.3"},
    "ciphers-one": {"ssl_ciphers": "ECDHE-RSA-AES256-GCM-SHA384"},
    "ciphers-cbc": {"ssl_ciphers": INTERMEDIATE + ":ECDHE-RSA-AES128-SHA"},
    "ciphers-static-rsa": {"ssl_ciphers": INTERMEDIATE + ":AES128-GCM-SHA256"},
    "prefer-server": {"ssl_prefer_server_ciphers": "on"},
    "curves-one": {"ssl_ecdh_curve": "prime256v1"},
    "curves-pq": {"ssl_ecdh_curve": "X25519MLKEM768:X25519:prime256v1"},
    "tickets-off": {"ssl_session_tickets": "off"},
    "http2": {"http2": "on"},
    "client-optional": {"ssl_verify_client": "optional", "ssl_client_certificate": "@pki/ca.pem"},
    "dual": {"certificates": ["www", "www-ecdsa"]},
}


def nginx_server(setup, port, name, changes):
    settings = dict(NGINX_BASE, **changes)
    certificates = settings.pop("certificates")
    reject = settings.pop("reject_unknown", False)
    lines = ["server_name %s;" % name, "listen 127.0.0.1:%d ssl;" % port, "listen [::1]:%d ssl;" % port]
    for certificate in certificates:
        lines += ["ssl_certificate %s;" % setup.cert(certificate), "ssl_certificate_key %s;" % setup.key(certificate)]
    for key, value in settings.items():
        lines.append("%s %s;" % (key, value.replace("@pki", os.path.join(setup.root, "pki"))))
    lines += ["root %s;" % setup.dir]
    text = "server { %s }\n" % "\n\t".join(lines)
    if reject:
        text = ("server { listen 127.0.0.1:%d ssl default_server; listen [::1]:%d ssl default_server; "
                "ssl_reject_handshake on; ssl_protocols %s; }\n" % (port, port, settings["ssl_protocols"])) + text
    return text


def nginx(setup):
    www = "www." + DOMAIN
    blocks = []
    for kind, (changes, facts) in NGINX_KINDS.items():
        port = setup.endpoint("https", "implicit", name="nginx-" + kind, **dict({"host": www}, **facts))
        blocks.append(nginx_server(setup, port, www, changes))
    for kind, changes in NGINX_SETTINGS.items():
        port = setup.endpoint("https", "implicit", name="setting-" + kind, host=www, setting=kind)
        blocks.append(nginx_server(setup, port, www, changes))
    temp = "".join("%s_temp_path %s/%s;\n" % (w, setup.dir, w)
                   for w in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    setup.write("index.html", "lab\n")
    conf = setup.write("nginx.conf", (
        "daemon off; user www-data; worker_processes 1; pid %s/pid; error_log stderr;\n"
        "events { worker_connections 1024; }\nhttp { access_log off; server_tokens on; ssl_session_cache none;\n%s%s}\n"
        % (setup.dir, temp, "".join(blocks))))
    return ["nginx", "-p", setup.dir, "-c", conf, "-e", "stderr"]


def apache(setup):
    port = setup.endpoint("https", "implicit", name="apache")
    modules = ["mpm_event", "authz_core", "ssl", "socache_shmcb", "http2", "dir", "mime"]
    load = "".join("LoadModule %s_module /usr/lib/apache2/modules/mod_%s.so\n" % (m, m) for m in modules)
    setup.write("index.html", "lab\n")
    conf = setup.write("apache.conf", load + (
        "ServerRoot %(d)s\nServerName apache.%(domain)s\nPidFile %(d)s/pid\nDefaultRuntimeDir %(d)s\nErrorLog %(d)s/error.log\n"
        "Listen 127.0.0.1:%(port)d https\nUser www-data\nGroup www-data\nTypesConfig /etc/mime.types\n"
        "Mutex file:%(d)s\nSSLSessionCache shmcb:%(d)s/cache(64000)\nDocumentRoot %(d)s\n"
        "<Directory %(d)s>\nRequire all granted\n</Directory>\n"
        "<VirtualHost 127.0.0.1:%(port)d>\nServerName apache.%(domain)s\nProtocols h2 http/1.1\nSSLEngine on\n"
        "SSLCertificateFile %(cert)s\nSSLCertificateKeyFile %(key)s\nSSLProtocol -all +TLSv1.2 +TLSv1.3\n"
        "SSLCipherSuite %(ciphers)s\nSSLHonorCipherOrder on\n</VirtualHost>\n") % dict(
            d=setup.dir, domain=DOMAIN, port=port, cert=setup.cert(), key=setup.key(), ciphers=INTERMEDIATE))
    return ["apache2", "-f", conf, "-DFOREGROUND"]


# --- mail

def postfix_services():
    """Lines of master.cf: all that is no listener."""
    services = []
    for name, kind in (("pickup", "pickup"), ("cleanup", "cleanup"), ("qmgr", "qmgr"), ("tlsmgr", "tlsmgr"),
                       ("rewrite", "trivial-rewrite"), ("bounce", "bounce"), ("defer", "bounce"), ("trace", "bounce"),
                       ("verify", "verify"), ("flush", "flush"), ("proxymap", "proxymap"), ("smtp", "smtp"),
                       ("relay", "smtp"), ("showq", "showq"), ("error", "error"), ("retry", "error"),
                       ("discard", "discard"), ("local", "local"), ("virtual", "virtual"), ("lmtp", "lmtp"),
                       ("anvil", "anvil"), ("scache", "scache"), ("postlog", "postlogd")):
        transport = "unix-dgram" if name == "postlog" else "unix"
        private = "n" if name in ("pickup", "cleanup", "qmgr", "flush", "showq", "postlog") else "-"
        limit = "1" if name in ("pickup", "qmgr", "tlsmgr", "anvil", "scache", "verify", "postlog") else \
            "0" if kind in ("cleanup", "bounce", "flush") else "-"
        wake = "1000?" if name == "tlsmgr" else "-"
        services.append("%s %s %s - n %s %s %s" % (name, transport, private, wake, limit, kind))
    return services


def postfix(setup):
    host = "postfix." + DOMAIN
    ports = dict(
        smtp=setup.endpoint("smtp", "explicit", starttls="smtp"),
        submission=setup.endpoint("submission", "explicit", starttls="smtp"),
        submissions=setup.endpoint("submissions", "implicit"))
    queue, data = os.path.join(setup.dir, "queue"), os.path.join(setup.dir, "data")
    os.makedirs(queue)
    os.makedirs(data)
    setup.own("postfix", data)
    services = postfix_services()
    services += [
        "127.0.0.1:%(smtp)d inet n - n - - smtpd",
        "127.0.0.1:%(submission)d inet n - n - - smtpd\n  -o smtpd_tls_security_level=encrypt\n  -o smtpd_sasl_auth_enable=no",
        "127.0.0.1:%(submissions)d inet n - n - - smtpd\n  -o smtpd_tls_wrappermode=yes",
    ]
    setup.write("master.cf", "\n".join(services) % ports + "\n")
    setup.write("main.cf", "\n".join([
        "compatibility_level = 3.9", "queue_directory = " + queue, "data_directory = " + data,
        "command_directory = /usr/sbin", "daemon_directory = /usr/lib/postfix/sbin", "mail_owner = postfix",
        "setgid_group = postdrop", "maillog_file = /dev/stdout", "myhostname = " + host, "mydestination =",
        "inet_interfaces = 127.0.0.1", "inet_protocols = ipv4", "smtpd_tls_security_level = may", "alias_maps =",
        "alias_database =", "smtpd_tls_chain_files = %s, %s" % (setup.key(), setup.cert()),
        "smtpd_relay_restrictions = reject"]) + "\n")
    return ["postfix", "-c", setup.dir, "start-fg"]


def dovecot(setup):
    ports = dict(imap=setup.endpoint("imap", "explicit", starttls="imap"),
                 imaps=setup.endpoint("imaps", "implicit"),
                 pop3=setup.endpoint("pop3", "explicit", starttls="pop3"),
                 pop3s=setup.endpoint("pop3s", "implicit"),
                 sieve=setup.endpoint("sieve", "explicit", starttls="sieve"))
    mail = os.path.join(setup.dir, "mail")
    os.makedirs(mail)
    conf = setup.write("dovecot.conf", """
dovecot_config_version = 2.4.1
dovecot_storage_version = 2.4.1
base_dir = %(dir)s/run
state_dir = %(dir)s/state
log_path = /dev/stderr
listen = 127.0.0.1
protocols = imap pop3 sieve
mail_driver = maildir
mail_path = %(dir)s/mail/%%{user}
mail_uid = mail
mail_gid = mail
ssl = required
ssl_server_cert_file = %(cert)s
ssl_server_key_file = %(key)s
passdb static {
  password = lab
}
userdb static {
  fields {
    home = %(dir)s/mail/%%{user}
  }
}
service imap-login {
  process_limit = 64
  inet_listener imap {
    port = %(imap)d
  }
  inet_listener imaps {
    port = %(imaps)d
    ssl = yes
  }
}
service pop3-login {
  process_limit = 64
  inet_listener pop3 {
    port = %(pop3)d
  }
  inet_listener pop3s {
    port = %(pop3s)d
    ssl = yes
  }
}
service managesieve-login {
  process_limit = 64
  inet_listener sieve {
    port = %(sieve)d
  }
}
""" % dict(ports, dir=setup.dir, cert=setup.cert(), key=setup.key()))
    return ["dovecot", "-F", "-c", conf]


def proftpd(setup):
    explicit = setup.endpoint("ftp", "explicit", starttls="ftp")
    implicit = setup.endpoint("ftps", "implicit")
    # A few suites only: after each connection that ends, this server sleeps 0.2 s before it takes the next.
    tls = ("TLSEngine on\nTLSProtocol TLSv1.2 TLSv1.3\nTLSCipherSuite " + INTERMEDIATE +
           ":DHE-RSA-AES128-GCM-SHA256:AES128-SHA\n"
           "TLSRSACertificateFile %s\nTLSRSACertificateKeyFile %s\n"
           "TLSCertificateChainFile %s\n" % (setup.cert(), setup.key(), setup.cert()))
    conf = setup.write("proftpd.conf", (
        "ModulePath /usr/lib/proftpd\nLoadModule mod_tls.c\nServerType standalone\nServerName lab\nDefaultAddress 127.0.0.1\n"
        "SocketBindTight on\nPort %d\nUser proftpd\nGroup nogroup\nUseReverseDNS off\nWtmpLog off\nTransferLog none\nSystemLog %s/log\n"
        "PidFile %s/pid\nScoreboardFile %s/scoreboard\nMaxInstances 100\n%s"
        "<VirtualHost 127.0.0.1>\nServerName lab\nPort %d\n%sTLSOptions UseImplicitSSL\n</VirtualHost>\n"
        % (explicit, setup.dir, setup.dir, setup.dir, tls, implicit, tls)))
    return ["proftpd", "-n", "-c", conf]


# --- directories, databases, queues, chat

def slapd(setup):
    plain = setup.endpoint("ldap", "explicit", starttls="ldap")
    tls = setup.endpoint("ldaps", "implicit")
    conf = setup.write("slapd.conf", (
        "include /etc/ldap/schema/core.schema\npidfile %s/pid\nmodulepath /usr/lib/ldap\nmoduleload back_null\n"
        "TLSCertificateFile %s\nTLSCertificateKeyFile %s\nTLSCACertificateFile %s\ndatabase null\nsuffix dc=lab,dc=test\n"
        % (setup.dir, setup.cert(), setup.key(), setup.ca())))
    setup.own("openldap")
    return ["slapd", "-d", "0", "-u", "openldap", "-g", "openldap", "-f", conf,
            "-h", "ldap://127.0.0.1:%d ldaps://127.0.0.1:%d" % (plain, tls)]


def postgresql(setup):
    port = setup.endpoint("postgres", "negotiated", starttls="postgres", modes=["negotiated", "implicit"],
                          alpn=["postgresql"])
    data, tools = os.path.join(setup.dir, "data"), "/usr/lib/postgresql/17/bin/"
    setup.own("postgres")
    subprocess.run(as_user("postgres", [tools + "initdb", "-D", data, "--no-sync", "--no-instructions", "-A", "reject",
                                        "-E", "UTF8", "--locale=C"]), check=True, cwd="/", stdout=subprocess.DEVNULL)
    shutil.copy(setup.key(), os.path.join(setup.dir, "server.key"))
    os.chmod(os.path.join(setup.dir, "server.key"), 0o600)
    setup.own("postgres", os.path.join(setup.dir, "server.key"))
    options = {"port": port, "listen_addresses": "127.0.0.1", "unix_socket_directories": setup.dir, "ssl": "on",
               "ssl_cert_file": setup.cert(), "ssl_key_file": os.path.join(setup.dir, "server.key"), "fsync": "off",
               "max_connections": 50}
    argv = [tools + "postgres", "-D", data]
    for key, value in options.items():
        argv += ["-c", "%s=%s" % (key, value)]
    return as_user("postgres", argv)


def mariadb(setup):
    port = setup.endpoint("mysql", "negotiated", starttls="mysql")
    data = os.path.join(setup.dir, "data")
    os.makedirs(data)
    setup.own("mysql", setup.dir, data)
    common = ["--no-defaults", "--datadir=" + data, "--user=mysql", "--innodb-log-file-size=4M",
              "--innodb-buffer-pool-size=8M", "--innodb-flush-log-at-trx-commit=0"]
    subprocess.run(["mariadb-install-db", "--auth-root-authentication-method=normal", "--skip-test-db"] + common,
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return ["mariadbd"] + common + [
        "--bind-address=127.0.0.1", "--port=%d" % port, "--socket=%s/sock" % setup.dir, "--pid-file=%s/pid" % setup.dir,
        "--ssl-cert=" + setup.cert(), "--ssl-key=" + setup.key(), "--ssl-ca=" + setup.ca(),
        # Handshakes broken off count as connect errors: what asks hundreds of questions would be shut out.
        "--max-connect-errors=1000000", "--skip-name-resolve"]


def redis(setup):
    port = setup.endpoint("rediss", "implicit")
    return ["redis-server", "--port", "0", "--tls-port", str(port), "--bind", "127.0.0.1", "--save", "",
            "--tls-cert-file", setup.cert(), "--tls-key-file", setup.key(), "--tls-ca-cert-file", setup.ca(),
            "--tls-auth-clients", "no", "--dir", setup.dir]


def mosquitto(setup):
    port = setup.endpoint("mqtts", "implicit")
    conf = setup.write("mosquitto.conf", "listener %d 127.0.0.1\ncertfile %s\nkeyfile %s\nallow_anonymous true\nuser mosquitto\n"
                       % (port, setup.cert(), setup.key()))
    return ["mosquitto", "-c", conf]


def inspircd(setup):
    plain = setup.endpoint("irc", "explicit", starttls="irc", dhe="inspircd-ircs")
    tls = setup.endpoint("ircs", "implicit", dhe="inspircd-ircs")
    setup.own("irc")
    conf = setup.write("inspircd.conf", """
<server name="inspircd.%(domain)s" description="lab" network="lab" id="1LB">
<admin name="lab" nick="lab" email="lab@%(domain)s">
<path configdir="%(dir)s" datadir="%(dir)s" logdir="%(dir)s" runtimedir="%(dir)s" moduledir="/usr/lib/inspircd/modules">
<module name="ssl_gnutls">
<module name="starttls">
<sslprofile name="lab" provider="gnutls" cafile="%(ca)s" certfile="%(cert)s" keyfile="%(key)s" requestclientcert="no">
<starttls sslprofile="lab">
<bind address="127.0.0.1" port="%(plain)d" type="clients">
<bind address="127.0.0.1" port="%(tls)d" type="clients" sslprofile="lab">
<connect name="all" allow="*" timeout="30" localmax="1000" globalmax="1000" maxconnwarn="no" resolvehostnames="no" useident="no" threshold="1000">
<log method="stderr" level="normal" type="* -USERINPUT -USEROUTPUT" target="log">
<performance somaxconn="128" softlimit="10000" timeskipwarn="0">
""" % dict(domain=DOMAIN, dir=setup.dir, ca=setup.ca(), cert=setup.cert(), key=setup.key(), plain=plain, tls=tls))
    return as_user("irc", ["inspircd", "--nofork", "--nopid", "--config", conf])


def prosody(setup):
    host = "prosody." + DOMAIN
    ports = dict(
        c2s=setup.endpoint("xmpp-client", "explicit", starttls="xmpp"),
        s2s=setup.endpoint("xmpp-server", "explicit", starttls="xmpp-server"),
        c2s_tls=setup.endpoint("xmpps-client", "implicit", alpn=["xmpp-client"]),
        s2s_tls=setup.endpoint("xmpps-server", "implicit", alpn=["xmpp-server"]))
    setup.own("prosody")
    conf = setup.write("prosody.cfg.lua", """
interfaces = { "127.0.0.1" }
c2s_ports = { %(c2s)d }
s2s_ports = { %(s2s)d }
c2s_direct_tls_ports = { %(c2s_tls)d }
s2s_direct_tls_ports = { %(s2s_tls)d }
http_ports = {}
https_ports = {}
modules_enabled = { "roster", "saslauth", "tls", "dialback", "disco" }
modules_disabled = { "http" }
pidfile = "%(dir)s/pid"
data_path = "%(dir)s"
log = { info = "*console" }
c2s_require_encryption = true
s2s_require_encryption = true
authentication = "internal_hashed"
ssl = { certificate = "%(cert)s", key = "%(key)s" }
c2s_direct_tls_ssl = { certificate = "%(cert)s", key = "%(key)s" }
s2s_direct_tls_ssl = { certificate = "%(cert)s", key = "%(key)s" }
VirtualHost "%(host)s"
""" % dict(ports, dir=setup.dir, host=host, cert=setup.cert(), key=setup.key()))
    return as_user("prosody", ["prosody", "-F", "--config", conf])


SERVERS = {f.__name__: f for f in (nginx, apache, postfix, dovecot, proftpd, slapd, postgresql, mariadb, redis,
                                   mosquitto, inspircd, prosody)}
