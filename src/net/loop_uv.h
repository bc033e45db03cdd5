/* loop_uv.h -- the libuv loop inside, for the files of net/ alone. */
#ifndef TW_NET_LOOP_UV_H
#define TW_NET_LOOP_UV_H

#include <uv.h>

#include "net/loop.h"

uv_loop_t *tw_loop_uv(struct tw_loop *l);

#endif
