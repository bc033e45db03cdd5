/* config_confuse.c -- the only file that knows libconfuse: the values of what was found. */
#include <confuse.h>

#include "gate/config_inside.h"

struct opts {
	cfg_opt_t v[TW_BLOCKS][64];
};

/* What it would say was said by the scanner, which knows the line better. */
static void
say_nothing(cfg_t *cfg, const char *fmt, va_list ap)
{
	(void)cfg;
	(void)fmt;
	(void)ap;
}

/* All values are lists of texts here, so that what they should be is said by us. */
static void
fill(struct opts *o)
{
	size_t n[TW_BLOCKS] = { 0 };

	for (size_t i = 0; i < tw_config_keys_n; i++) {
		enum tw_config_block b = tw_config_keys[i].block;

		o->v[b][n[b]++] = (cfg_opt_t)CFG_STR_LIST(tw_config_keys[i].name, NULL,
		    CFGF_NODEFAULT);
	}
	for (size_t b = 1; b < TW_BLOCKS; b++) {
		const struct tw_config_block_row *row = &tw_config_blocks[b];

		o->v[row->within][n[row->within]++] = (cfg_opt_t)CFG_SEC(row->name, o->v[b],
		    CFGF_MULTI | (row->titled ? CFGF_TITLE : 0));
	}
}

/* The section of a block found: the scanner saw them in the same order. */
static cfg_t *
section(const struct tw_config_reader *r, cfg_t *root, size_t at)
{
	const struct tw_config_found *f = &r->found.v[at];
	cfg_t *in = root;
	unsigned index = 0;

	if (at == 0)
		return root;
	if (f->within != 0)
		in = section(r, root, f->within);	/* once: blocks nest once */
	for (size_t i = 1; i < at; i++)
		index += r->found.v[i].block == f->block && r->found.v[i].within == f->within;
	if (in == NULL || index >= cfg_size(in, tw_config_blocks[f->block].name))
		return NULL;
	return cfg_getnsec(in, tw_config_blocks[f->block].name, index);
}

static bool
take(struct tw_config_reader *r, cfg_t *in, struct tw_config_entry *e)
{
	if (in == NULL || cfg_size(in, e->key->name) != e->n)
		return false;
	e->values = tw_arena_alloc(r->arena, (e->n + 1) * sizeof(*e->values));
	for (size_t i = 0; i < e->n; i++)
		e->values[i] = tw_arena_str(r->arena, cfg_getnstr(in, e->key->name, (unsigned)i));
	return true;
}

int
tw_config_confuse(struct tw_config_reader *r)
{
	struct opts *opts = tw_arena_alloc(r->arena, sizeof(*opts));
	cfg_t *root;
	int status = -1;

	fill(opts);
	root = cfg_init(opts->v[0], CFGF_NONE);
	if (root == NULL) {
		tw_config_say(r, 1, false, "libconfuse could not begin");
		return -1;
	}
	cfg_set_error_function(root, say_nothing);
	if (cfg_parse_buf(root, r->clean) != CFG_SUCCESS) {
		tw_config_say(r, (unsigned)root->line, false, "the syntax is wrong about here");
		goto out;
	}
	for (size_t i = 0; i < r->found.n; i++) {
		struct tw_config_found *f = &r->found.v[i];
		cfg_t *in = section(r, root, i);

		for (size_t j = 0; j < f->entries.n; j++)
			if (!take(r, in, &f->entries.v[j])) {
				tw_config_say(r, f->entries.v[j].line, false,
				    "libconfuse reads \"%s\" otherwise than it stands here",
				    f->entries.v[j].key->name);
				goto out;
			}
	}
	status = 0;
out:
	cfg_free(root);
	return status;
}
