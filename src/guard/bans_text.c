/* Bans as lines of a file; see bans_text.h. */
#include "guard/bans_text.h"

#include "base/text.h"

static const char head[] = "# tlswright bans 1";

static const struct {
	enum tw_ban_kind kind;
	const char *word;
} kinds[] = {
	{ TW_BAN_LOGIN, "login" },
	{ TW_BAN_HANDSHAKE, "handshake" },
	{ TW_BAN_HAND, "hand" },
};

void
tw_bans_text_head(struct tw_buf *out)
{
	tw_buf_str(out, head);
	tw_buf_str(out, ": address, until (seconds UTC), remembered until, times, kind, firewall, "
	    "reason\n");
}

/* Of a moment on the monotonic clock the second in UTC, rounded up: no ban ends early. */
static int64_t
utc_of(uint64_t ms, struct tw_bans_clock now)
{
	return ms > now.now_ms ? now.utc_s + (int64_t)((ms - now.now_ms + 999) / 1000) :
	    now.utc_s - (int64_t)((now.now_ms - ms) / 1000);
}

static uint64_t
ms_of(int64_t utc_s, struct tw_bans_clock now)
{
	return utc_s > now.utc_s ? now.now_ms + (uint64_t)(utc_s - now.utc_s) * 1000 : 0;
}

void
tw_bans_text_line(struct tw_buf *out, const struct tw_ban *ban, struct tw_bans_clock now)
{
	char network[TW_NETWORK_TEXT];
	const char *word = "hand";

	for (size_t i = 0; i < TW_COUNT(kinds); i++)
		if (kinds[i].kind == ban->kind)
			word = kinds[i].word;
	tw_buf_fmt(out, "%s %lld %lld %u %s %s ", tw_networks_text(&ban->network, network),
	    (long long)utc_of(ban->until_ms, now), (long long)utc_of(ban->forget_ms, now),
	    (unsigned)ban->times, word, ban->firewall ? "yes" : "no");
	tw_text_escape(out, tw_bytes_of(ban->reason));
	tw_buf_str(out, "\n");
}

/* The next word; false: there is none. */
static bool
take_word(struct tw_bytes *line, char *out, size_t size)
{
	const uint8_t *blank = line->n > 0 ? memchr(line->p, ' ', line->n) : NULL;
	size_t n = blank != NULL ? (size_t)(blank - line->p) : line->n;

	if (n == 0 || n >= size || memchr(line->p, '\0', n) != NULL)
		return false;
	memcpy(out, line->p, n);
	out[n] = '\0';
	line->p += blank != NULL ? n + 1 : n;
	line->n -= blank != NULL ? n + 1 : n;
	return true;
}

/* Up to the year 9999, and as many times as there are. */
static bool
take_number(struct tw_bytes *line, int64_t most, int64_t *ret)
{
	char word[16];
	int64_t v = 0;

	if (!take_word(line, word, sizeof(word)) || (word[0] == '0' && word[1] != '\0'))
		return false;
	for (const char *p = word; *p != '\0'; p++) {
		if (*p < '0' || *p > '9')
			return false;
		v = v * 10 + (*p - '0');
	}
	*ret = v;
	return v <= most;
}

static int
take_kind(struct tw_bytes *line, struct tw_ban *ban, struct tw_err *e)
{
	char word[16];

	if (!take_word(line, word, sizeof(word)))
		return tw_err_set(e, TW_ERR_FORMAT, "its kind is missing");
	for (size_t i = 0; i < TW_COUNT(kinds); i++)
		if (strcmp(word, kinds[i].word) == 0)
			ban->kind = kinds[i].kind;
	if (ban->kind == 0)
		return tw_err_set(e, TW_ERR_FORMAT,
		    "its kind is none of login, handshake and hand");
	if (!take_word(line, word, sizeof(word)) ||
	    (strcmp(word, "yes") != 0 && strcmp(word, "no") != 0))
		return tw_err_set(e, TW_ERR_FORMAT,
		    "whether it goes to the firewall is neither yes nor no");
	ban->firewall = word[0] == 'y';
	return 0;
}

/* The reason is as it was shown: what is no printable text was escaped, and stays so. */
static bool
take_reason(struct tw_bytes line, struct tw_ban *ban)
{
	struct tw_buf b;
	size_t n = line.n < TW_BAN_REASON - 1 ? line.n : TW_BAN_REASON - 1;
	bool same;

	tw_buf_init(&b, 1024);
	tw_text_escape(&b, line);
	same = !b.failed && tw_bytes_equal(tw_buf_view(&b), line);
	tw_buf_clear(&b);
	if (!same)
		return false;
	/* Cut where a character begins. */
	while (n < line.n && n > 0 && (line.p[n] & 0xc0) == 0x80)
		n--;
	memcpy(ban->reason, line.p, n);
	return true;
}

int
tw_bans_text_read(struct tw_bytes line, struct tw_bans_clock now, struct tw_ban *ret,
    struct tw_err *e)
{
	char word[TW_NETWORK_TEXT + 8];
	struct tw_ban ban = { 0 };
	int64_t until, forget, times;
	const int64_t most_s = INT64_C(253402300799);	/* the last second of 9999 */

	if (!take_word(&line, word, sizeof(word)))
		return tw_err_set(e, TW_ERR_FORMAT, "its address is missing or too long");
	if (tw_networks_read(word, &ban.network, e) < 0)
		return -1;
	if (!take_number(&line, most_s, &until))
		return tw_err_set(e, TW_ERR_FORMAT, "its end is no time in seconds");
	if (!take_number(&line, most_s, &forget))
		return tw_err_set(e, TW_ERR_FORMAT, "until when it is remembered is no time in "
		    "seconds");
	if (!take_number(&line, UINT32_MAX, &times) || times < 1)
		return tw_err_set(e, TW_ERR_FORMAT, "its number of times is none");
	if (take_kind(&line, &ban, e) < 0)
		return -1;
	if (!take_reason(line, &ban))
		return tw_err_set(e, TW_ERR_FORMAT, "its reason is not plain text");
	ban.times = (uint32_t)times;
	ban.until_ms = ms_of(until, now);
	ban.forget_ms = ms_of(forget, now);
	*ret = ban;
	return 0;
}

static struct tw_bytes
take_line(struct tw_bytes *file)
{
	const uint8_t *end = memchr(file->p, '\n', file->n);
	struct tw_bytes line = { file->p, end != NULL ? (size_t)(end - file->p) : file->n };
	size_t taken = end != NULL ? line.n + 1 : line.n;

	file->p += taken;
	file->n -= taken;
	return line;
}

int
tw_bans_text_load(struct tw_bans *b, unsigned worker, struct tw_bytes file,
    struct tw_bans_clock now, struct tw_bans_loaded *ret, struct tw_err *e)
{
	struct tw_bans_loaded loaded = { 0 };
	struct tw_bytes line = file.n > 0 ? take_line(&file) : file;

	if (line.n < sizeof(head) - 1 || memcmp(line.p, head, sizeof(head) - 1) != 0 ||
	    (line.n > sizeof(head) - 1 && line.p[sizeof(head) - 1] != ':'))
		return tw_err_set(e, TW_ERR_FORMAT,
		    "this is no file of bans: its first line does not begin with \"%s\"", head);
	for (size_t number = 2; file.n > 0; number++) {
		struct tw_ban ban;
		struct tw_err why;

		line = take_line(&file);
		if (line.n == 0 || line.p[0] == '#')
			continue;
		if (tw_bans_text_read(line, now, &ban, &why) < 0 ||
		    ((ban.until_ms != 0 || ban.forget_ms != 0) &&
		    tw_bans_put(b, worker, &ban, now.now_ms, &why) < 0)) {
			if (loaded.wrong++ == 0) {
				loaded.wrong_line = number;
				loaded.why = why;
			}
			continue;
		}
		if (ban.until_ms != 0)
			loaded.in++;
		else
			loaded.over++;
	}
	*ret = loaded;
	return 0;
}
