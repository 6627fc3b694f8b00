/*
 * Questions to the person at the terminal.
 */
#ifndef CTL_ASK_H
#define CTL_ASK_H

#include <stdbool.h>

/*
 * ask_for(want, question): print the question on standard error and read a
 * line; true if it is want, blanks and hyphens not counted.  False at end
 * of file and without a terminal.
 */
bool ask_for(const char *want, const char *question);

#endif
