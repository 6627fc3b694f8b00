/*
 * SipHash-2-4 (Aumasson and Bernstein, 2012) under a secret of this store:
 * whoever sends ids and values cannot choose ones that share a key.
 */
#ifndef STORE_SIPHASH_H
#define STORE_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

/* siphash(key, p, n): 64-bit hash of n bytes. */
uint64_t siphash(const uint8_t key[static 16], const void *p, size_t n);

#endif
