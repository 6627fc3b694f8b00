/*
 * What this build is made of.
 */
#ifndef VAULT_VERSION_H
#define VAULT_VERSION_H

#include <jansson.h>

/* version_libraries(): {name: version} of the libraries it runs with. */
json_t *version_libraries(void);

#endif
