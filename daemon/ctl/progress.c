#include <stdbool.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "ctl/online.h"

/* One line of progress exists a process; its state is that of the line. */
static struct {
	double start, last;
	bool shown;
} line;

static double
monotonic_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

void
progress_show(const char *what, long long done, long long total)
{
	bool terminal = isatty(STDERR_FILENO) == 1;
	double now = monotonic_s(), spent;

	if (line.start <= 0)
		line.start = line.last = now;
	spent = now - line.start;
	if (spent < 1 || now - line.last < (terminal ? 0.2 : 30))
		return;
	line.last = now;
	fprintf(stderr, "%s%s: %lld", terminal ? "\r\033[K" : "", what, done);
	if (total > 0)
		fprintf(stderr, " of %lld", total);
	fprintf(stderr, ", %.0f/s", (double)done / spent);
	if (total > done && done > 0)
		fprintf(stderr, ", %.0f s left", spent *
		    (double)(total - done) / (double)done);
	if (!terminal)
		fputc('\n', stderr);
	line.shown = terminal;
	fflush(stderr);
}

void
progress_end(void)
{
	if (line.shown)
		fputs("\r\033[K", stderr);
	line.shown = false;
	line.start = 0;
}
