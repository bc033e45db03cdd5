"""The servers behind the gateway, each told what docs/examples say: loaded by labd.py, in a room and a network of its own.

What an example tells its server stands in its comment, indented by a tab, and goes into the server's configuration as it
is. Beside that each server trusts this machine, as servers do out of the box: what an outsider must not gain.
"""
import os
import re
import subprocess

from authority import DOMAIN
from daemons import as_user, postfix_services

EXAMPLES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..", "docs", "examples")
CERTIFICATES = {"gate": [name + "." + DOMAIN for name in ("gate", "gate6", "inner", "machine", "store", "chat", "git")]}
HOSTS = ("127.0.0.1 localhost machine.lab.test\n::1 localhost\n192.0.2.1 gate.lab.test chat.lab.test git.lab.test\n10.0.0.1 inner.lab.test\n"
         "192.0.2.10 store.lab.test\n2001:db8::1 gate6.lab.test\n")
PEOPLE = ("anna", "ben", "carl")


def prepare(directory):
    path = os.path.join(directory, "hosts")
    with open(path, "w", encoding="utf-8") as f:
        f.write(HOSTS)
    subprocess.run(["mount", "--bind", path, "/etc/hosts"], check=True)


def told(example, nth=0):
    """What the example's comment tells the server behind it; nth: which of several pieces."""
    with open(os.path.join(EXAMPLES, example + ".conf"), encoding="utf-8") as f:
        lines = f.read().splitlines()
    pieces, before = [], False
    for line in lines:
        tabbed = line.startswith("#\t")
        if tabbed and not before:
            pieces.append("")
        if tabbed:
            pieces[-1] += line[2:] + "\n"
        before = tabbed
    return pieces[nth]


# --- mail

def postfix(setup):
    queue, data = os.path.join(setup.dir, "queue"), os.path.join(setup.dir, "data")
    os.makedirs(queue)
    os.makedirs(data)
    setup.own("postfix", data)
    for port in (10025, 10587):
        setup.at(port)
    setup.write("master.cf", "\n".join(postfix_services()) + "\n" + told("smtp") + told("submission"))
    setup.write("main.cf", "\n".join([
        "compatibility_level = 3.9", "queue_directory = " + queue, "data_directory = " + data,
        "maillog_file = /dev/stdout", "maillog_file_prefixes = /dev", "myhostname = mx." + DOMAIN, "mydestination =",
        "inet_interfaces = 127.0.0.1", "inet_protocols = all", "alias_maps =", "alias_database =",
        "mynetworks = 127.0.0.0/8 [::1]/128", "smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination",
        "smtpd_peername_lookup = no", "smtpd_error_sleep_time = 0", "default_transport = discard", "message_size_limit = 30000000",
        "virtual_mailbox_domains = " + DOMAIN,
        "virtual_mailbox_maps = inline:{ %s }" % ", ".join("%s@%s=x" % (who, DOMAIN) for who in PEOPLE),
        "virtual_transport = lmtp:inet:127.0.0.1:20024",
        "smtpd_sasl_type = dovecot", "smtpd_sasl_path = inet:127.0.0.1:20012"]) + "\n")
    return ["postfix", "-c", setup.dir, "start-fg"]


def dovecot(setup):
    for port in (10143, 10110, 14190, 10024, 20143, 20024, 20012):
        setup.at(port)
    os.makedirs(os.path.join(setup.dir, "mail"))
    setup.own("mail", os.path.join(setup.dir, "mail"))
    # "local" is somebody of this machine alone.
    setup.write("users", "".join("%s:{PLAIN}secret-%s::::::\n" % (who, who) for who in PEOPLE) +
                "local:{PLAIN}secret-local::::::allow_nets=127.0.0.0/8,::1\n")
    conf = setup.write("dovecot.conf", """
dovecot_config_version = 2.4.1
dovecot_storage_version = 2.4.1
base_dir = %(dir)s/run
state_dir = %(dir)s/state
log_path = /dev/stderr
listen = 127.0.0.1
protocols = imap pop3 lmtp sieve
mail_driver = maildir
mail_path = ~/mail
mail_uid = mail
mail_gid = mail
first_valid_uid = 1
auth_username_format = %%{user | username}
auth_mechanisms = plain login
auth_failure_delay = 0
ssl = required
ssl_server_cert_file = %(pki)s/dovecot.pem
ssl_server_key_file = %(pki)s/dovecot.key
passdb passwd-file {
  passwd_file_path = %(dir)s/users
}
userdb static {
  fields {
    home = %(dir)s/mail/%%{user | username}
  }
}
protocol lmtp {
  mail_plugins {
    sieve = yes
  }
}
sieve_script personal {
  path = ~/sieve
  active_path = ~/.dovecot.sieve
}
service imap-login {
  inet_listener imap {
    port = 20143
  }
  inet_listener imaps {
    port = 0
  }
%(imap)s}
service pop3-login {
  inet_listener pop3 {
    port = 0
  }
  inet_listener pop3s {
    port = 0
  }
%(pop3)s}
service managesieve-login {
  inet_listener sieve {
    port = 0
  }
%(sieve)s}
service lmtp {
  inet_listener postfix {
    port = 20024
  }
%(lmtp)s}
service auth {
  inet_listener postfix {
    port = 20012
  }
}
haproxy_trusted_networks = 127.0.0.1/32
""" % dict(dir=setup.dir, pki=os.path.join(setup.root, "pki"), imap=told("imap"), pop3=told("pop3"), sieve=told("sieve"),
           lmtp=told("lmtp")))
    return ["dovecot", "-F", "-c", conf]


# --- directories, databases, queues

def slapd(setup):
    """ou=machine is for 127.0.0.1 alone; 10390 is the way past the gateway."""
    setup.at(10389)
    setup.at(10390)
    os.makedirs(os.path.join(setup.dir, "db"))
    setup.own("openldap", setup.dir, os.path.join(setup.dir, "db"))
    conf = setup.write("slapd.conf", (
        "include /etc/ldap/schema/core.schema\npidfile %(d)s/pid\nmodulepath /usr/lib/ldap\nmoduleload back_mdb\n"
        "database mdb\nsuffix dc=lab,dc=test\nrootdn cn=admin,dc=lab,dc=test\nrootpw secret-admin\ndirectory %(d)s/db\n"
        "access to dn.subtree=ou=machine,dc=lab,dc=test by peername.ip=127.0.0.1 read by * none\n"
        "access to attrs=userPassword by * auth\naccess to * by users read by * none\n" % {"d": setup.dir}))
    first = setup.write("first.ldif", "".join("dn: %s\n%s\n\n" % row for row in (
        ("dc=lab,dc=test", "objectClass: dcObject\nobjectClass: organization\no: lab\ndc: lab"),
        ("ou=people,dc=lab,dc=test", "objectClass: organizationalUnit\nou: people"),
        ("ou=machine,dc=lab,dc=test", "objectClass: organizationalUnit\nou: machine"),
        ("cn=secret,ou=machine,dc=lab,dc=test", "objectClass: person\ncn: secret\nsn: of this machine"),
        ("cn=anna,ou=people,dc=lab,dc=test", "objectClass: person\ncn: anna\nsn: A\nuserPassword: secret-anna"))))
    subprocess.run(as_user("openldap", ["/usr/sbin/slapadd", "-q", "-f", conf, "-l", first]), check=True)
    return ["slapd", "-d", "0", "-u", "openldap", "-g", "openldap", "-f", conf,
            "-h", "pldap://127.0.0.1:10389/ ldap://127.0.0.1:10390/"]


def postgresql(setup):
    """It trusts 127.0.0.1, as many do."""
    setup.at(15432)
    data, tools = os.path.join(setup.dir, "data"), "/usr/lib/postgresql/17/bin/"
    setup.own("postgres")
    subprocess.run(as_user("postgres", [tools + "initdb", "-D", data, "--no-sync", "--no-instructions", "-A", "trust",
                                        "-E", "UTF8", "--locale=C"]), check=True, cwd="/", stdout=subprocess.DEVNULL)
    hba = setup.write("pg_hba.conf", told("postgres") + "local all all trust\nhost all all 127.0.0.1/32 trust\n")
    argv = [tools + "postgres", "-D", data]
    for key, value in {"port": 15432, "listen_addresses": "127.0.0.1", "unix_socket_directories": setup.dir, "fsync": "off",
                       "hba_file": hba}.items():
        argv += ["-c", "%s=%s" % (key, value)]
    return as_user("postgres", argv)


def mariadb(setup):
    """root logs in by who he is at the socket, as Debian has it."""
    setup.at(13306)
    data = os.path.join(setup.dir, "data")
    os.makedirs(data)
    setup.own("mysql", setup.dir, data)
    common = ["--no-defaults", "--datadir=" + data, "--user=mysql", "--innodb-log-file-size=4M",
              "--innodb-buffer-pool-size=8M", "--innodb-flush-log-at-trx-commit=0"]
    subprocess.run(["mariadb-install-db", "--auth-root-authentication-method=socket", "--skip-test-db"] + common,
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    first = setup.write("first.sql", "".join("CREATE USER %s@localhost IDENTIFIED VIA %s USING PASSWORD('secret-%s');\n"
                                             "GRANT ALL ON lab.* TO %s@localhost;\n" % (who, plugin, who, who)
                                             for who, plugin in (("anna", "ed25519"), ("ben", "mysql_native_password"))) +
                        "CREATE DATABASE lab;\n")
    return ["mariadbd"] + common + [
        "--bind-address=127.0.0.1", "--port=13306", "--socket=%s/sock" % setup.dir, "--pid-file=%s/pid" % setup.dir,
        "--plugin-load-add=auth_ed25519", "--proxy-protocol-networks=127.0.0.1", "--max-allowed-packet=64M", "--skip-name-resolve", "--init-file=" + first]


def redis(setup):
    setup.at(16379)
    conf = setup.write("redis.conf", told("redis") + 'save ""\ndir %s\n' % setup.dir)
    return ["redis-server", conf]


def mosquitto(setup):
    setup.at(11883)
    passwords = setup.write("passwords", "")
    for who in PEOPLE:
        subprocess.run(["mosquitto_passwd", "-b", passwords, who, "secret-" + who], check=True, stderr=subprocess.DEVNULL)
    setup.own("mosquitto", passwords)
    conf = setup.write("mosquitto.conf", told("mqtt").replace("/etc/mosquitto/passwords", passwords) + "user mosquitto\n")
    return ["mosquitto", "-c", conf]


# --- news, chat, pages

def inn(setup):
    """readers.conf as Debian has it gives 127.0.0.1 all groups without a login."""
    setup.at(10119)
    with open("/etc/news/inn.conf", encoding="utf-8") as f:
        text = f.read()
    mine = {"pathhost": "news." + DOMAIN, "domain": DOMAIN, "port": "10119", "bindaddress": "127.0.0.1",
            "nnrpdloadlimit": "0", "nnrpdpostport": "10119", "mta": '"/bin/true %s"'}
    for name in mine:
        text = re.sub(r"^#?%s:.*\n" % name, "", text, flags=re.M)
    with open("/etc/news/inn.conf", "w", encoding="utf-8") as f:
        f.write(text + "".join("%s: %s\n" % row for row in mine.items()))
    hashed = subprocess.run(["openssl", "passwd", "-6", "secret-anna"], check=True, capture_output=True, text=True).stdout
    passwords = setup.write("passwords", "anna:" + hashed)
    with open("/etc/news/readers.conf", "a", encoding="utf-8") as f:
        f.write(told("nntp").replace("/etc/news/passwords", passwords))
    os.makedirs("/run/news", exist_ok=True)
    setup.own("news", "/run/news", setup.dir)
    return as_user("news", ["/usr/lib/news/bin/innd", "-d", "-f"])


def prosody(setup):
    setup.at(15222)
    setup.own("prosody")
    conf = setup.write("prosody.cfg.lua", """
plugin_paths = { "/usr/lib/prosody/modules", "/usr/share/prosody/modules", "/usr/lib/prosody/prosody-modules" }
interfaces = { "127.0.0.1" }
s2s_ports = {}
http_ports = {}
https_ports = {}
modules_enabled = { "roster", "saslauth", "tls", "disco", "net_proxy" }
modules_disabled = { "http", "s2s" }
pidfile = "%(dir)s/pid"
data_path = "%(dir)s"
log = { info = "*console" }
authentication = "internal_hashed"
%(told)s
VirtualHost "chat.%(domain)s"
""" % dict(dir=setup.dir, told=told("xmpp"), domain=DOMAIN))
    for who in PEOPLE:
        subprocess.run(as_user("prosody", ["prosodyctl", "--config", conf, "register", who, "chat." + DOMAIN, "secret-" + who]),
                       check=True, stdout=subprocess.DEVNULL)
    return as_user("prosody", ["prosody", "-F", "--config", conf])


def inspircd(setup):
    setup.at(16667)
    setup.own("irc")
    conf = setup.write("inspircd.conf", """
<server name="inspircd.%(domain)s" description="lab" network="lab" id="1LB">
<admin name="lab" nick="lab" email="lab@%(domain)s">
<path configdir="%(dir)s" datadir="%(dir)s" logdir="%(dir)s" runtimedir="%(dir)s" moduledir="/usr/lib/inspircd/modules">
<module name="cap">
<module name="ssl_gnutls">
<module name="starttls">
<sslprofile name="lab" provider="gnutls" cafile="%(ca)s" certfile="%(cert)s" keyfile="%(key)s" requestclientcert="no">
<starttls sslprofile="lab">
%(told)s
<connect name="machine" allow="127.0.0.0/8" timeout="30" localmax="100" globalmax="100" resolvehostnames="no" useident="no">
<connect name="others" allow="*" password="secret-chat" timeout="30" localmax="100" globalmax="100" maxconnwarn="no" resolvehostnames="no" useident="no" threshold="1000">
<log method="stderr" level="normal" type="* -USERINPUT -USEROUTPUT" target="log">
<performance somaxconn="128" softlimit="10000" timeskipwarn="0">
""" % dict(domain=DOMAIN, dir=setup.dir, told=told("irc"), ca=setup.ca(), cert=setup.cert(), key=setup.key()))
    return as_user("irc", ["inspircd", "--nofork", "--nopid", "--config", conf])


def nginx(setup):
    """/machine is for 127.0.0.1 alone."""
    setup.at(8080)
    setup.at(8081)
    temp = "".join("%s_temp_path %s/%s;\n" % (w, setup.dir, w) for w in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    pages = os.path.join(setup.dir, "pages")
    os.makedirs(os.path.join(pages, "machine"))
    with open(os.path.join(pages, "machine", "index.html"), "w", encoding="utf-8") as f:
        f.write("of this machine\n")
    with open(os.path.join(pages, "large"), "wb") as f:
        f.write(os.urandom(5_000_000))
    setup.own("www-data", pages)
    server = ("server { %s server_name %s; root %s; location / { dav_methods PUT; } location /machine { allow 127.0.0.1; deny all; }\n"
              "location = /who { return 200 \"%s $remote_addr $http_host\\n\"; } }\n")
    conf = setup.write("nginx.conf", (
        "daemon off; user www-data; worker_processes 1; pid %s/pid; error_log stderr;\n"
        "events { worker_connections 1024; }\nhttp { access_log off; client_max_body_size 20m;\n%s%s%s}\n" % (
            setup.dir, temp, server % (told("https"), "gate." + DOMAIN, pages, "web"),
            server % (told("https").replace("8080", "8081"), "git." + DOMAIN, pages, "git"))))
    return ["nginx", "-p", setup.dir, "-c", conf, "-e", "stderr"]


def finish(directory):
    """What can be set up only when they run."""
    psql = ["psql", "-q", "-h", "127.0.0.1", "-p", "15432", "-U", "postgres", "-v", "ON_ERROR_STOP=1"]
    subprocess.run([*psql, "-c", "CREATE ROLE anna LOGIN PASSWORD 'secret-anna'", "-c", "CREATE DATABASE lab OWNER anna", "-c",
                    "CREATE TABLE secret AS SELECT 'of this machine' AS word"], check=True, stdin=subprocess.DEVNULL)
    subprocess.run(as_user("news", ["/usr/lib/news/bin/ctlinnd", "newgroup", "lab.test"]), check=True,
                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


SERVERS = {f.__name__: f for f in (mariadb, postgresql, inn, prosody, postfix, dovecot, slapd, redis, mosquitto, inspircd,
                                   nginx)}
