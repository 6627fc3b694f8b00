#include "ctl/ask.h"

#include <ctype.h>
#include <stdio.h>
#include <unistd.h>

static const char *
skip_blank(const char *s)
{
	while (isspace((unsigned char)*s) || *s == '-')
		s++;
	return s;
}

static bool
same(const char *a, const char *b)
{
	for (;;) {
		a = skip_blank(a);
		b = skip_blank(b);
		if (*a == '\0' || *b == '\0')
			return *a == *b;
		if (tolower((unsigned char)*a++) !=
		    tolower((unsigned char)*b++))
			return false;
	}
}

bool
ask_for(const char *want, const char *question)
{
	char line[512];

	if (isatty(STDIN_FILENO) != 1)
		return false;
	fputs(question, stderr);
	fflush(stderr);
	if (fgets(line, sizeof(line), stdin) == NULL)
		return false;
	return same(line, want);
}
