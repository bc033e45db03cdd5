"""OpenLDAP with cn=config: the generated LDIF applied over the machine's own socket, as its header says."""
from server import as_user

PACKAGE = "slapd"
ENDPOINTS = ["ldap:389", "ldaps:636"]
CONFIG = """
dn: cn=config
objectClass: olcGlobal
cn: config

dn: olcDatabase={0}config,cn=config
objectClass: olcDatabaseConfig
olcDatabase: {0}config
olcAccess: to * by dn.exact=gidNumber=0+uidNumber=0,cn=peercred,cn=external,cn=auth manage
"""


def start(s):
    s.own("openldap")
    s.private("openldap")
    folder = s.folder("slapd.d", "openldap")
    s.run(*as_user("openldap", ["slapadd", "-n", "0", "-F", folder, "-l", s.write("config.ldif", CONFIG)]))
    socket = "ldapi://" + s.path("ldapi").replace("/", "%2F")
    s.background("slapd", "-d", "0", "-u", "openldap", "-g", "openldap", "-F", folder, "-h",
                 "ldap:/// ldaps:/// " + socket)
    s.wait(s.path("ldapi"))
    # The socket is there before slapd listens on it.
    s.run("sh", "-c", "for i in $(seq 100); do ldapwhoami -Q -Y EXTERNAL -H \"$1\" && exit; sleep .1; done; exit 1", "sh", socket)
    s.run("ldapmodify", "-Y", "EXTERNAL", "-H", socket, "-f", s.write("generated.ldif", s.generated))
    s.run(*as_user("openldap", ["slaptest", "-u", "-F", folder]))
    return ["sleep", "infinity"]
