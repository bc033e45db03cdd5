/* Judges the leaf certificates that the client asking for the host is given. */
#include "judge/judgement.h"

#include "base/text.h"

#define DAY		86400
#define MANY_NAMES	100	/* more hosts than anybody can answer for with one key */
#define SUBJECT_BYTES	160	/* of a peer's name in a subject */
#define NAMES_TOLD	5	/* in a sentence; the facts have them all */
#define LONGEST_NAME	255	/* bytes of a name told at all */

const char *
tw_certificate_subject(struct tw_judge *j, const struct tw_certificate *c)
{
	char *name = tw_text_escaped(j->arena, c->cert.subject);
	struct tw_buf hex;
	const char *s;

	if (c->cert.parsed && name != NULL && *name != '\0') {
		size_t n = strlen(name);

		if (n > SUBJECT_BYTES) {
			for (n = SUBJECT_BYTES; (name[n] & 0xc0) == 0x80;)
				n--;		/* not within a character */
			name[n] = '\0';
		}
		return tw_arena_fmt(j->arena, "%s certificate %s", c->cert.key_type != NULL ?
		    c->cert.key_type : "unknown", name);
	}
	tw_buf_init(&hex, 64);
	tw_text_hex(&hex, (struct tw_bytes){ c->cert.sha256, 8 });
	s = tw_arena_fmt(j->arena, "certificate %s…", tw_buf_cstr(&hex));
	tw_buf_clear(&hex);
	return s;
}

static bool
is_served(const struct tw_certificate *c, enum tw_sni_kind sni)
{
	for (size_t i = 0; i < c->served.n; i++)
		if (c->served.v[i].sni == sni)
			return true;
	return false;
}

bool
tw_certificate_is_hosts(const struct tw_facts *f, const struct tw_certificate *c)
{
	bool any_given = false;

	if (is_served(c, TW_SNI_GIVEN) || c->served.n == 0)
		return true;
	for (size_t i = 0; i < f->certificates.n; i++)
		any_given = any_given || is_served(&f->certificates.v[i], TW_SNI_GIVEN);
	/* No name was (or could be) given: what comes without one is the host's. */
	return !any_given && (is_served(c, TW_SNI_NONE) || f->sni != NULL);
}

static const char *
date(struct tw_judge *j, int64_t seconds)
{
	char text[32];

	return tw_arena_str(j->arena, tw_text_time(seconds, text));
}

static int64_t
least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/*
 * Steps that warn early enough of long lives and never of a short one that renews
 * itself in time: the lesser of some days and a share of the lifetime.
 */
static void
find_expiry(struct tw_judge *j, const struct tw_certificate *c, const char *subject)
{
	static const struct {
		int64_t days, percent;
		enum tw_severity severity;
		const char *word;
	} steps[] = {
		{ 7, 10, TW_HIGH, "critical" }, { 14, 20, TW_MEDIUM, "warning" },
		{ 30, 30, TW_LOW, "notice" },
	};
	int64_t life = c->cert.not_after - c->cert.not_before, left = c->cert.not_after - j->at;

	for (size_t i = 0; i < TW_COUNT(steps); i++) {
		int64_t step = least(steps[i].days * DAY, life / 100 * steps[i].percent);

		if (left >= step)
			continue;
		tw_judge_weigh(j, tw_judge_find(j, TW_FINDING_CERTIFICATE_EXPIRES_SOON, subject,
		    true, "It ends at %s: fewer than %.1f days are left of its %.1f (%s step).",
		    date(j, c->cert.not_after), (double)step / DAY, (double)life / DAY,
		    steps[i].word), steps[i].severity);
		return;
	}
}

static void
find_dates(struct tw_judge *j, const struct tw_certificate *c, const char *subject)
{
	const struct tw_cert *cert = &c->cert;
	unsigned limit = j->policy->max_validity_days;
	int64_t life = cert->not_after - cert->not_before + 1;	/* both ends count (BR 1.6.1) */

	if (j->at > cert->not_after)
		tw_judge_find(j, TW_FINDING_CERTIFICATE_EXPIRED, subject, true,
		    "It ended at %s.", date(j, cert->not_after));
	else if (j->at < cert->not_before)
		tw_judge_find(j, TW_FINDING_CERTIFICATE_NOT_YET_VALID, subject, true,
		    "It begins at %s.", date(j, cert->not_before));
	else
		find_expiry(j, c, subject);
	if (limit == 0)
		limit = tw_cert_validity_limit_days(cert->not_before);
	if (limit != 0 && life > (int64_t)limit * DAY)
		tw_judge_weigh(j, tw_judge_find(j, TW_FINDING_VALIDITY_TOO_LONG, subject, true,
		    "It is valid for %.1f days, from %s to %s; the limit for its date of issue "
		    "is %u.", (double)life / DAY, date(j, cert->not_before),
		    date(j, cert->not_after), limit),
		    c->trusted == TW_YES && c->trust.public_root ? TW_MEDIUM : TW_INFO);
}

static void
find_trust(struct tw_judge *j, const struct tw_certificate *c, const char *subject)
{
	const char *reason = c->trust_error != NULL ? c->trust_error :
	    c->trust.reason != NULL ? c->trust.reason : "it is not trusted";
	enum tw_finding_id id = TW_FINDING_CERTIFICATE_UNTRUSTED;

	if (c->trusted != TW_NO)
		return;
	switch (c->trust.verdict) {
	case TW_SELF_SIGNED:
		id = TW_FINDING_CERTIFICATE_SELF_SIGNED;
		break;
	case TW_NAME_CONSTRAINT:
		id = TW_FINDING_NAME_CONSTRAINT_VIOLATED;
		break;
	case TW_LEAF_OUT_OF_DATE:	/* its dates have findings of their own */
		return;
	case TW_CHAIN_OUT_OF_DATE:
		if ((c->trust.issues & TW_CHAIN_INTERMEDIATE_EXPIRED) != 0)
			return;
		break;
	case TW_WRONG_PURPOSE:
		if (!c->cert.server_usage)
			return;
		break;
	default:
		break;
	}
	tw_judge_find(j, id, subject, true, "It does not verify: %s.",
	    tw_text_escaped(j->arena, tw_bytes_of(reason)));
}

static void
find_names(struct tw_judge *j, const struct tw_certificate *c, const char *subject)
{
	const char *shown = "";
	size_t hosts = 0, told = 0;

	for (size_t i = 0; i < c->cert.names.n; i++) {
		const struct tw_name *name = &c->cert.names.v[i];
		const char *text;

		if (name->kind != TW_NAME_DNS && name->kind != TW_NAME_IP)
			continue;
		if (hosts++ >= NAMES_TOLD)
			continue;
		text = tw_text_escaped(j->arena, name->value);
		if (text == NULL || strlen(text) > LONGEST_NAME)
			continue;
		shown = tw_arena_fmt(j->arena, "%s%s%s", shown, told++ == 0 ? "" : ", ", text);
	}
	if (hosts > told)
		shown = tw_arena_fmt(j->arena, "%s%s%zu more", shown, told > 0 ? " and " : "",
		    hosts - told);
	if (hosts == 0)
		tw_judge_find(j, TW_FINDING_NO_SAN, subject, true,
		    "It has no DNS name and no IP address in its subjectAltName.");
	else if (c->matches_host == TW_NO && j->facts->host != NULL)
		tw_judge_find(j, TW_FINDING_NAME_MISMATCH, subject, true,
		    "It is for %s, not for %s.", shown,
		    tw_text_escaped(j->arena, tw_bytes_of(j->facts->host)));
	if (c->cert.wildcard)
		tw_judge_find(j, TW_FINDING_WILDCARD_CERTIFICATE, subject, true,
		    "It is for %s.", shown);
	if (hosts > MANY_NAMES)
		tw_judge_find(j, TW_FINDING_MANY_NAMES, subject, true,
		    "It is for %zu names.", hosts);
}

static void
find_weak_key(struct tw_judge *j, const struct tw_certificate *c, const char *subject)
{
	const struct tw_cert *cert = &c->cert;
	const char *type = cert->key_type != NULL ? cert->key_type : "";
	bool rsa = strncmp(type, "RSA", 3) == 0 || strcmp(type, "DSA") == 0;
	bool ec = strcmp(type, "ECDSA") == 0;
	unsigned least_bits = rsa ? j->policy->rsa_bits : ec ? j->policy->ec_bits : 0;
	unsigned broken = rsa ? 1024 : 192;

	if (cert->rsa_exponent_one)
		tw_judge_find(j, TW_FINDING_WEAK_KEY, subject, true,
		    "The public exponent of its RSA key is 1: it encrypts nothing.");
	else if (cert->key_bits != 0 && cert->key_bits < least_bits)
		tw_judge_weigh(j, tw_judge_find(j, TW_FINDING_WEAK_KEY, subject, true,
		    "Its %s key has %u bits; the least is %u.", type, cert->key_bits,
		    least_bits), cert->key_bits < broken ? TW_CRITICAL : TW_HIGH);
	if (cert->roca)
		tw_judge_find(j, TW_FINDING_ROCA, subject, false,
		    "Its RSA modulus has the form that Infineon's faulty generator gave.");
}

static bool
is_md(const char *hash)
{
	return hash[0] == 'M' && hash[1] == 'D';
}

/* The leaf's own signature, else the worst on the way to the root. */
static void
find_signature(struct tw_judge *j, const struct tw_certificate *c, const char *subject)
{
	const char *hash = c->cert.signature_hash != NULL ? c->cert.signature_hash : "";
	const char *chain = c->trust.weak_signature && c->trust.weak_hash != NULL ?
	    c->trust.weak_hash : "";
	bool md5 = is_md(hash), sha1 = strcmp(hash, "SHA1") == 0;

	if (md5 || sha1)
		tw_judge_find(j, md5 ? TW_FINDING_MD5_SIGNATURE : TW_FINDING_SHA1_SIGNATURE,
		    subject, true, "It is signed with %s.",
		    c->cert.signature != NULL ? c->cert.signature : hash);
	else if (*chain != '\0')
		tw_judge_find(j, is_md(chain) ? TW_FINDING_MD5_SIGNATURE :
		    TW_FINDING_SHA1_SIGNATURE, subject, true,
		    "It depends on a certificate that is signed with %s.", chain);
}

static void
find_rest(struct tw_judge *j, const struct tw_certificate *c, const char *subject)
{
	if (c->revoked == TW_YES || (c->staple_status != NULL &&
	    strcmp(c->staple_status, "revoked") == 0))
		tw_judge_find(j, TW_FINDING_CERTIFICATE_REVOKED, subject, true,
		    "Its issuer says that it is revoked.");
	if (c->cert.must_staple && c->staple_present == TW_NO)
		tw_judge_find(j, TW_FINDING_STAPLE_MISSING, subject, true,
		    "It demands a stapled OCSP response (RFC 7633), and none came with it.");
	if (!c->cert.server_usage)
		tw_judge_find(j, TW_FINDING_NO_SERVER_USAGE, subject, true,
		    "Its extended key usage does not name serverAuth.");
	/* A certificate that nobody but itself vouches for is its own authority anyway. */
	if (c->cert.is_ca && !(c->cert.self_signed && c->trusted == TW_NO))
		tw_judge_find(j, TW_FINDING_CA_AS_LEAF, subject, true,
		    "Its basic constraints say that it is a certificate authority.");
}

void
tw_judge_certificate(struct tw_judge *j)
{
	for (size_t i = 0; i < j->facts->certificates.n; i++) {
		const struct tw_certificate *c = &j->facts->certificates.v[i];
		const char *subject = tw_certificate_subject(j, c);

		if (!tw_certificate_is_hosts(j->facts, c))
			continue;
		if (!c->cert.parsed) {
			tw_judge_find(j, TW_FINDING_CERTIFICATE_UNTRUSTED, subject, true,
			    "It is not a certificate that can be read.");
			continue;
		}
		find_dates(j, c, subject);
		find_trust(j, c, subject);
		find_names(j, c, subject);
		find_weak_key(j, c, subject);
		find_signature(j, c, subject);
		find_rest(j, c, subject);
	}
}
