/*
 * measure OUT SAID COMMAND…: runs the command, its words to the file SAID, and writes one
 * line of JSON to OUT: wall and CPU seconds and the peak resident size in KiB, of it and
 * all it waited for. It is a program of its own because a child's peak begins with its
 * parent's size at fork: a script language would add its own megabytes to every figure.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double
now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double
seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

int
main(int argc, char **argv)
{
	struct rusage use;
	double start = now_s();
	int status, null, said;
	FILE *out;
	pid_t pid;

	if (argc < 4) {
		fputs("usage: measure OUT SAID COMMAND...\n", stderr);
		return 2;
	}
	pid = fork();
	if (pid == 0) {
		null = open("/dev/null", O_RDONLY);
		said = open(argv[2], O_WRONLY | O_CREAT | O_TRUNC, 0600);
		if (null >= 0 && said >= 0) {
			dup2(null, 0);
			dup2(said, 1);
			dup2(said, 2);
			execvp(argv[3], argv + 3);
		}
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &use) != pid) {
		perror("measure");
		return 1;
	}
	out = fopen(argv[1], "w");
	if (out == NULL) {
		perror(argv[1]);
		return 1;
	}
	fprintf(out, "{\"wall\": %.4f, \"cpu\": %.4f, \"rss\": %ld, \"status\": %d}\n",
	    now_s() - start, seconds(use.ru_utime) + seconds(use.ru_stime), use.ru_maxrss,
	    WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	return fclose(out) != 0;
}
