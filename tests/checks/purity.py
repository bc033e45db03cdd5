"""Above the waterline there is no socket, no file and no clock: the objects of the pure
library ask the C library for none. What it may ask for is what this does not list."""
import re
import shutil
import subprocess
import sys

import tree

FORBIDDEN = re.compile(r"""^(
    socket|socketpair|connect|bind|listen|accept4?|shutdown|[gs]etsockopt|
    get(sock|peer)name|send(to|msg|mmsg)?|recv(from|msg|mmsg)?|getaddrinfo|getnameinfo|
    gethostby\w+|poll|ppoll|p?select|epoll_\w+|pipe2?|
    open(at)?|creat|close|p?read|p?write|readv|writev|lseek|stat|fstat\w*|lstat|access|
    unlink\w*|rename\w*|mkdir\w*|opendir|readdir|mmap|munmap|ioctl|fcntl|dup[23]?|
    f(re)?open|fdopen|fclose|fread|fgets|fgetc|getc|getline|fscanf|scanf|tmpfile|
    printf|vprintf|puts|putchar|fprintf|vfprintf|fwrite|fputs|fputc|putc|perror|fflush|
    time|gettimeofday|clock|clock_\w+|localtime\w*|mktime|nanosleep|usleep|sleep|alarm|
    timer_\w+|getenv|secure_getenv|setenv|putenv|setlocale|
    fork|vfork|exec\w*|posix_spawn\w*|system|popen|waitpid|kill|raise|signal|sigaction|
    pthread_create|thrd_create|syscall|exit|_exit|quick_exit|
    BIO_new_(file|fp|fd|socket|connect|accept)|BIO_s_(file|fd|socket|connect)|
    SSL_\w+|X509_STORE_set_default_paths\w*|X509_LOOKUP_(file|hash_dir)|
    uv_\w+|ares_\w+|json_(load|dump)_?(file|fd|f)\w*
)$""", re.X)
# The exception: out of memory, and a libcrypto that fails, say so and end the program.
ALLOWED = {(name, call) for name in ("arena.c", "crypto.c") for call in ("fputs", "fwrite")}


def undefined(library):
    # gcc-nm sees into objects made for link-time optimisation too.
    nm = shutil.which("gcc-nm") or shutil.which("nm")
    out = subprocess.run([nm, "-u", library], check=True, capture_output=True, text=True)
    member = None
    for line in out.stdout.split("\n"):
        if line.endswith(":"):
            member = re.sub(r"^.*?([^/_]+\.c)\.o$", r"\1", line[:-1])
            member = re.sub(r"^\w+?_(?=\w+\.c$)", "", member)
        elif line.strip():
            yield member, line.split()[-1].split("@")[0]


def main(library):
    bad, seen = [], set()
    for member, symbol in undefined(library):
        seen.add(member)
        symbol = re.sub(r"^__isoc99_|^__interceptor_|^__(?=\w+_chk$)|_chk$|64(_time64)?$", "",
                        symbol)
        if FORBIDDEN.match(symbol) and (member, symbol) not in ALLOWED:
            bad.append("%s asks for %s" % (member, symbol))
    if len(seen) < 5:
        bad.append("%d objects in %s: that cannot be all" % (len(seen), library))
    tree.end(sorted(set(bad)))


main(sys.argv[3])
