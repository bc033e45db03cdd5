/*
 * loop.h -- the event loop and its timers, so that the floors above need not
 * know whose it is (libuv's). Everything happens on the loop's one thread.
 */
#ifndef TW_NET_LOOP_H
#define TW_NET_LOOP_H

#include <stdint.h>

struct tw_loop;

struct tw_loop *tw_loop_new(void);	/* ends the program when the kernel gives no loop */
void tw_loop_run(struct tw_loop *l);	/* until nothing is open any more */
void tw_loop_free(struct tw_loop *l);
uint64_t tw_loop_now_ms(const struct tw_loop *l);	/* when this turn of the loop began */
uint64_t tw_loop_clock_ns(void);	/* monotonic, now */
uint64_t tw_loop_wall_ms(void);		/* Unix time */
const char *tw_loop_strerror(int error);	/* of an error that net/ handed out */

struct tw_timer;

/* A timer that is not running; fn gets ctx each time it ends. */
struct tw_timer *tw_timer_new(struct tw_loop *l, void (*fn)(void *ctx), void *ctx);
void tw_timer_start(struct tw_timer *t, uint64_t ms);	/* once; a running one starts anew */
void tw_timer_stop(struct tw_timer *t);
/*
 * Ends t; fn is not called again. gone (or NULL) gets ctx when the loop has let
 * go, after the callback under way has returned: the place to free ctx.
 */
void tw_timer_free(struct tw_timer *t, void (*gone)(void *ctx));

/* fn is called in every turn before the loop waits, while anything is open; NULL: no more. */
void tw_loop_before_wait(struct tw_loop *l, void (*fn)(void *ctx), void *ctx);

#endif
