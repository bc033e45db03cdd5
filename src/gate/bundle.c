/* Files of a configuration, together in memory; see bundle.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gate/bundle.h"
#include "net/sealed.h"

#define FILE_BYTES	(4u << 20)	/* of one file */

/* Before each piece, in this machine's order: nobody else reads it. */
struct head {
	uint32_t name_n, n;
};

static struct tw_bytes
find(struct tw_bytes all, const char *name)
{
	struct tw_bytes wanted = tw_bytes_of(name);
	struct head h;

	while (all.n >= sizeof(h)) {
		memcpy(&h, all.p, sizeof(h));
		all = (struct tw_bytes){ all.p + sizeof(h), all.n - sizeof(h) };
		if (h.name_n > all.n || h.n > all.n - h.name_n)
			break;
		if (h.name_n == wanted.n && memcmp(all.p, wanted.p, wanted.n) == 0)
			return (struct tw_bytes){ all.p + h.name_n, h.n };
		all = (struct tw_bytes){ all.p + h.name_n + h.n, all.n - h.name_n - h.n };
	}
	return (struct tw_bytes){ NULL, 0 };
}

void
tw_bundle_put(struct tw_buf *out, const char *name, struct tw_bytes v)
{
	struct head h = { (uint32_t)strlen(name), (uint32_t)v.n };

	if (find(tw_buf_view(out), name).p != NULL)
		return;
	tw_buf_put(out, &h, sizeof(h));
	tw_buf_str(out, name);
	tw_buf_bytes(out, v);
}

int
tw_bundle_put_file(struct tw_buf *out, const char *path, struct tw_err *e)
{
	FILE *f = fopen(path, "re");
	uint8_t *p = f == NULL ? NULL : malloc(FILE_BYTES + 1);
	size_t n = p == NULL ? 0 : fread(p, 1, FILE_BYTES + 1, f);
	int why = p == NULL || ferror(f) ? errno : n > FILE_BYTES ? EFBIG : 0;

	if (f != NULL)
		fclose(f);
	if (why == 0)
		tw_bundle_put(out, path, (struct tw_bytes){ p, n });
	free(p);
	errno = why;
	return why == 0 ? 0 : tw_err_set(e, TW_ERR_SYSTEM, "cannot read %s", path);
}

bool
tw_bundle_open(struct tw_bundle *b, int fd)
{
	return tw_sealed_map(fd, &b->all);
}

void
tw_bundle_close(struct tw_bundle *b)
{
	tw_sealed_unmap(b->all);
	b->all = (struct tw_bytes){ NULL, 0 };
}

struct tw_bytes
tw_bundle_find(const struct tw_bundle *b, const char *name)
{
	return b == NULL || name == NULL ? (struct tw_bytes){ NULL, 0 } : find(b->all, name);
}
