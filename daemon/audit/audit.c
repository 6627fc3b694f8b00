#include "audit/audit.h"

#include "merkle/tree.h"

#define PAGE 1024

struct audit {
	struct store *store;	/* borrowed */
	struct merkle_frontier tree;
};

static int
on_entry(void *arg, uint64_t index, uint8_t type, struct str entry,
    const struct digest *leaf)
{
	struct audit *a = arg;

	(void)type, (void)entry;
	if (index != a->tree.size)
		return ERR_STORE;
	merkle_frontier_append(&a->tree, leaf);
	return 0;
}

/* Build the tree again from the stored leaves. */
static int
audit_rebuild(struct audit *a)
{
	a->tree = (struct merkle_frontier){ 0 };
	while (a->tree.size < store_log_size(a->store)) {
		uint64_t from = a->tree.size;

		TRY(store_log_read(a->store, from, PAGE, on_entry, a));
		if (a->tree.size == from)
			return ERR_STORE;
	}
	return 0;
}

int
audit_open(struct store *store, struct audit **out)
{
	AUTO(audit_close) struct audit *a = mem_new(struct audit);

	a->store = store;
	TRY(audit_rebuild(a));
	*out = TAKE(a);
	return 0;
}

void
audit_close(struct audit *a)
{
	free(a);
}

/* The type is part of what is hashed: an entry cannot pass for another. */
static void
entry_leaf(enum audit_type type, struct str entry, struct digest *out)
{
	AUTO_BUF struct buf typed = { 0 };

	out_u8(&typed, (uint8_t)type);
	buf_add(&typed, entry.p, entry.n);
	merkle_leaf(buf_str(&typed), out);
}

int
audit_append(struct audit *a, enum audit_type type, struct str entry)
{
	struct digest leaf;
	uint64_t index;

	entry_leaf(type, entry, &leaf);
	TRY(store_log_append(a->store, (uint8_t)type, entry, &leaf,
	    &index));
	if (index != a->tree.size)
		return ERR_STORE;
	merkle_frontier_append(&a->tree, &leaf);
	return 0;
}

int
audit_rolled_back(struct audit *a)
{
	return audit_rebuild(a);
}

void
audit_head(const struct audit *a, uint64_t *out_size,
    struct digest *out_root)
{
	*out_size = a->tree.size;
	merkle_frontier_root(&a->tree, out_root);
}
