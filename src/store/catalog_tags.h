/*
 * catalog_tags.h - which tags are one.
 *
 * Tags are compared by their keys: what pm_fold leaves of them, or they
 * themselves where that is nothing.
 */
#ifndef PM_STORE_CATALOG_TAGS_H
#define PM_STORE_CATALOG_TAGS_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/list.h"

struct pm_catalog;

/* Append the key of a tag. */
int pm_tag_key(struct pm_buf *out, struct pm_bytes tag, struct pm_err *err);

/* Keys to look tags up in, whatever their number. */
struct pm_tag_keys {
	struct pm_arena arena;
	LIST(struct pm_bytes) key;       /* in byte order */
	struct pm_buf asked;
};
/* On failure there is nothing to clear. */
int pm_tag_keys_init(struct pm_tag_keys *keys, const char *const *tag,
    size_t n, struct pm_err *err);
void pm_tag_keys_clear(struct pm_tag_keys *keys);
int pm_tag_keys_have(bool *out, struct pm_tag_keys *keys,
    struct pm_bytes tag, struct pm_err *err);

/* A map of names: the number of the line that has a key, from 1, and the name
 * it shows; 0: none has it. */
struct pm_tag_lines {
	size_t (*line)(const void *context, const char **shown,
	    struct pm_bytes key);
	const void *context;
};

/* lines may be NULL. */
int pm_catalog_list_tags(struct pm_catalog *catalog,
    const struct pm_tag_lines *lines,
    int (*tag)(void *context, const struct pm_listed_tag *tag),
    void *context, struct pm_err *err);

#endif
