"""PostgreSQL, MariaDB, slapd, Redis and Mosquitto behind the gateway, with the clients that come with them."""
import base64
import hashlib
import os
import re

import pytest

GATE, INNER = "gate.lab.test", "inner.lab.test"

# --- PostgreSQL


def psql(world, *sql, user="anna", password="secret-anna", more="", text="", database="lab", host=GATE):
    words = ["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1",
             "host=%s port=5432 user=%s dbname=%s sslrootcert=%s connect_timeout=20 %s" % (
                 host, user, database, world.ca, more or "sslmode=verify-full")]
    for one in sql:
        words += ["-c", one]
    return world.run(*words, text=text, env={"PGPASSWORD": password})


@pytest.mark.parametrize("more", ["sslmode=verify-full", "sslmode=verify-full sslnegotiation=direct", "sslmode=require",
                                  "sslmode=verify-full gssencmode=prefer",
                                  "sslmode=verify-full channel_binding=disable ssl_max_protocol_version=TLSv1.2"])
def test_psql_works(world, more):
    """Rows go in by COPY, are counted there, and come back by COPY: the same."""
    rows = "".join("%d\t%s\n" % (i, hashlib.sha256(b"%d" % i).hexdigest() * 4) for i in range(4000))
    done = psql(world, "DROP TABLE IF EXISTS t", "CREATE TABLE t (n int, word text)", "\\copy t FROM STDIN",
                "SELECT count(*), sum(n) FROM t", "\\copy t TO STDOUT", more=more, text=rows)
    assert done.status == 0 and done.out == "4000|7998000\n" + rows, done


def test_psql_and_who_came(world):
    done = psql(world, "SELECT client_addr, usename FROM pg_stat_activity WHERE pid = pg_backend_pid()")
    assert done.out == "127.0.0.2|anna\n", done
    assert world.gateways["postgres"].lines(lambda x: x["client"].startswith("192.0.2.2:") and x["version"] == "TLSv1.3")


def test_a_dump_is_what_a_direct_dump_is(world):
    psql(world, "DROP TABLE IF EXISTS d", "CREATE TABLE d AS SELECT n, md5(n::text) FROM generate_series(1, 20000) n")
    through = world.run("pg_dump", "-t", "d", "host=%s user=anna dbname=lab sslmode=verify-full sslrootcert=%s" % (GATE, world.ca),
                        env={"PGPASSWORD": "secret-anna"})
    direct = world.run("pg_dump", "-t", "d", "host=127.0.0.1 port=15432 user=anna dbname=lab")

    def rows(done):
        assert done.status == 0, done
        return [line for line in done.out.splitlines() if not line.startswith(("\\restrict", "\\unrestrict"))]
    assert rows(through) == rows(direct) and len(rows(direct)) > 20000


@pytest.mark.parametrize("more", ["sslmode=disable", "sslmode=disable gssencmode=prefer"])
def test_psql_without_tls_is_refused(world, more):
    done = psql(world, "SELECT 1", more=more)
    assert done.status == 2 and "FATAL:  TLS is required" in done.err, done


def test_a_wrong_password_of_psql_is_refused(world):
    done = psql(world, "SELECT 1", password="wrong")
    assert done.status == 2 and 'password authentication failed for user "anna"' in done.err, done


def test_an_outsider_gets_no_table(world):
    """PostgreSQL trusts 127.0.0.1, where the gateway is: the table is there for this machine, and for nobody else."""
    ask = "SELECT word FROM secret"
    here = world.run("psql", "-X", "-A", "-t", "host=127.0.0.1 port=15432 user=postgres", "-c", ask)
    assert here.out == "of this machine\n", here
    for more in ("sslmode=require", "sslmode=require sslnegotiation=direct", "sslmode=disable"):
        done = psql(world, ask, user="postgres", password="", database="postgres", more=more)
        assert done.status == 2 and "of this machine" not in done.out, done


def test_demanded_channel_binding_fails_aloud(world):
    """The example says so: TLS ends at the gateway, so it cannot be bound to the password."""
    done = psql(world, "SELECT 1", more="sslmode=require channel_binding=require")
    assert done.status == 2 and "channel binding" in done.err, done


# --- MariaDB: the example lets in the house alone

def mariadb(world, sql, user="anna", password="secret-anna", host=INNER, more=(), database="lab"):
    return world.run("mariadb", "--no-defaults", "-h", host, "-P", "3306", "-u", user, "--ssl-ca", world.ca,
                     "--ssl-verify-server-cert", *more, "-N", "-B", *([database] if database else []), text=sql,
                     env={"MYSQL_PWD": password})


@pytest.mark.parametrize("user", ["anna", "ben"])     # by ed25519, by mysql_native_password
@pytest.mark.parametrize("more", [(), ("--tls-version", "TLSv1.2"), ("--compress",)])
def test_mariadb_works(world, user, more):
    """Rows go in, a megabyte in one packet too, and come back: the same."""
    words = [hashlib.sha256(b"%d" % i).hexdigest() for i in range(2000)]
    large = base64.b64encode(os.urandom(750_000)).decode()
    sql = ("DROP TABLE IF EXISTS t; CREATE TABLE t (n INT, word LONGTEXT);\nINSERT INTO t VALUES %s;\n"
           "INSERT INTO t VALUES (2000, '%s');\nSELECT word FROM t ORDER BY n;\n" % (
               ",".join("(%d,'%s')" % row for row in enumerate(words)), large))
    done = mariadb(world, sql, user, "secret-" + user, more=(*more, "--max-allowed-packet=64M"))
    assert done.status == 0 and done.out.split() == [*words, large], (done.status, done.err, len(done.out))


def test_mariadb_says_it_has_no_tls_and_the_client_has(world):
    done = mariadb(world, "SELECT CURRENT_USER(); STATUS;")
    assert world.gateways["mysql"].lines(lambda x: x["backend"] == "mariadb" and x["client"].startswith("10.0.0.2:"))
    assert done.status == 0 and "anna@localhost" in done.out and re.search(r"SSL:\s+Cipher in use is TLS", done.out), done


def test_a_dump_of_mariadb_is_what_a_direct_dump_is(world):
    mariadb(world, "DROP TABLE IF EXISTS d; CREATE TABLE d AS SELECT seq, MD5(seq) FROM seq_1_to_20000;")
    options = ("--skip-comments", "--tables")
    through = world.run("mariadb-dump", "--no-defaults", "-h", INNER, "-u", "anna", "--ssl-ca", world.ca,
                        "--ssl-verify-server-cert", *options, "lab", "d", env={"MYSQL_PWD": "secret-anna"})
    direct = world.run("mariadb-dump", "--no-defaults", "-S", world.lab.directory + "/mariadb/sock", "-u", "root", *options,
                       "lab", "d")
    assert through.status == 0 and through.out == direct.out and len(direct.out) > 500_000, (through, direct)


def test_mariadb_by_tcp_is_told_who_comes(world):
    """The example's other way: PROXY headers, and an account for one address."""
    world.run("mariadb", "--no-defaults", "-S", world.lab.directory + "/mariadb/sock",
              text="CREATE OR REPLACE USER carl@'10.0.0.2' IDENTIFIED BY 'secret-carl';")
    done = mariadb(world, "SELECT USER();", "carl", "secret-carl", more=("-P", "13307"), database="")
    assert done.status == 0 and done.out == "carl@10.0.0.2\n", done
    done = mariadb(world, "SELECT USER();", "carl", "secret-carl", "machine.lab.test", more=("-P", "13307"), database="")
    assert done.status == 1 and done.out == "" and "ERROR" in done.err, done         # 1130, where it is not cut off


def test_mariadb_without_tls_is_refused(world):
    done = mariadb(world, "SELECT 1;", more=("--skip-ssl",))
    assert done.status == 1 and "ERROR 3159" in done.err and "insecure transport" in done.err, done


def test_wrong_passwords_and_root_of_mariadb_are_refused(world):
    """root is whom the socket shows to be root: behind the gateway nobody is."""
    here = world.run("mariadb", "--no-defaults", "-S", world.lab.directory + "/mariadb/sock", "-N", "-B", "-e", "SELECT USER()")
    assert here.out == "root@localhost\n", here
    for user, password in (("anna", "wrong"), ("root", "")):        # fewer than are banned
        done = mariadb(world, "SELECT 1;", user, password)
        assert done.status == 1 and re.search("ERROR (1045|1698)", done.err), done


def test_an_outsider_does_not_even_see_mariadb(world):
    done = mariadb(world, "SELECT 1;", host=GATE)
    assert done.status == 1 and "1045" not in done.err, done
    assert world.gateways["mysql"].lines(lambda x: x["end"] == "denied-access")


# --- slapd: by StartTLS for the house, by ldaps for all

PEOPLE = "ou=people,dc=lab,dc=test"
ADMIN = ("-x", "-D", "cn=admin,dc=lab,dc=test", "-w", "secret-admin")
STARTTLS, LDAPS = ("-ZZ", "-H", "ldap://%s:389" % INNER), ("-H", "ldaps://%s:636" % GATE)


def ldap(world, program, *argv, text=""):
    return world.run(program, *argv, text=text, env={"LDAPTLS_CACERT": world.ca, "LDAPTLS_REQCERT": "demand"})


@pytest.mark.parametrize("how", [STARTTLS, LDAPS])
def test_an_entry_goes_in_changes_and_is_gone(world, how):
    name = "cn=new,%s" % PEOPLE
    large = base64.b64encode(os.urandom(200_000)).decode()
    entry = "dn: %s\nobjectClass: person\ncn: new\nsn: N\ndescription: %s\n" % (name, large)
    assert ldap(world, "ldapadd", *how, *ADMIN, text=entry).status == 0
    done = ldap(world, "ldapsearch", *how, *ADMIN, "-LLL", "-o", "ldif-wrap=no", "-b", PEOPLE, "cn=new")
    assert sorted(done.out.split("\n")) == sorted(entry.split("\n") + [""]), done
    change = "dn: %s\nchangetype: modify\nreplace: sn\nsn: other\n" % name
    assert ldap(world, "ldapmodify", *how, *ADMIN, text=change).status == 0
    assert ldap(world, "ldapcompare", *how, *ADMIN, name, "sn:other").status == 6      # TRUE
    assert ldap(world, "ldappasswd", *how, *ADMIN, "-s", "secret-new", name).status == 0
    assert ldap(world, "ldapwhoami", *how, "-x", "-D", name, "-w", "secret-new").out == "dn:%s\n" % name
    assert ldap(world, "ldapdelete", *how, *ADMIN, name).status == 0
    assert ldap(world, "ldapsearch", *how, *ADMIN, "-LLL", "-b", PEOPLE, "cn=new").out == ""


@pytest.mark.parametrize("how", [STARTTLS, LDAPS])
def test_a_wrong_password_of_ldap_is_refused(world, how):
    done = ldap(world, "ldapsearch", *how, "-x", "-D", "cn=anna,%s" % PEOPLE, "-w", "wrong", "-b", PEOPLE)
    assert done.status == 49, done


def test_no_bind_before_tls(world):
    done = ldap(world, "ldapsearch", "-H", "ldap://%s:389" % INNER, *ADMIN, "-b", PEOPLE)
    assert done.status == 13 and "StartTLS first" in done.err, done
    done = ldap(world, "ldapsearch", "-H", "ldap://%s:389" % INNER, "-x", "-b", PEOPLE)
    assert done.status == 13, done


def test_starttls_inside_tls_is_refused(world):
    done = ldap(world, "ldapsearch", "-ZZ", "-H", LDAPS[1], *ADMIN, "-b", PEOPLE)
    assert done.status != 0, done


def test_an_outsider_gets_nothing_that_is_for_this_machine(world):
    """slapd gives ou=machine to peername.ip=127.0.0.1, where the gateway is."""
    where = ("-x", "-LLL", "-b", "ou=machine,dc=lab,dc=test", "sn")
    bound = ("-D", "cn=anna,%s" % PEOPLE, "-w", "secret-anna")
    assert "sn: of this machine" in world.run("ldapsearch", "-H", "ldap://127.0.0.1:10390", *where).out
    assert "sn: of this machine" in ldap(world, "ldapsearch", "-H", "ldaps://machine.lab.test:636", *where).out
    for how in (STARTTLS, LDAPS):
        for who in ((), bound):
            done = ldap(world, "ldapsearch", *how, *who, *where)
            assert "of this machine" not in done.out and done.status in (0, 32, 48), done


# --- queues and caches: TLS from the first byte

def redis(world, *argv, host=INNER, password="a-long-secret", certificate="client", text=""):
    pki = world.lab.directory + "/pki/"
    tls = ["--cert", pki + certificate + ".pem", "--key", pki + certificate + ".key"] if certificate else []
    return world.run("redis-cli", "--tls", "-h", host, "-p", "6379", "--cacert", world.ca, "--sni", host, *tls, *argv, text=text,
                     env={"REDISCLI_AUTH": password} if password else {})


def test_redis_cli_works(world):
    value = base64.b64encode(os.urandom(1_000_000)).decode()
    assert redis(world, "-x", "SET", "key", text=value).out == "OK\n"
    done = redis(world, "GET", "key")
    assert done.out == value + "\n", done.err
    done = redis(world, "--pipe", text="".join("*3\r\n$3\r\nSET\r\n$5\r\nk%04d\r\n$1\r\nv\r\n" % i for i in range(5000)))
    assert "errors: 0, replies: 5000" in done.out, done
    assert redis(world, "DBSIZE").out == "5001\n"


def test_an_outsider_gets_nothing_of_redis(world):
    """Redis' protected mode takes 127.0.0.1 for a friend."""
    assert "NOAUTH" in redis(world, "GET", "key", password=None).out
    assert "WRONGPASS" in "".join((lambda d: (d.out, d.err))(redis(world, "GET", "key", password="wrong")))
    done = redis(world, "GET", "key", certificate=None)
    assert done.status != 0, done
    done = redis(world, "GET", "key", host=GATE)
    assert done.status != 0 and world.gateways["redis"].lines(lambda x: x["end"] == "denied-access")


def mqtt(world, program, *argv, user="anna", password="secret-anna", **more):
    who = ["-u", user, "-P", password] if user else []
    return world.run(program, "-h", GATE, "-p", "8883", "--cafile", world.ca, *who, *argv, **more)


def test_mosquitto_works(world):
    payload = base64.b64encode(os.urandom(300_000)).decode()
    done = mqtt(world, "mosquitto_pub", "-t", "lab/large", "-q", "2", "-r", "-s", text=payload)
    assert done.status == 0, done
    done = mqtt(world, "mosquitto_sub", "-t", "lab/large", "-q", "2", "-C", "1", "-W", "20", user="ben", password="secret-ben")
    assert done.out == payload + "\n", done.err


def test_an_outsider_gets_nothing_of_mosquitto(world):
    for who in (dict(user=None), dict(password="wrong")):
        done = mqtt(world, "mosquitto_pub", "-t", "lab/large", "-m", "x", **who)
        assert done.status == 5 and "not authorised" in done.err.lower(), done
