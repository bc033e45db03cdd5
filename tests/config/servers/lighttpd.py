"""lighttpd: the generated text and a folder to show."""
PACKAGE = "lighttpd"
POLICIES = ("modern", "intermediate")
ENDPOINTS = ["https:443"]


def start(s):
    s.write("www/index.html", "hello\n")
    conf = s.write("lighttpd.conf", 'server.document-root = "%s"\nindex-file.names = ( "index.html" )\n%s'
                   % (s.path("www"), s.generated))
    s.run("lighttpd", "-tt", "-f", conf)
    return ["lighttpd", "-D", "-f", conf]
