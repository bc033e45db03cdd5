"""nginx before mail servers: the generated mail block; nothing is behind it."""
PACKAGE = "nginx"
POLICIES = ("modern", "intermediate")
ENDPOINTS = ["imaps:993", "pop3s:995", "smtps:465", "imap:143", "submission:587"]


def start(s):
    conf = s.write("nginx.conf", "include /etc/nginx/modules-enabled/*.conf;\ndaemon off;\npid %s/pid;\nerror_log stderr;\n"
                   "events { }\n%s" % (s.dir, s.generated))
    s.run("nginx", "-t", "-c", conf)
    return ["nginx", "-c", conf]
