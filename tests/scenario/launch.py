"""launch.py FD SECONDS COMMAND…: runs COMMAND, ends it after SECONDS, and writes to
descriptor FD what it cost. A process of its own and small on purpose: a child
begins with the peak memory of the process that started it."""

import json
import os
import signal
import sys
import time


def main():
    fd, limit = int(sys.argv[1]), float(sys.argv[2])
    start = time.monotonic()
    pid = os.fork()
    if pid == 0:
        os.close(fd)
        os.execvp(sys.argv[3], sys.argv[3:])

    killed = []

    def end(*_):
        killed.append(1)
        os.kill(pid, signal.SIGKILL)
    signal.signal(signal.SIGALRM, end)
    signal.signal(signal.SIGTERM, end)
    signal.setitimer(signal.ITIMER_REAL, limit)
    _, status, usage = os.wait4(pid, 0)
    os.write(fd, json.dumps({"status": os.waitstatus_to_exitcode(status), "killed": bool(killed),
                            "seconds": time.monotonic() - start, "rss_kib": usage.ru_maxrss,
                            "cpu": usage.ru_utime + usage.ru_stime}).encode())


main()
