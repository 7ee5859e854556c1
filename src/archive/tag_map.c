/*
 * Names of tags that count as one, from a file.  Every name is known by its
 * key; keys lie in order, each with its line.
 */
#include "archive/tag_map.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/fs.h"
#include "base/utf8.h"

enum { FILE_BYTES_MAX = 64 << 20 };

struct line {
	size_t first, n;                 /* of names */
	size_t number;                   /* in the file */
};

struct entry {
	struct pm_bytes key;
	size_t line, name;
};

struct pm_tag_map {
	struct pm_arena arena;           /* names and keys */
	LIST(const char *) name;
	LIST(struct line) line;
	LIST(struct entry) entry;        /* by key, then line */
};

struct reader {
	struct pm_tag_map *map;
	const char *path;
	struct pm_buf key;
	struct pm_err *err;
};

/* ---- looking up ---- */

static int
compare_entries(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int order = pm_bytes_compare(x->key, y->key);

	return order != 0 ? order : (x->line > y->line) -
	    (x->line < y->line);
}

static int
compare_key(const void *key, const void *entry)
{
	return pm_bytes_compare(*(const struct pm_bytes *)key,
	    ((const struct entry *)entry)->key);
}

static const struct line *
find_line(const struct pm_tag_map *map, struct pm_bytes key)
{
	const struct entry *entry = map->entry.n == 0 ? NULL :
	    bsearch(&key, map->entry.p, map->entry.n, sizeof *entry,
	    compare_key);

	return entry == NULL ? NULL : &map->line.p[entry->line];
}

static size_t
line_of_key(const void *context, const char **shown, struct pm_bytes key)
{
	const struct pm_tag_map *map = context;
	const struct line *line = find_line(map, key);

	if (line == NULL)
		return 0;
	*shown = map->name.p[line->first];
	return line->number;
}

struct pm_tag_lines
pm_tag_map_lines(const struct pm_tag_map *map)
{
	return (struct pm_tag_lines){ line_of_key, map };
}

int
pm_tag_map_find(const char *const **name, size_t *name_n,
    const struct pm_tag_map *map, const char *tag, struct pm_err *err)
{
	const struct line *line = NULL;
	struct pm_buf key;
	int rc;

	pm_buf_init(&key);
	if ((rc = pm_tag_key(&key, pm_bytes_of(tag), err)) == PM_OK)
		line = find_line(map, pm_buf_bytes(&key));
	pm_buf_clear(&key);
	if (line == NULL)
		return rc == PM_OK ? PM_END : rc;
	*name = map->name.p + line->first;
	*name_n = line->n;
	return PM_OK;
}

/* ---- reading ---- */

static struct pm_bytes
trim(struct pm_bytes text)
{
	while (text.n > 0 && (*text.p == ' ' || *text.p == '\r')) {
		text.p++;
		text.n--;
	}
	while (text.n > 0 && (text.p[text.n - 1] == ' ' ||
	    text.p[text.n - 1] == '\r'))
		text.n--;
	return text;
}

static int
add_name(struct reader *reader, struct pm_bytes text)
{
	struct pm_tag_map *map = reader->map;
	struct pm_err *err = reader->err;
	struct entry entry = { .line = map->line.n, .name = map->name.n };
	char *name;
	int rc;

	pm_buf_reset(&reader->key);
	if ((rc = LIST_ROOM(map->name, err)) != PM_OK ||
	    (rc = LIST_ROOM(map->entry, err)) != PM_OK ||
	    (rc = pm_tag_key(&reader->key, text, err)) != PM_OK)
		return rc;
	name = pm_arena_alloc(&map->arena, text.n + 1, err);
	entry.key.n = reader->key.n;
	entry.key.p = pm_arena_copy(&map->arena, reader->key.p, entry.key.n,
	    err);
	if (name == NULL || entry.key.p == NULL)
		return PM_ENOMEM;
	memcpy(name, text.p, text.n);
	name[text.n] = '\0';
	map->name.p[map->name.n++] = name;
	map->entry.p[map->entry.n++] = entry;
	return PM_OK;
}

static int
add_line(struct reader *reader, struct pm_bytes text, size_t number)
{
	struct pm_tag_map *map = reader->map;
	struct line line = { .first = map->name.n, .number = number };
	size_t bad;
	int rc = LIST_ROOM(map->line, reader->err);

	if (rc != PM_OK || trim(text).n == 0 || *trim(text).p == '#')
		return rc;
	if (!pm_utf8_valid(text, &bad) || memchr(text.p, 0, text.n) != NULL)
		return pm_fail(reader->err, PM_EUSAGE,
		    "%s:%zu: not UTF-8 text", reader->path, number);
	while (text.n > 0 && rc == PM_OK) {
		const uint8_t *tab = memchr(text.p, '\t', text.n);
		size_t n = tab == NULL ? text.n : (size_t)(tab - text.p);
		struct pm_bytes name = trim((struct pm_bytes){ text.p, n });

		if (name.n > 0)
			rc = add_name(reader, name);
		n += tab != NULL;
		text.p += n;
		text.n -= n;
	}
	line.n = map->name.n - line.first;
	if (rc == PM_OK && line.n > 0)
		map->line.p[map->line.n++] = line;
	return rc;
}

static int
add_lines(struct reader *reader, struct pm_bytes text)
{
	size_t number = 0;
	int rc = PM_OK;

	if (text.n >= 3 && memcmp(text.p, "\xef\xbb\xbf", 3) == 0) {
		text.p += 3;
		text.n -= 3;
	}
	while (text.n > 0 && rc == PM_OK) {
		const uint8_t *end = memchr(text.p, '\n', text.n);
		size_t n = end == NULL ? text.n : (size_t)(end - text.p);

		rc = add_line(reader, (struct pm_bytes){ text.p, n },
		    ++number);
		n += end != NULL;
		text.p += n;
		text.n -= n;
	}
	return rc;
}

/* Of names that two lines have, the first in the file is told. */
static int
check_lines(struct reader *reader)
{
	const struct pm_tag_map *map = reader->map;
	const struct entry *wrong = NULL, *entry = map->entry.p;

	if (map->entry.n > 0)
		qsort(map->entry.p, map->entry.n, sizeof *entry,
		    compare_entries);
	for (size_t i = 1; i < map->entry.n; i++)
		if (entry[i].line != entry[i - 1].line &&
		    pm_bytes_equal(entry[i].key, entry[i - 1].key) &&
		    (wrong == NULL || entry[i].name < wrong->name))
			wrong = &entry[i];
	return wrong == NULL ? PM_OK : pm_fail(reader->err, PM_EUSAGE,
	    "%s:%zu: line %zu has '%.200s' already", reader->path,
	    map->line.p[wrong->line].number,
	    map->line.p[wrong[-1].line].number, map->name.p[wrong->name]);
}

int
pm_tag_map_read(struct pm_tag_map **out, const char *path,
    struct pm_err *err)
{
	struct reader reader = { .path = path, .err = err };
	struct pm_buf file;
	int rc;

	pm_buf_init(&file);
	pm_buf_init(&reader.key);
	if ((reader.map = pm_alloc_zero(sizeof *reader.map, err)) == NULL)
		return PM_ENOMEM;
	pm_arena_init(&reader.map->arena);
	if ((rc = pm_fs_read_file(&file, path, FILE_BYTES_MAX, err)) ==
	    PM_OK && (rc = add_lines(&reader, pm_buf_bytes(&file))) == PM_OK)
		rc = check_lines(&reader);
	if (rc == PM_OK)
		*out = reader.map;
	else
		pm_tag_map_free(reader.map);
	pm_buf_clear(&file);
	pm_buf_clear(&reader.key);
	return rc;
}

void
pm_tag_map_free(struct pm_tag_map *map)
{
	if (map == NULL)
		return;
	pm_arena_clear(&map->arena);
	pm_free(map->name.p);
	pm_free(map->line.p);
	pm_free(map->entry.p);
	pm_free(map);
}
