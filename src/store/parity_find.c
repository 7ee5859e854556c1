/*
 * Where the blocks of a volume are now.  Each is looked for at its place; only
 * where parity cannot make up for those that are not there, the whole file is
 * searched for them at every offset, as when bytes were put in or cut out.
 */
#include "store/parity_internal.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/fs.h"
#include "base/list.h"
#include "base/mem.h"
#include "store/volume_internal.h"

enum {
	SECTOR = 4096,
	WINDOW_BYTES = 1 << 20,
	FILTER_BITS = 20,
	FAILURES_MAX = 1 << 16           /* weak sums that meant nothing */
};

/* ---- bytes ---- */

static bool
get(const struct pm_parity_find *find, uint8_t *p, size_t n, uint64_t offset)
{
	struct pm_err ignored;

	return find->fd >= 0 && n <= find->bytes &&
	    offset <= find->bytes - n && pm_fs_read_at(find->fd, p, n,
	    offset, find->path, &ignored) == PM_OK;
}

bool
pm_parity_find_read(const struct pm_parity_find *find, uint8_t *p, size_t n,
    uint64_t offset)
{
	uint64_t there = offset < find->bytes ? find->bytes - offset : 0;
	size_t readable = there < n ? (size_t)there : n;
	bool all = readable == n;

	memset(p + readable, 0, n - readable);
	if (get(find, p, readable, offset))
		return all;
	for (size_t at = 0; at < readable; at += SECTOR) {
		size_t piece = readable - at < SECTOR ? readable - at :
		    SECTOR;

		if (!get(find, p + at, piece, offset + at))
			memset(p + at, 0, piece);
	}
	return false;
}

/* ---- at their places ---- */

static void
look_at_rows(struct pm_parity_group *group, uint8_t *p)
{
	struct pm_err ignored;
	struct pm_parity_file *file = &group->file;
	bool moved;

	if (pm_fs_open_read(&file->fd, file->path, &ignored) != PM_OK)
		return;
	for (uint32_t i = 0; i < pm_parity_blocks(&file->shape); i++)
		group->row_there[i] = pm_parity_file_block(file, i, p,
		    &moved);
	pm_fs_close(file->fd);
	file->fd = -1;
}

static void
look_at_blocks(const struct pm_parity_find *find,
    struct pm_parity_group *group, uint8_t *p)
{
	const struct pm_parity_shape *shape = &group->file.shape;

	for (uint32_t i = 0; i < shape->data_n; i++) {
		struct pm_bytes block = { p, pm_parity_block_bytes(shape,
		    i) };
		const struct pm_parity_entry *entry = &group->file.entry[i];

		group->where[i] = pm_parity_start(shape) +
		    (uint64_t)i * shape->block;
		group->state[i] = !entry->known ? PM_BLOCK_UNKNOWN :
		    get(find, p, block.n, group->where[i]) &&
		    pm_parity_entry_fits(entry, block) ? PM_BLOCK_GOOD :
		    PM_BLOCK_BAD;
		group->damaged |= group->state[i] != PM_BLOCK_GOOD;
	}
	if (group->damaged)
		look_at_rows(group, p);
}

/* Does every code have parity for what is not good? */
static bool
can_be_mended(const struct pm_parity_group *group)
{
	const struct pm_parity_shape *shape = &group->file.shape;

	if (!group->damaged)
		return true;
	for (uint32_t code = 0; code < shape->codes; code++) {
		int left = 0;

		for (uint32_t r = 0; r < shape->rows; r++)
			left += group->row_there[r * shape->codes + code];
		for (uint32_t i = code; i < shape->data_n;
		    i += shape->codes)
			left -= group->state[i] >= PM_BLOCK_UNKNOWN;
		if (left < 0)
			return false;
	}
	return true;
}

/* ---- anywhere ---- */

struct wanted {
	uint32_t weak, group, block;
};

struct search {
	const struct pm_parity_find *find;
	LIST(struct wanted) wanted;      /* by weak sum */
	uint32_t first[(1 << 16) + 1];   /* by its upper half */
	uint8_t filter[1 << (FILTER_BITS - 3)];
	struct pm_parity_roll roll;
	size_t block;
	uint8_t *window;
	unsigned failures;
};

static int
compare_weak(const void *a, const void *b)
{
	const struct wanted *x = a, *y = b;

	if (x->weak != y->weak)
		return x->weak < y->weak ? -1 : 1;
	return x->group != y->group ? (x->group > y->group) -
	    (x->group < y->group) : (x->block > y->block) -
	    (x->block < y->block);
}

static int
want_group(struct search *search, uint32_t number, struct pm_err *err)
{
	const struct pm_parity_group *group = &search->find->group[number];
	const struct pm_parity_shape *shape = &group->file.shape;
	int rc = PM_OK;

	for (uint32_t i = 0; i < shape->data_n && rc == PM_OK; i++) {
		if (group->state[i] != PM_BLOCK_BAD ||
		    pm_parity_block_bytes(shape, i) != search->block)
			continue;
		if ((rc = LIST_ROOM(search->wanted, err)) == PM_OK)
			search->wanted.p[search->wanted.n++] = (struct
			    wanted){ group->file.entry[i].weak, number, i };
	}
	return rc;
}

static void
index_wanted(struct search *search)
{
	struct wanted *p = search->wanted.p;
	size_t n = search->wanted.n, at = 0;

	if (n > 0)
		qsort(p, n, sizeof *p, compare_weak);
	memset(search->filter, 0, sizeof search->filter);
	for (uint32_t half = 0; half < 1 << 16; half++) {
		search->first[half] = (uint32_t)at;
		while (at < n && p[at].weak >> 16 == half)
			at++;
	}
	search->first[1 << 16] = (uint32_t)n;
	for (size_t i = 0; i < n; i++) {
		uint32_t bit = p[i].weak >> (32 - FILTER_BITS);

		search->filter[bit / 8] |= (uint8_t)(1 << bit % 8);
	}
}

static bool
may_be_wanted(const struct search *search, uint32_t weak)
{
	uint32_t bit = weak >> (32 - FILTER_BITS);

	return search->filter[bit / 8] >> bit % 8 & 1;
}

/* Whether the bytes at offset are blocks that are still missed. */
static bool
take(struct search *search, uint32_t weak, const uint8_t *p, uint64_t offset)
{
	struct pm_bytes bytes = { p, search->block };
	struct pm_parity_entry found = { .known = false };
	bool taken = false;

	for (uint32_t i = search->first[weak >> 16];
	    i < search->first[(weak >> 16) + 1]; i++) {
		const struct wanted *wanted = &search->wanted.p[i];
		struct pm_parity_group *group =
		    &search->find->group[wanted->group];

		if (wanted->weak != weak ||
		    group->state[wanted->block] != PM_BLOCK_BAD)
			continue;
		if (!found.known)
			pm_parity_entry_fill(&found, bytes);
		if (memcmp(found.digest,
		    group->file.entry[wanted->block].digest,
		    PM_PARITY_DIGEST) != 0)
			continue;
		group->state[wanted->block] = PM_BLOCK_MOVED;
		group->where[wanted->block] = offset;
		taken = true;
	}
	search->failures += found.known && !taken;
	return taken;
}

/* One window from offset on; where to go on. */
static uint64_t
scan_window(struct search *search, uint64_t offset, size_t n)
{
	const uint8_t *p = search->window;
	size_t block = search->block, at = 0;
	uint32_t weak = pm_parity_weak((struct pm_bytes){ p, block });

	while (search->failures < FAILURES_MAX) {
		if (may_be_wanted(search, weak) &&
		    take(search, weak, p + at, offset + at)) {
			at += block;
			if (at + block > n)
				return offset + at;
			weak = pm_parity_weak((struct pm_bytes){ p + at,
			    block });
			continue;
		}
		if (at + block == n)
			break;
		weak = pm_parity_roll_on(&search->roll, weak, p[at],
		    p[at + block]);
		at++;
	}
	return offset + at + 1;
}

static void
scan(struct search *search)
{
	const struct pm_parity_find *find = search->find;
	uint64_t at = 0;

	while (at + search->block <= find->bytes &&
	    search->failures < FAILURES_MAX) {
		uint64_t left = find->bytes - at;
		size_t n = left < WINDOW_BYTES ? (size_t)left : WINDOW_BYTES;

		(void)pm_parity_find_read(find, search->window, n, at);
		at = scan_window(search, at, n);
	}
}

/* The short block that ends a group: behind the one before it. */
static void
look_for_last(const struct pm_parity_find *find,
    struct pm_parity_group *group, uint8_t *p)
{
	const struct pm_parity_shape *shape = &group->file.shape;
	uint32_t last = shape->data_n - 1, i = last;
	struct pm_bytes block = { p, pm_parity_block_bytes(shape, last) };
	uint64_t at;

	if (group->state[last] != PM_BLOCK_BAD)
		return;
	while (i > 0 && group->state[i] > PM_BLOCK_MOVED)
		i--;
	at = group->where[i] + (uint64_t)(last - i) * shape->block;
	if (get(find, p, block.n, at) && pm_parity_entry_fits(
	    &group->file.entry[last], block)) {
		group->state[last] = PM_BLOCK_MOVED;
		group->where[last] = at;
	}
}

static int
search_blocks(const struct pm_parity_find *find, size_t block,
    struct pm_err *err)
{
	struct search *search = pm_alloc_zero(sizeof *search, err);
	int rc = PM_OK;

	if (search == NULL)
		return PM_ENOMEM;
	search->find = find;
	search->block = block;
	if ((search->window = pm_alloc(WINDOW_BYTES, err)) == NULL)
		rc = PM_ENOMEM;
	for (uint32_t i = 0; i < find->group_n && rc == PM_OK; i++)
		if (find->group[i].have)
			rc = want_group(search, i, err);
	if (rc == PM_OK && search->wanted.n > 0) {
		index_wanted(search);
		pm_parity_roll_init(&search->roll, block);
		scan(search);
	}
	for (uint32_t i = 0; i < find->group_n && rc == PM_OK; i++)
		if (find->group[i].have &&
		    find->group[i].file.shape.block == block)
			look_for_last(find, &find->group[i], search->window);
	pm_free(search->wanted.p);
	pm_free(search->window);
	pm_free(search);
	return rc;
}

/* ---- all of it ---- */

static int
load_group(struct pm_parity_find *find, struct pm_parity_at at,
    struct pm_err *err)
{
	struct pm_parity_group *group = &find->group[at.group];
	struct pm_parity_file *file = &group->file;
	int rc = pm_parity_file_open(file, find->archive, at, err);

	if (rc == PM_OK)
		rc = pm_parity_file_table(file, err);
	pm_fs_close(file->fd);
	file->fd = -1;
	/* A file that says nothing is as good as none. */
	if (rc == PM_ENOMEM || rc != PM_OK)
		return rc == PM_ENOMEM ? rc : PM_OK;
	group->where = pm_realloc_array(NULL, file->shape.data_n,
	    sizeof *group->where, err);
	group->state = pm_alloc_zero(file->shape.data_n, err);
	group->row_there = pm_alloc_zero(pm_parity_blocks(&file->shape) *
	    sizeof *group->row_there, err);
	if (group->where == NULL || group->state == NULL ||
	    group->row_there == NULL)
		return PM_ENOMEM;
	group->have = true;
	return PM_OK;
}

static int
load_groups(struct pm_parity_find *find, struct pm_err *err)
{
	struct pm_parity_at *at = NULL;
	size_t n = 0;
	int rc = pm_parity_list(&at, &n, find->archive, err);

	if (rc == PM_ENOTFOUND)
		return PM_OK;
	for (size_t i = 0; i < n && rc == PM_OK; i++)
		if (at[i].volume == find->volume &&
		    at[i].group < PM_PARITY_GROUPS_MAX)
			find->group_n = at[i].group + 1;
	if (rc == PM_OK && find->group_n > 0 &&
	    (find->group = pm_alloc_zero(find->group_n *
	    sizeof *find->group, err)) == NULL) {
		find->group_n = 0;
		rc = PM_ENOMEM;
	}
	for (uint32_t i = 0; i < find->group_n; i++)
		find->group[i].file.fd = -1;
	for (size_t i = 0; i < n && rc == PM_OK; i++)
		if (at[i].volume == find->volume &&
		    at[i].group < find->group_n)
			rc = load_group(find, at[i], err);
	while (find->group_n > 0 && !find->group[find->group_n - 1].have)
		pm_parity_file_close(&find->group[--find->group_n].file);
	pm_free(at);
	return rc;
}

static int
open_volume(struct pm_parity_find *find, struct pm_err *err)
{
	struct pm_file_info info;
	int rc;

	if ((find->path = pm_volume_path(find->archive, find->volume,
	    err)) == NULL)
		return PM_ENOMEM;
	rc = pm_fs_open_read(&find->fd, find->path, err);
	if (rc == PM_ENOTFOUND)
		return find->group_n > 0 ? PM_OK : rc;
	if (rc == PM_OK && (rc = pm_fs_fstat(&info, find->fd, find->path,
	    err)) == PM_OK)
		find->bytes = info.bytes;
	return rc;
}

static int
find_blocks(struct pm_parity_find *find, struct pm_err *err)
{
	uint8_t *p = pm_alloc(PM_PARITY_BLOCK_MAX, err);
	size_t wanted = 0;               /* block sizes, which are powers of 2 */
	int rc = p == NULL ? PM_ENOMEM : PM_OK;

	for (uint32_t i = 0; i < find->group_n && rc == PM_OK; i++) {
		struct pm_parity_group *group = &find->group[i];

		if (!group->have)
			continue;
		look_at_blocks(find, group, p);
		if (!can_be_mended(group))
			wanted |= group->file.shape.block;
	}
	for (size_t block = PM_PARITY_BLOCK_MIN; block <= PM_PARITY_BLOCK_MAX
	    && rc == PM_OK; block *= 2)
		if ((wanted & block) != 0)
			rc = search_blocks(find, block, err);
	pm_free(p);
	return rc;
}

int
pm_parity_find(struct pm_parity_find *out, const char *archive,
    uint32_t volume, struct pm_err *err)
{
	struct pm_parity_find find = { .archive = archive, .volume = volume,
	    .fd = -1 };
	int rc;

	if ((rc = load_groups(&find, err)) == PM_OK &&
	    (rc = open_volume(&find, err)) == PM_OK)
		rc = find_blocks(&find, err);
	if (rc == PM_OK)
		*out = find;
	else
		pm_parity_find_clear(&find);
	return rc;
}

void
pm_parity_find_clear(struct pm_parity_find *find)
{
	for (uint32_t i = 0; i < find->group_n; i++) {
		pm_parity_file_close(&find->group[i].file);
		pm_free(find->group[i].where);
		pm_free(find->group[i].state);
		pm_free(find->group[i].row_there);
	}
	pm_free(find->group);
	pm_fs_close(find->fd);
	pm_free(find->path);
	*find = (struct pm_parity_find){ .fd = -1 };
}
