/* What any answer shows besides what was asked; see notes.h. */
#include "probe/notes.h"

#include "data/group.h"

/* ---- certificates: one row per distinct leaf, with every way it was met ---- */

static struct tw_certificate *
certificate_of(struct tw_probing *p, const struct tw_flight *f)
{
	struct tw_facts *facts = p->facts;
	struct tw_certificate c = { 0 };

	for (size_t i = 0; i < facts->certificates.n; i++)
		if (tw_bytes_equal(facts->certificates.v[i].cert.der, f->chain[0]))
			return &facts->certificates.v[i];
	tw_shelf_read(p->shelf, p->arena, tw_arena_bytes(p->arena, f->chain[0]), &c.cert);
	for (size_t i = 1; i < f->chain_n; i++) {
		struct tw_link link = { 0 };

		tw_shelf_read_link(p->shelf, p->arena, tw_arena_bytes(p->arena, f->chain[i]), &link);
		TW_PUSH(p->arena, &c.chain, link);
	}
	TW_PUSH(p->arena, &facts->certificates, c);
	return &facts->certificates.v[facts->certificates.n - 1];
}

static void
note_served(struct tw_probing *p, struct tw_certificate *c, enum tw_sni_kind sni, int v)
{
	struct tw_served row = { sni, (enum tw_version)v, NULL };
	const char *key = c->cert.key_type;

	row.authentication = key == NULL ? "unknown" : strncmp(key, "Ed", 2) == 0 ? "EdDSA" : key;
	for (size_t i = 0; i < c->served.n; i++)
		if (c->served.v[i].sni == sni && c->served.v[i].protocol == row.protocol)
			return;
	TW_PUSH(p->arena, &c->served, row);
}

static void
note_staple(struct tw_probing *p, struct tw_certificate *c, const struct tw_question *q,
    const struct tw_flight *f)
{
	if (f->staple.p != NULL && c->staple_present != TW_YES) {
		c->staple = tw_arena_bytes(p->arena, f->staple);
		c->staple_present = TW_YES;
		if (!tw_cert_read_staple(c->staple, &c->staple_status, &c->staple_next_update))
			c->staple_status = "unreadable";
	} else if (q->hello.status_request && c->staple_present == TW_NOT_TESTED) {
		c->staple_present = TW_NO;
	}
	if (tw_cert_count_scts(f->scts) > c->scts)
		c->scts = tw_cert_count_scts(f->scts);
	if (c->cert.scts > c->scts)
		c->scts = c->cert.scts;
}

/* ---- Diffie-Hellman: size, name and reuse of the server's value ---- */

static unsigned
bits_of(struct tw_bytes n)
{
	unsigned bits;

	while (n.n > 0 && n.p[0] == 0) {
		n.p++;
		n.n--;
	}
	if (n.n == 0)
		return 0;
	bits = (unsigned)n.n * 8;
	for (uint8_t top = n.p[0]; (top & 0x80) == 0; top = (uint8_t)(top << 1))
		bits--;
	return bits;
}

static void
note_dh(struct tw_probing *p, const struct tw_flight *f)
{
	struct tw_dh row = { .bits = bits_of(f->ske.dh_p) };
	const char *name = tw_dh_prime_name(f->ske.dh_p.p, f->ske.dh_p.n);
	struct tw_dh_seen seen = { 0 };

	row.prime = name != NULL ? name : "unknown";
	for (size_t i = 0; i < p->dh_seen.n; i++) {
		const struct tw_dh_seen *was = &p->dh_seen.v[i];

		if (!tw_bytes_equal(was->prime, f->ske.dh_p))
			continue;
		if (p->facts->dh.v[i].reused != TW_YES)
			p->facts->dh.v[i].reused = tw_bytes_equal(was->value, f->ske.dh_y) ? TW_YES
			    : TW_NO;
		return;
	}
	seen.prime = tw_arena_bytes(p->arena, f->ske.dh_p);
	seen.value = tw_arena_bytes(p->arena, f->ske.dh_y);
	TW_PUSH(p->arena, &p->dh_seen, seen);
	TW_PUSH(p->arena, &p->facts->dh, row);
}

/* ---- extensions: yes stands; no is what an answer that had the chance shows ---- */

static void
note(struct tw_facts *f, enum tw_feature feature, bool asked, bool shown)
{
	if (shown)
		f->features[feature] = TW_YES;
	else if (asked && f->features[feature] == TW_NOT_TESTED)
		f->features[feature] = TW_NO;
}

static void
note_alpn(struct tw_probing *p, struct tw_bytes name)
{
	for (size_t i = 0; i < p->facts->alpn.n; i++)
		if (tw_bytes_equal(p->facts->alpn.v[i], name))
			return;
	TW_PUSH(p->arena, &p->facts->alpn, tw_arena_bytes(p->arena, name));
}

static void
note_extensions(struct tw_probing *p, const struct tw_question *q, const struct tw_flight *f)
{
	const struct tw_hello *h = &q->hello;
	struct tw_facts *facts = p->facts;
	bool old = f->version <= 0x0303 && !f->ssl2, plain = old && !h->no_extensions;
	const struct tw_suite *s = tw_suite_by_code(f->suite);
	bool cbc = s != NULL && strcmp(s->mode, "CBC") == 0;

	if (f->alpn.p != NULL)
		note_alpn(p, f->alpn);
	note(facts, TW_FEAT_SESSION_TICKETS, plain && h->ticket, old && f->ticket);
	note(facts, TW_FEAT_SECURE_RENEGOTIATION,
	    old && (h->renegotiation_info || h->renegotiation_scsv), old && f->renegotiation_info);
	note(facts, TW_FEAT_EXTENDED_MASTER_SECRET, plain && h->ems, old && f->ems);
	note(facts, TW_FEAT_ENCRYPT_THEN_MAC, plain && h->etm && cbc, old && f->etm);
	note(facts, TW_FEAT_COMPRESSION, old && h->compression.n > 1, old && f->compression != 0);
	note(facts, TW_FEAT_HEARTBEAT, h->heartbeat, f->heartbeat);
	note(facts, TW_FEAT_CLIENT_CERTIFICATE, f->done && (old || f->opened), f->certificate_request);
	note(facts, TW_FEAT_GREASE_TOLERANT, false, h->grease);
}

void
tw_notes_take(struct tw_probing *p, const struct tw_question *q, const struct tw_answer *a)
{
	const struct tw_flight *f = a->flight;
	int v;

	if (a->ms > 0 && (p->fastest_ms <= 0 || a->ms < p->fastest_ms))
		p->fastest_ms = a->ms;
	if (a->outcome != TW_GOT_FLIGHT) {
		if (a->outcome == TW_GOT_ALERT && f->unrecognized_name && q->sni == TW_SNI_NONE)
			p->facts->features[TW_FEAT_SNI_REQUIRED] = TW_YES;
		return;
	}
	p->facts->tls = TW_REACH_TLS;
	if (f->opened && q->shares != TW_SHARES_NONE)
		p->share_set = q->shares;
	v = f->ssl2 ? TW_SSL2 : tw_version_by_wire(f->version);
	if (v >= 0 && f->chain_n > 0) {
		struct tw_certificate *c = certificate_of(p, f);

		note_served(p, c, q->sni == TW_SNI_GIVEN && p->sni == NULL ? TW_SNI_NONE : q->sni, v);
		note_staple(p, c, q, f);
	}
	if (f->ske.present && f->ske.dh_p.n > 0 && f->ske.dh_y.n > 0)
		note_dh(p, f);
	if (!f->ssl2 && !f->retry)
		note_extensions(p, q, f);
}
