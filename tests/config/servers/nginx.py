"""nginx: the generated server blocks in a bare http block."""
PACKAGE = "nginx"
POLICIES = ("modern", "intermediate")
ENDPOINTS = ["https:443"]
BAD = """
server {
    listen 443 ssl;
    server_name {{name}};
    ssl_certificate {{cert}};
    ssl_certificate_key {{key}};
    ssl_protocols TLSv1 TLSv1.1 TLSv1.2;
    ssl_ciphers AES128-SHA:ECDHE-RSA-AES256-SHA:DHE-RSA-AES128-SHA:@SECLEVEL=0;
    ssl_prefer_server_ciphers on;
    ssl_ecdh_curve secp521r1;
}
"""


def start(s):
    s.write("index.html", "hello\n")
    conf = s.write("nginx.conf", "daemon off;\nuser www-data;\nworker_processes 1;\npid %s/pid;\nerror_log stderr;\n"
                   "events { }\nhttp {\naccess_log off;\nroot %s;\n%s}\n" % (s.dir, s.dir, s.generated))
    s.run("nginx", "-t", "-c", conf)
    return ["nginx", "-c", conf]
