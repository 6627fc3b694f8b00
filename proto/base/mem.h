/*
 * Memory: allocation that cannot fail for sizes we choose, allocation that
 * may fail for sizes an outsider chose, checked arithmetic on lengths, and
 * locals that free themselves.
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/err.h"

#define NELEM(a) (sizeof(a) / sizeof((a)[0]))

/*
 * AUTO(x_free) struct x *p = ...: p is freed by x_free(p) when it leaves
 * scope.  TAKE(p) hands it to the caller and disarms the free.  Declare the
 * pair for a type with MEM_AUTO(struct x, x_free) after x_free's prototype.
 */
#define AUTO(free_fn) __attribute__((cleanup(free_fn##_auto_)))
#define MEM_AUTO(type, free_fn)				\
	static inline void				\
	free_fn##_auto_(type **p)			\
	{						\
		free_fn(*p);				\
	}						\
	struct mem_semicolon_
#define TAKE(p)						\
	__extension__ ({				\
		__typeof__(p) take_tmp_ = (p);		\
							\
		(p) = NULL;				\
		take_tmp_;				\
	})

/* mem_new(T): a zeroed T on the heap, never NULL; freed with free(). */
#define mem_new(T) ((T *)mem_zeroed(1, sizeof(T)))
/* mem_array(T, n): n zeroed T on the heap, never NULL (n may be 0). */
#define mem_array(T, n) ((T *)mem_zeroed((n), sizeof(T)))

/* mem_zeroed(n, size): n * size zero bytes; ends the process if it cannot. */
void *mem_zeroed(size_t n, size_t size);

/*
 * mem_grow(p, n, size): resize p (may be NULL) to n elements of size bytes;
 * what is new is not zeroed.  Never NULL; ends the process if it cannot.
 */
void *mem_grow(void *p, size_t n, size_t size);

/* mem_dup(p, n): a heap copy of n bytes, followed by one NUL; never NULL. */
void *mem_dup(const void *p, size_t n);

/* mem_strdup(s): a heap copy of the NUL-terminated s (NULL gives NULL). */
char *mem_strdup(const char *s);

/*
 * mem_try(n): n zeroed bytes, or NULL.  For sizes an outsider chose, after
 * they were checked against limits.h; the caller answers ERR_LIMIT.
 */
void *mem_try(size_t n) MUST_CHECK;

/*
 * mem_fail_after(n): test seam: the n-th mem_try from now (1 = next)
 * answers NULL, once.  0 turns it off.
 */
void mem_fail_after(unsigned long n);

/* size_add(a, b, out) / size_mul: false on overflow, out untouched. */
bool size_add(size_t a, size_t b, size_t *out) MUST_CHECK;
bool size_mul(size_t a, size_t b, size_t *out) MUST_CHECK;

/* AUTO(mem_free) char *s: a plain heap pointer freed at end of scope. */
static inline void
mem_free_auto_(void *p)
{
	free(*(void **)p);
}

/*
 * A vector: VEC(T) name; vec_push(&v, value); v.n elements at v.v.
 * vec_clear(&v) frees the storage.
 */
#define VEC(T) struct { T *v; size_t n, cap; }
#define vec_push(vec, ...)						\
	do {								\
		if ((vec)->n == (vec)->cap) {				\
			(vec)->cap = (vec)->cap ? 2 * (vec)->cap : 8;	\
			(vec)->v = mem_grow((vec)->v, (vec)->cap,	\
			    sizeof(*(vec)->v));				\
		}							\
		(vec)->v[(vec)->n++] = __VA_ARGS__;			\
	} while (0)
#define vec_clear(vec)							\
	do {								\
		free((vec)->v);						\
		(vec)->v = NULL;					\
		(vec)->n = (vec)->cap = 0;				\
	} while (0)

#endif
