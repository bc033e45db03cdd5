/*
 * installed.c -- asks an installed server for its version: a child with a fixed argv, a
 * small environment, no input, and a second to answer in. For the verb config.
 */
#include "verb/installed.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/bytes.h"

#define WORDS		8
#define ANSWER_BYTES	8192
#define PATIENCE_MS	1000

static const char *const folders[] = { "/usr/local/sbin", "/usr/local/bin", "/usr/sbin",
	"/usr/bin", "/sbin", "/bin", "/usr/lib/postgresql/bin" };

static bool
find_program(const char *name, char *path, size_t n)
{
	if (*name == '/') {
		snprintf(path, n, "%s", name);
		return access(path, X_OK) == 0;
	}
	for (size_t i = 0; i < TW_COUNT(folders); i++) {
		snprintf(path, n, "%s/%s", folders[i], name);
		if (access(path, X_OK) == 0)
			return true;
	}
	return false;
}

static int64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Reads until the child closes its end, the buffer is full, or time is up. */
static void
read_answer(int from, char *answer, size_t size)
{
	int64_t until = now_ms() + PATIENCE_MS;
	size_t used = 0;

	while (used < size - 1) {
		struct pollfd p = { .fd = from, .events = POLLIN };
		int64_t left = until - now_ms();
		ssize_t n;

		if (left <= 0 || poll(&p, 1, (int)left) <= 0)
			break;
		n = read(from, answer + used, size - 1 - used);
		if (n <= 0)
			break;
		used += (size_t)n;
	}
	answer[used] = '\0';
}

/* Starts path with its outputs in a pipe; the end to read from, or -1. */
static int
start(const char *path, char *const argv[], pid_t *ret_pid)
{
	char locale[] = "LC_ALL=C", search[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
	char home[] = "HOME=/";		/* Caddy complains where there is none */
	char *const environment[] = { locale, search, home, NULL };
	posix_spawn_file_actions_t actions;
	int ends[2], failed;

	if (pipe2(ends, O_CLOEXEC) != 0)
		return -1;
	posix_spawn_file_actions_init(&actions);
	/* Standard input too: there is none to read, and vsftpd writes its version there. */
	for (int fd = 0; fd <= 2; fd++)
		posix_spawn_file_actions_adddup2(&actions, ends[1], fd);
	failed = posix_spawn(ret_pid, path, &actions, NULL, argv, environment);
	posix_spawn_file_actions_destroy(&actions);
	close(ends[1]);
	if (failed == 0)
		return ends[0];
	close(ends[0]);
	return -1;
}

static bool
run(const char *path, char *const argv[], char *answer, size_t size)
{
	pid_t pid;
	int from = start(path, argv, &pid);

	if (from < 0)
		return false;
	read_answer(from, answer, size);
	close(from);
	kill(pid, SIGKILL);	/* it has answered, or it never will */
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return true;
}

/* The first dotted number of a text that begins small: "2.4.65", not a time of a log. */
static bool
find_number(const char *text, char *version, size_t size)
{
	for (const char *p = text; *p != '\0'; p++) {
		size_t n = strspn(p, "0123456789."), digits = strspn(p, "0123456789");

		if (n > digits && digits > 0 && digits <= 4 && p[digits + 1] >= '0' && p[digits + 1] <= '9') {
			while (n > 0 && p[n - 1] == '.')
				n--;
			snprintf(version, size, "%.*s", (int)n, p);
			return true;
		}
		p += n > 0 ? n - 1 : 0;
	}
	return false;
}

static bool
ask(char *command, struct tw_installed *ret)
{
	char path[128], answer[ANSWER_BYTES], *argv[WORDS + 1] = { NULL };
	size_t words = 0;
	const char *openssl;

	for (char *word; words < WORDS && (word = strsep(&command, " ")) != NULL;)
		if (*word != '\0')
			argv[words++] = word;
	if (words == 0 || !find_program(argv[0], path, sizeof(path)))
		return false;
	if (!run(path, argv, answer, sizeof(answer)) ||
	    !find_number(answer, ret->version, sizeof(ret->version)))
		return false;
	openssl = strstr(answer, "OpenSSL ");
	if (openssl == NULL || !find_number(openssl, ret->openssl, sizeof(ret->openssl)))
		ret->openssl[0] = '\0';
	return true;
}

bool
tw_installed_ask(const char *commands, struct tw_installed *ret)
{
	char copy[256], *rest = copy;

	snprintf(copy, sizeof(copy), "%s", commands);
	for (char *command; (command = strsep(&rest, "|")) != NULL;)
		if (ask(command, ret))
			return true;
	return false;
}
