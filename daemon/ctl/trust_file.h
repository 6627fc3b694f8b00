/*
 * A file of evidence: JSON lines, of which each is an item about a peer, a
 * place where its scores are asked for, a peer's group, or where people put
 * it at first.
 */
#ifndef CTL_TRUST_FILE_H
#define CTL_TRUST_FILE_H

#include "trust/trust.h"

#define TRUST_FILE_LINES_MAX 20000000

/* One line; ev.peer and ev.by are places in the file's peers. */
struct trust_line {
	size_t line;		/* from 1 */
	struct trust_evidence ev;	/* at, peer and by also when asking */
	bool print;		/* scores are asked for */
	bool has_dimension;	/* ... of ev.dimension alone */
};

struct trust_file;

/*
 * trust_file_read(text, name, e): all lines, sorted by time, and by place
 * where those are equal.  NULL with e naming file:line and what is wrong.
 */
struct trust_file *trust_file_read(struct str text, const char *name,
    struct err *e);
void trust_file_free(struct trust_file *f);
MEM_AUTO(struct trust_file, trust_file_free);

/* trust_file_line(f, i): the i-th in order of time, or NULL; borrowed. */
const struct trust_line *trust_file_line(const struct trust_file *f,
    size_t i);

/* trust_file_peer(f, i, out_group): name of the i-th peer, or NULL. */
const char *trust_file_peer(const struct trust_file *f, size_t i,
    uint32_t *out_group);

/*
 * trust_file_place(f, peer, group): the peer is of that group, whatever its
 * lines say; groups are one if their names are.
 * trust_file_presume(f, peer, d, band): the same with where it began.
 */
void trust_file_place(struct trust_file *f, int peer, struct str group);
void trust_file_presume(struct trust_file *f, int peer,
    enum trust_dimension d, enum trust_band band);

/* trust_file_presumed(f, peer, d): the band it was put into, or E. */
enum trust_band trust_file_presumed(const struct trust_file *f, int peer,
    enum trust_dimension d);

/* trust_file_has(f, peer, d): does it say anything of that dimension? */
bool trust_file_has(const struct trust_file *f, int peer,
    enum trust_dimension d);

#endif
