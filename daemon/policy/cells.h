/*
 * Every send a policy can be asked about, decided once.  Values that no rule
 * about the desk's organisation tells apart share a class, so that there are
 * as few cells as there are different questions.  Private to the proof.
 */
#ifndef POLICY_CELLS_H
#define POLICY_CELLS_H

#include "policy/policy_private.h"
#include "policy/prove.h"

/*
 * The attributes of a cell, from the slowest to the fastest.  Label has no
 * lineage: a wall is asked about apart.  terms: which circles and agreements
 * are in force: all, none, or what one grant rests on alone, since fewer grants
 * may leave looser caps.  part: all purposes of the domain, or one alone, for
 * the same reason.
 */
enum cell_attribute {
	CELL_DESK, CELL_DOMAIN, CELL_KIND, CELL_TLP, CELL_POSTURE,
	CELL_DISCRETION, CELL_RELIABILITY, CELL_RECEIVED, CELL_TERMS,
	CELL_PART, CELL_ATTRIBUTES,
};

struct cells;

/* A place in the table: the class of each attribute. */
struct cell {
	int v[CELL_ATTRIBUTES];
};

/*
 * cells_new(p, o, out, e): decide all.  ERR_LIMIT with e naming the
 * attribute with the most classes.
 */
int cells_new(const struct policy *p, const struct prove_options *o,
    struct cells **out, struct err *e) MUST_CHECK;
void cells_free(struct cells *c);
MEM_AUTO(struct cells, cells_free);

/* cells_count(c): how many there are. */
uint64_t cells_count(const struct cells *c);

/* cells_desks(c): how many classes of desks there are. */
int cells_desks(const struct cells *c);
/* cells_desk_class(c, desk): the class of a desk of vocabulary.desks. */
int cells_desk_class(const struct cells *c, int desk);
/*
 * cells_class(c, desk class, a, value): the class of a value of attribute a,
 * which is not CELL_DESK.
 */
int cells_class(const struct cells *c, int desk, enum cell_attribute a,
    int value);
/* cells_classes(c, a, desk class): how many classes a has there. */
int cells_classes(const struct cells *c, enum cell_attribute a, int desk);

/* cells_parts(c, desk class, domain): how many classes CELL_PART has there. */
int cells_parts(const struct cells *c, int desk, int domain);

/* cells_outcome / cells_hops(c, at): as policy_decide said. */
enum outcome cells_outcome(const struct cells *c, const struct cell *at);
int cells_hops(const struct cells *c, const struct cell *at);

/*
 * cells_each(c, desk, visit, arg): every cell of a desk class and of the
 * domains that it declares, until visit answers true; then true.
 */
typedef bool (*cell_visit)(void *arg, const struct cell *at);
bool cells_each(const struct cells *c, int desk, cell_visit visit,
    void *arg);

/*
 * cells_request(c, at, req, label): a request that stands for the cell; it
 * borrows label.
 */
void cells_request(const struct cells *c, const struct cell *at,
    struct policy_request *req, struct label *label);

#endif
