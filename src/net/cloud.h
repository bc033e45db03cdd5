/* cloud.h -- whose machine is this? What its firmware says, which needs neither root nor network. */
#ifndef TW_NET_CLOUD_H
#define TW_NET_CLOUD_H

/* "Amazon EC2", "Microsoft Azure" …, static; NULL: no provider we know, or none said. */
const char *tw_cloud_name(void);

#endif
