/* Programs run side by side, without a shell; see command.h. */
#include "net/command.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net/loop.h"

/* Before PATH: who runs us as root should get the system's programs. */
static const char *const places[] = { "/usr/sbin", "/usr/bin", "/sbin", "/bin", "/usr/local/sbin",
	"/usr/local/bin" };

struct running {
	struct tw_command *command;	/* NULL: a free place */
	pid_t pid;
	int in, out, err;		/* -1: closed */
	uint64_t until_ms;
};

static void
shut(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static bool
find(const char *name, char path[static PATH_MAX])
{
	const char *list = getenv("PATH");

	for (size_t i = 0; i < TW_COUNT(places); i++) {
		snprintf(path, PATH_MAX, "%s/%s", places[i], name);
		if (access(path, X_OK) == 0)
			return true;
	}
	while (list != NULL && *list != '\0') {
		size_t n = strcspn(list, ":");

		snprintf(path, PATH_MAX, "%.*s/%s", (int)n, list, name);
		if (list[0] == '/' && access(path, X_OK) == 0)
			return true;
		list += n + (list[n] == ':');
	}
	return false;
}

/* One of the three: the child's end becomes fd to in it, ours is kept. */
static int
add_pipe(posix_spawn_file_actions_t *actions, int pair[2], int to)
{
	if (pipe2(pair, O_CLOEXEC) != 0) {
		pair[0] = pair[1] = -1;
		return -1;
	}
	return posix_spawn_file_actions_adddup2(actions, pair[to != 0], to);
}

static void
begin(struct running *r, struct tw_command *c, int64_t timeout_ms)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int in[2] = { -1, -1 }, out[2] = { -1, -1 }, err[2] = { -1, -1 };
	sigset_t defaults;
	char path[PATH_MAX];
	int bad;

	*r = (struct running){ .command = c, .in = -1, .out = -1, .err = -1,
		.until_ms = tw_loop_clock_ns() / 1000000 + (uint64_t)timeout_ms };
	c->status = -1;
	if (!find(c->argv[0], path)) {
		c->missing = true;
		r->command = NULL;
		return;
	}
	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attributes);
	sigemptyset(&defaults);
	sigaddset(&defaults, SIGPIPE);	/* we ignore it; they need not */
	posix_spawnattr_setsigdefault(&attributes, &defaults);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
	bad = c->holds_stdin ? add_pipe(&actions, in, 0) :
	    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	bad = bad || add_pipe(&actions, out, 1) || add_pipe(&actions, err, 2);
	/* posix_spawn() takes words that it will not change as if it might. */
	bad = bad || posix_spawn(&r->pid, path, &actions, &attributes,
	    (char *const *)(uintptr_t)c->argv, environ) != 0;
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	shut(&in[0]);
	shut(&out[1]);
	shut(&err[1]);
	r->in = in[1];
	r->out = out[0];
	r->err = err[0];
	if (bad) {
		shut(&r->in);
		shut(&r->out);
		shut(&r->err);
		r->command = NULL;
	}
}

static void
finish(struct running *r, bool by_us)
{
	int status;

	if (by_us)
		kill(r->pid, SIGTERM);
	shut(&r->in);
	shut(&r->out);
	shut(&r->err);
	while (waitpid(r->pid, &status, 0) < 0 && errno == EINTR)
		;
	r->command->status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	r->command = NULL;
}

static void
drain(int *fd, struct tw_buf *to)
{
	uint8_t part[16384];
	ssize_t n = read(*fd, part, sizeof(part));

	if (n > 0)
		tw_buf_put(to, part, (size_t)n);
	else if (n == 0 || errno != EINTR)
		shut(fd);
}

static void
step(struct running *r, const struct pollfd *out, const struct pollfd *err,
    bool (*enough)(struct tw_command *c))
{
	struct tw_command *c = r->command;
	bool heard = out->revents != 0 || err->revents != 0;

	if (out->revents != 0)
		drain(&r->out, &c->out);
	if (err->revents != 0)
		drain(&r->err, &c->err);
	if (heard && enough != NULL && enough(c)) {
		c->stopped = true;
		finish(r, true);
	} else if (r->out < 0 && r->err < 0) {
		finish(r, false);
	} else if (tw_loop_clock_ns() / 1000000 >= r->until_ms) {
		c->timed_out = true;
		finish(r, true);
	}
}

/* Waits until one of them says something or has had its time. */
static void
wait_for(struct running *running, size_t places_n, struct pollfd *fds)
{
	uint64_t now = tw_loop_clock_ns() / 1000000, soonest = now + 1000;

	for (size_t i = 0; i < places_n; i++) {
		struct running *r = &running[i];
		bool used = r->command != NULL;

		fds[2 * i] = (struct pollfd){ used ? r->out : -1, POLLIN, 0 };
		fds[2 * i + 1] = (struct pollfd){ used ? r->err : -1, POLLIN, 0 };
		if (used && r->until_ms < soonest)
			soonest = r->until_ms;
	}
	poll(fds, 2 * places_n, soonest > now ? (int)(soonest - now) : 0);
}

void
tw_command_run(struct tw_command *commands, size_t n, unsigned parallel, int64_t timeout_ms,
    bool (*enough)(struct tw_command *c))
{
	struct running *running = calloc(parallel, sizeof(*running));
	struct pollfd *fds = calloc(2 * parallel, sizeof(*fds));
	size_t begun = 0, busy;

	if (running == NULL || fds == NULL)
		abort();
	do {
		busy = 0;
		for (size_t i = 0; i < parallel; i++) {
			while (running[i].command == NULL && begun < n)
				begin(&running[i], &commands[begun++], timeout_ms);
			busy += running[i].command != NULL;
		}
		if (busy == 0)
			break;
		wait_for(running, parallel, fds);
		for (size_t i = 0; i < parallel; i++)
			if (running[i].command != NULL)
				step(&running[i], &fds[2 * i], &fds[2 * i + 1], enough);
	} while (busy > 0);
	free(running);
	free(fds);
}
