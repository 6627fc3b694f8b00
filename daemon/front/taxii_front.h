/*
 * A front: HTTPS with the tools of one desk on one side, the vault, which
 * alone reads records and decides, on the other.
 */
#ifndef FRONT_TAXII_FRONT_H
#define FRONT_TAXII_FRONT_H

#include "front/http_conn.h"
#include "front/limit.h"

struct taxii_front;

/*
 * taxii_http_options(): those of a front: bodies of up to 10 MiB (it tells
 * tools so: max_content_length), in up to two minutes.
 */
struct http_options taxii_http_options(void);

struct taxii_front_options {
	const char *desk;		/* for the log; borrowed */
	struct tls_context *tls;	/* borrowed */
	int channel_fd, listen_fd;	/* taken over */
	struct http_options http;
	struct limit_options limits;
};

/*
 * taxii_front_new(l, o): serve until the vault is gone, or after
 * taxii_front_drain; then the loop is stopped.
 */
struct taxii_front *taxii_front_new(struct loop *l,
    const struct taxii_front_options *o);

/* taxii_front_free(f): close everything at once. */
void taxii_front_free(struct taxii_front *f);
MEM_AUTO(struct taxii_front, taxii_front_free);

/*
 * taxii_front_drain(f): take no connections any more, end each that is there
 * once its request is answered, and then stop the loop; after three seconds
 * in any case.
 */
void taxii_front_drain(struct taxii_front *f);

#endif
