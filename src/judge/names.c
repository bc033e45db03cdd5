/* Judges names and clients: SNI demanded, strict or ignored; client certificates. */
#include "judge/judgement.h"

static bool
is_served(const struct tw_certificate *c, enum tw_sni_kind sni)
{
	for (size_t i = 0; i < c->served.n; i++)
		if (c->served.v[i].sni == sni)
			return true;
	return false;
}

/* A client without SNI gets a certificate that a client with it does not. */
static void
find_default(struct tw_judge *j)
{
	const struct tw_facts *f = j->facts;
	bool given = false;

	for (size_t i = 0; i < f->certificates.n; i++)
		given = given || is_served(&f->certificates.v[i], TW_SNI_GIVEN);
	for (size_t i = 0; given && i < f->certificates.n; i++) {
		const struct tw_certificate *c = &f->certificates.v[i];

		if (is_served(c, TW_SNI_NONE) && !is_served(c, TW_SNI_GIVEN))
			tw_judge_find(j, TW_FINDING_DEFAULT_CERTIFICATE_DIFFERS,
			    tw_certificate_subject(j, c), true,
			    "It is what a hello without a server name gets; one with the host's "
			    "name does not.");
	}
}

void
tw_judge_names(struct tw_judge *j)
{
	const enum tw_check *features = j->facts->features;

	find_default(j);
	/* Who insists on a name and knows the names is said to insist; one of the two is enough. */
	if (features[TW_FEAT_SNI_REQUIRED] == TW_YES)
		tw_judge_find(j, TW_FINDING_SNI_REQUIRED, "server_name", true,
		    "A hello without a server name is refused%s.",
		    features[TW_FEAT_STRICT_SNI] == TW_YES ?
		    ", and so is one with a name the server does not know" : "");
	else if (features[TW_FEAT_STRICT_SNI] == TW_YES)
		tw_judge_find(j, TW_FINDING_SNI_STRICT, "server_name", true,
		    "A hello with a name the server does not know is refused.");
	/* Asked for is what a hello shows; whether it is insisted on, it does not. */
	if (features[TW_FEAT_CLIENT_CERTIFICATE] == TW_YES)
		tw_judge_find(j, TW_FINDING_CLIENT_CERTIFICATE_REQUIRED, "CertificateRequest",
		    false, "The server asks every client for a certificate.");
}
