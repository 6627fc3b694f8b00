/*
 * Postures, as several commands print them.
 */
#ifndef CTL_POSTURE_H
#define CTL_POSTURE_H

#include <jansson.h>

/* postures_print(p): {in_force[], proposed[], policy[]}, a line each. */
void postures_print(const json_t *p);

#endif
