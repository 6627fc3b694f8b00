/*
 * Error codes, their classes, and the explanation an operator reads.
 *
 * A function that can fail returns 0 (or a count), or one negative ERR_*
 * code.  Where a person must learn the reason, its last argument is a
 * struct err, filled once, where the facts are.  Bytes from a peer yield a
 * bare code: nothing is formatted on the hostile path.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))

enum err_class {
	ERR_CLASS_NONE,
	ERR_CLASS_AGAIN,	/* wait; never logged */
	ERR_CLASS_PEER,		/* the other side broke a rule: drop, count */
	ERR_CLASS_DENIED,	/* policy or state says no: answer */
	ERR_CLASS_CONF,		/* operator's input: report, keep the old */
	ERR_CLASS_SYS,		/* the machine: log, retry, degrade */
	ERR_CLASS_BUG,		/* cannot happen */
};

enum err_code {
	ERR_NONE = 0,
	ERR_FIRST_ = -1000,
#define ERR_ROW(name, class, text) name,
#include "base/err.def"
#undef ERR_ROW
	ERR_END_,
};

#define ERR_TEXT_MAX 1024

struct err {
	int code;			/* ERR_*, 0 when empty */
	char text[ERR_TEXT_MAX];	/* NUL-terminated, for people */
};

/*
 * err_set(e, code, fmt, ...):
 * Fill e (which may be NULL) with code and the formatted text, and return
 * code.  A text that is too long is cut and ends in "...".
 */
int err_set(struct err *e, int code, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* err_name(code): the code's name, "ERR_SYNTAX"; never NULL. */
const char *err_name(int code);

/* err_text(code): the code's general text; never NULL. */
const char *err_text(int code);

/* err_class(code): what the service layer does about code. */
enum err_class err_class(int code);

/* TRY(x): return x's value from this function if it is negative. */
#define TRY(x)					\
	do {					\
		int try_rc_ = (x);		\
						\
		if (try_rc_ < 0)		\
			return try_rc_;		\
	} while (0)

#endif
