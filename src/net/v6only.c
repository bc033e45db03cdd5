/* sock_diag(7) asked for one bit of every listener; see v6only.h. */
#include "net/v6only.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>

#define STATES	(1u << 7 | 1u << 10)	/* TCP_CLOSE, as UDP has it, and TCP_LISTEN */

static bool
is_v6only(struct nlmsghdr *h)
{
	const struct inet_diag_msg *m = NLMSG_DATA(h);
	size_t left = h->nlmsg_len - NLMSG_LENGTH(sizeof(*m));
	const uint8_t *p = (const uint8_t *)(m + 1);

	while (left >= sizeof(struct nlattr)) {
		struct nlattr a;
		size_t step;

		memcpy(&a, p, sizeof(a));
		if (a.nla_len < sizeof(a) || a.nla_len > left)
			break;
		if (a.nla_type == INET_DIAG_SKV6ONLY && a.nla_len > NLA_HDRLEN)
			return p[NLA_HDRLEN] != 0;
		step = (size_t)NLA_ALIGN(a.nla_len);
		if (step >= left)
			break;
		left -= step;
		p += step;
	}
	return false;
}

/* One answer of the kernel's, with several messages; false: it was the last. */
static bool
take(struct tw_arena *a, struct tw_v6only *ret, struct nlmsghdr *h, size_t n)
{
	for (; NLMSG_OK(h, n); h = NLMSG_NEXT(h, n)) {
		const struct inet_diag_msg *m = NLMSG_DATA(h);

		if (h->nlmsg_type == NLMSG_DONE || h->nlmsg_type == NLMSG_ERROR)
			return false;
		if (h->nlmsg_type == SOCK_DIAG_BY_FAMILY &&
		    h->nlmsg_len >= NLMSG_LENGTH(sizeof(*m)) && is_v6only(h))
			TW_PUSH(a, ret, m->idiag_inode);
	}
	return true;
}

static void
ask(struct tw_arena *a, struct tw_v6only *ret, int fd, uint8_t protocol)
{
	struct {
		struct nlmsghdr head;
		struct inet_diag_req_v2 body;
	} request = {
		.head = { .nlmsg_len = sizeof(request), .nlmsg_type = SOCK_DIAG_BY_FAMILY,
		    .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
		.body = { .sdiag_family = AF_INET6, .sdiag_protocol = protocol,
		    .idiag_states = STATES },
	};
	union {
		struct nlmsghdr head;
		uint8_t bytes[32768];
	} answer;
	ssize_t n;

	if (send(fd, &request, sizeof(request), 0) != sizeof(request))
		return;
	do
		n = recv(fd, &answer, sizeof(answer), 0);
	while (n > 0 && take(a, ret, &answer.head, (size_t)n));
}

void
tw_v6only_read(struct tw_arena *a, struct tw_v6only *ret)
{
	static const uint8_t protocols[] = { IPPROTO_TCP, IPPROTO_UDP };
	const struct timeval limit = { .tv_sec = 2 };

	/* A socket for each: what is left of one answer must not begin the next. */
	for (size_t i = 0; i < TW_COUNT(protocols); i++) {
		int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);

		if (fd < 0)
			return;
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
		ask(a, ret, fd, protocols[i]);
		close(fd);
	}
}
