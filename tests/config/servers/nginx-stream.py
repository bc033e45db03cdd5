"""nginx before TCP: the generated stream block; nothing is behind it."""
PACKAGE = "nginx"
POLICIES = ("modern", "intermediate")
ENDPOINTS = ["tls:443"]


def start(s):
    conf = s.write("nginx.conf", "include /etc/nginx/modules-enabled/*.conf;\ndaemon off;\npid %s/pid;\nerror_log stderr;\n"
                   "events { }\n%s" % (s.dir, s.generated))
    s.run("nginx", "-t", "-c", conf)
    return ["nginx", "-c", conf]
