"""ejabberd: the generated ejabberd.yml with one host."""
PACKAGE = "ejabberd"
LAYER = "erlang"
POLICIES = ("modern",)
ENDPOINTS = ["xmpp-client:5222", "xmpp-server:5269", "xmpps-client:5223"]


def start(s):
    s.own("ejabberd", s.dir, s.folder("/run/ejabberd"))
    s.private("ejabberd")
    s.write("/etc/ejabberd/ejabberd.yml", 'hosts:\n  - "%s"\n%s' % (s.host, s.generated))
    return ["ejabberdctl", "--node", "ejabberd@localhost", "foreground"]
