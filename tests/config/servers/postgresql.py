"""PostgreSQL: the generated postgresql.conf part in conf.d, and pg_hba.conf."""
from server import as_user

PACKAGE = "postgresql-17"
POLICIES = ("modern",)
ENDPOINTS = ["postgres:5432"]
TOOLS = "/usr/lib/postgresql/17/bin/"
BAD = """
# ---- postgresql.conf
ssl = on
ssl_cert_file = '{{cert}}'
ssl_key_file = '{{key}}'
ssl_min_protocol_version = 'TLSv1'
ssl_ciphers = 'AES128-SHA:ECDHE-RSA-AES256-SHA:DHE-RSA-AES128-SHA:@SECLEVEL=0'
ssl_prefer_server_ciphers = on
# ---- pg_hba.conf
host all all all scram-sha-256
"""


def start(s):
    s.own("postgres")
    s.private("postgres")
    data = s.path("data")
    s.run(*as_user("postgres", [TOOLS + "initdb", "-D", data, "--no-sync", "--no-instructions", "-A", "peer",
                                "-E", "UTF8", "--locale=C"]), cwd="/")
    with open(data + "/postgresql.conf", "a", encoding="utf-8") as f:
        f.write("listen_addresses = '*'\nunix_socket_directories = '%s'\nfsync = off\n%s" % (
            s.dir, s.part("postgresql.conf")))
    s.write("data/pg_hba.conf", "local all all peer\n" + s.part("pg_hba.conf"))
    s.own("postgres", data + "/pg_hba.conf")
    s.run(*as_user("postgres", [TOOLS + "postgres", "-D", data, "-C", "ssl_ciphers"]), cwd="/")
    return as_user("postgres", [TOOLS + "postgres", "-D", data])


def ask(s):
    """In the clear nobody gets as far as a password."""
    said = "starting up"
    while "starting up" in said:
        said = s.run("sh", "-c", TOOLS + "psql 'host=127.0.0.1 user=postgres sslmode=disable' -c 'select 1' 2>&1; true")
    if "hostnossl" in s.generated and "pg_hba.conf rejects" not in said:
        raise RuntimeError("a clear connection is not turned away: " + said)
