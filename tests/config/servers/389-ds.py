"""389 Directory Server: the generated commands, run on a new instance called localhost."""
PACKAGE = "389-ds-base"
LAYER = "ds389"
ENDPOINTS = ["ldap:389", "ldaps:636"]
INSTANCE = """
[general]
full_machine_name = %(host)s
systemd = False
start = True
strict_host_checking = False
[slapd]
instance_name = localhost
root_password = secret-secret
self_sign_cert = False
[backend-userroot]
suffix = dc=lab,dc=test
"""


def start(s):
    s.run("dscreate", "from-file", s.write("instance.inf", INSTANCE % {"host": s.host}))
    s.run("sh", "-exc", s.generated)
    return ["sleep", "infinity"]
