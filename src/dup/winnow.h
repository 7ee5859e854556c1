/*
 * winnow.h - fingerprints by winnowing (Schleimer, Wilkerson, Aiken,
 * "Winnowing: local algorithms for document fingerprinting", SIGMOD 2003).
 *
 * Of the hashes of all 8-grams of tokens, the smallest of every 32 in a row
 * is kept, so two texts that share a run of 39 tokens share a fingerprint,
 * wherever the run stands: an excerpt meets the text it was taken from.
 */
#ifndef PM_DUP_WINNOW_H
#define PM_DUP_WINNOW_H

#include <stddef.h>
#include <stdint.h>

enum { PM_WINNOW_GRAM = 8, PM_WINNOW_WINDOW = 32 };

/* Fingerprints of token[0..n), in the order of the text, neighbours never
 * equal; a text of fewer than 32 grams gives its smallest one, one of fewer
 * than 8 tokens none.  out has room for n.  Returns how many. */
size_t pm_winnow(uint64_t *out, const uint64_t *token, size_t n);

#endif
