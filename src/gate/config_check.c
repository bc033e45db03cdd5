/* config_check.c -- what is each right by itself, and wrong together. config.c calls it. */
#include "gate/config_inside.h"

void
tw_config_check_all(struct tw_config_reader *r)
{
	if (r->config->listens_n == 0 && r->config->redirects_n == 0)
		tw_config_say(r, 1, false, "there is no listen block: nothing would be served");
}
