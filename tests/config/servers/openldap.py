"""OpenLDAP: the generated text as slapd.conf's global part."""
PACKAGE = "slapd"
ENDPOINTS = ["ldap:389", "ldaps:636"]
BAD = """
TLSCertificateFile {{cert}}
TLSCertificateKeyFile {{key}}
TLSCipherSuite AES128-SHA:ECDHE-RSA-AES256-SHA:@SECLEVEL=0
TLSProtocolMin 3.1
"""


def start(s):
    s.own("openldap")
    s.private("openldap")
    conf = s.write("slapd.conf", "include /etc/ldap/schema/core.schema\npidfile %s/pid\nmodulepath /usr/lib/ldap\n"
                   "moduleload back_null\n%s\ndatabase null\nsuffix dc=lab,dc=test\n" % (s.dir, s.generated))
    s.run("slaptest", "-u", "-f", conf)
    return ["slapd", "-d", "0", "-u", "openldap", "-g", "openldap", "-f", conf, "-h", "ldap:/// ldaps:///"]
