"""MariaDB: the generated text as a file of its own, read after the others."""
PACKAGE = "mariadb-server"
POLICIES = ("modern",)
ENDPOINTS = ["mysql:3306"]
BAD = """
[mariadbd]
ssl_cert = {{cert}}
ssl_key = {{key}}
tls_version = TLSv1.0,TLSv1.1,TLSv1.2
ssl_cipher = AES128-SHA:ECDHE-RSA-AES256-SHA:DHE-RSA-AES128-SHA:@SECLEVEL=0
"""
REST = """
[mariadbd]
user = mysql
datadir = %(dir)s/data
socket = %(dir)s/sock
pid_file = %(dir)s/pid
skip_name_resolve
init_file = %(dir)s/init.sql
max_connect_errors = 1000000
innodb_log_file_size = 4M
innodb_buffer_pool_size = 8M
innodb_flush_log_at_trx_commit = 0
"""


def start(s):
    s.folder("data", "mysql")
    s.own("mysql")
    s.private("mysql")
    # Hosts nobody has a user for are turned away before TLS.
    s.write("init.sql", "CREATE USER guest@'%' IDENTIFIED BY 'secret';\n")
    conf = s.write("my.cnf", REST % {"dir": s.dir} + s.generated)
    s.run("mariadb-install-db", "--defaults-file=" + conf, "--auth-root-authentication-method=normal",
          "--skip-test-db", "--user=mysql")
    s.run("mariadbd", "--defaults-file=" + conf, "--help", "--verbose")
    return ["mariadbd", "--defaults-file=" + conf]


def ask(s):
    """In the clear nobody gets in."""
    said = s.run("sh", "-c", "mariadb -h127.0.0.1 -uguest -psecret --skip-ssl -e 'select 1' 2>&1; true")
    if "require_secure_transport" in s.generated and "insecure transport" not in said:
        raise RuntimeError("a clear connection is not turned away: " + said)
