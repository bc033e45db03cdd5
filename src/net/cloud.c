/* The providers of machines, by the DMI strings of their firmware, as cloud-init knows them. */
#include "net/cloud.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"

#define DMI	"/sys/class/dmi/id/"

static const struct {
	const char *file, *begins, *name;
} providers[] = {
	{ "sys_vendor", "Amazon EC2", "Amazon EC2" },
	{ "bios_vendor", "Amazon", "Amazon EC2" },
	{ "product_name", "Google Compute Engine", "Google Cloud" },
	{ "chassis_asset_tag", "7783-7084-3265-9085-8269-3286-77", "Microsoft Azure" },
	{ "chassis_asset_tag", "OracleCloud.com", "Oracle Cloud" },
	{ "sys_vendor", "DigitalOcean", "DigitalOcean" },
	{ "sys_vendor", "Hetzner", "Hetzner Cloud" },
	{ "sys_vendor", "Vultr", "Vultr" },
	{ "sys_vendor", "Linode", "Akamai (Linode)" },
	{ "sys_vendor", "Akamai", "Akamai (Linode)" },
	{ "sys_vendor", "Scaleway", "Scaleway" },
	{ "product_name", "Alibaba Cloud ECS", "Alibaba Cloud" },
};

const char *
tw_cloud_name(void)
{
	for (size_t i = 0; i < TW_COUNT(providers); i++) {
		char path[64], line[128] = "";
		FILE *f;

		snprintf(path, sizeof(path), DMI "%s", providers[i].file);
		f = fopen(path, "re");
		if (f == NULL)
			continue;
		if (fgets(line, sizeof(line), f) == NULL)
			line[0] = '\0';
		fclose(f);
		if (strncmp(line, providers[i].begins, strlen(providers[i].begins)) == 0)
			return providers[i].name;
	}
	return NULL;
}
