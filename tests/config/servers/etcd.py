"""etcd: the generated text with a folder for its data."""
import shutil

PACKAGE = "etcd-server"
KEY = "ecdsa"
POLICIES = ("modern",)
ENDPOINTS = ["etcd:2379"]


def start(s):
    s.folder("/etc/etcd")
    shutil.copy(s.ca, "/etc/etcd/ca.pem")
    conf = s.write("etcd.conf.yml", s.generated + "\ndata-dir: '%s'\n" % s.folder("data"))
    return ["etcd", "--config-file", conf]
