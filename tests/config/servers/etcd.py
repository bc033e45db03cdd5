"""etcd: the generated text with a folder for its data."""
PACKAGE = "etcd-server"
KEY = "ecdsa"
ENDPOINTS = ["etcd:2379"]


def start(s):
    conf = s.write("etcd.conf.yml", s.generated + "\ndata-dir: '%s'\n" % s.folder("data"))
    return ["etcd", "--config-file", conf]
