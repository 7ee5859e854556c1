#include "dup/ranks.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"

enum { HEADER = 64, VERSION = 1, RANK = 8 };

#define MAGIC "PM-RANKS"

struct pm_ranks {
	const char *path;            /* NULL: a file without a name */
	int fd;
	struct pm_bytes map;
	uint64_t count, sequence;
	uint64_t digest;             /* sum of mixed (number, rank) */
};

/* Sums of it do not depend on order, so a batch can be added to them.  The
 * finalizer of splitmix64. */
static uint64_t
mix(uint64_t number, uint64_t rank)
{
	uint64_t x = rank + number * UINT64_C(0x9e3779b97f4a7c15);

	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

static const char *
name_of(const struct pm_ranks *ranks)
{
	return ranks->path == NULL ? pm_fs_temp_directory() : ranks->path;
}

static int
write_header(struct pm_ranks *ranks, struct pm_err *err)
{
	uint8_t header[HEADER] = { 0 };

	memcpy(header, MAGIC, 8);
	pm_le32_put(header + 8, VERSION);
	pm_le64_put(header + 16, ranks->count);
	pm_le64_put(header + 24, ranks->sequence);
	pm_le64_put(header + 32, ranks->digest + mix(ranks->count,
	    ranks->sequence));
	return pm_fs_write_at(ranks->fd, header, sizeof header, 0,
	    name_of(ranks), err);
}

static int
map_again(struct pm_ranks *ranks, struct pm_err *err)
{
	pm_fs_unmap(ranks->map);
	ranks->map = (struct pm_bytes){ 0 };
	return pm_fs_map_open(&ranks->map, ranks->fd, name_of(ranks), err);
}

/* False for what is no file of ours, or damaged. */
static bool
read_header(struct pm_ranks *ranks)
{
	const uint8_t *p = ranks->map.p;
	uint64_t digest = 0;

	if (ranks->map.n < HEADER || memcmp(p, MAGIC, 8) != 0 ||
	    pm_le32_get(p + 8) != VERSION)
		return false;
	ranks->count = pm_le64_get(p + 16);
	ranks->sequence = pm_le64_get(p + 24);
	ranks->digest = pm_le64_get(p + 32) - mix(ranks->count,
	    ranks->sequence);
	if (ranks->count > (ranks->map.n - HEADER) / RANK)
		return false;
	for (uint64_t i = 0; i < ranks->count; i++)
		digest += mix(i + 1, pm_le64_get(p + HEADER + i * RANK));
	return digest == ranks->digest;
}

int
pm_ranks_reset(struct pm_ranks *ranks, struct pm_err *err)
{
	int rc;

	ranks->count = ranks->sequence = ranks->digest = 0;
	if ((rc = write_header(ranks, err)) == PM_OK)
		rc = map_again(ranks, err);
	return rc;
}

static int
open_to_write(struct pm_ranks *ranks, struct pm_err *err)
{
	int rc;

	if ((rc = ranks->path == NULL ? pm_fs_open_temp(&ranks->fd, err) :
	    pm_fs_open_write(&ranks->fd, ranks->path, err)) != PM_OK ||
	    (rc = map_again(ranks, err)) != PM_OK)
		return rc;
	return read_header(ranks) ? PM_OK : pm_ranks_reset(ranks, err);
}

static int
open_to_read(struct pm_ranks *ranks, struct pm_err *err)
{
	int rc = pm_fs_map(&ranks->map, ranks->path, err);

	if (rc == PM_ENOTFOUND)
		return PM_OK;
	if (rc == PM_OK && !read_header(ranks))
		ranks->count = ranks->sequence = 0;
	return rc;
}

int
pm_ranks_open(struct pm_ranks **out, const char *path,
    enum pm_runs_mode mode, struct pm_err *err)
{
	struct pm_ranks *ranks = pm_alloc_zero(sizeof *ranks, err);
	int rc;

	if (ranks == NULL)
		return PM_ENOMEM;
	ranks->path = path;
	ranks->fd = -1;
	rc = mode == PM_RUNS_READ ? open_to_read(ranks, err) :
	    open_to_write(ranks, err);
	if (rc == PM_OK)
		*out = ranks;
	else
		pm_ranks_close(ranks);
	return rc;
}

void
pm_ranks_close(struct pm_ranks *ranks)
{
	if (ranks == NULL)
		return;
	pm_fs_unmap(ranks->map);
	pm_fs_close(ranks->fd);
	pm_free(ranks);
}

uint64_t
pm_ranks_sequence(const struct pm_ranks *ranks)
{
	return ranks->sequence;
}

uint64_t
pm_ranks_count(const struct pm_ranks *ranks)
{
	return ranks->count;
}

uint64_t
pm_ranks_get(const struct pm_ranks *ranks, uint32_t number)
{
	if (number == 0 || number > ranks->count)
		return 0;
	return pm_le64_get(ranks->map.p + HEADER +
	    (uint64_t)(number - 1) * RANK);
}

static uint64_t
get(void *context, uint32_t number)
{
	return pm_ranks_get(context, number);
}

struct pm_ranking
pm_ranks_ranking(const struct pm_ranks *ranks)
{
	return (struct pm_ranking){ get, (void *)(uintptr_t)ranks };
}

static int
encode(struct pm_buf *out, const uint64_t *rank, size_t n, struct pm_err *err)
{
	int rc = pm_buf_reserve(out, n * RANK, err);

	for (size_t i = 0; i < n && rc == PM_OK; i++) {
		pm_le64_put(out->p + out->n, rank[i]);
		out->n += RANK;
	}
	return rc;
}

int
pm_ranks_append(struct pm_ranks *ranks, const uint64_t *rank, size_t n,
    uint64_t sequence, struct pm_err *err)
{
	struct pm_buf bytes;
	uint64_t digest = ranks->digest;
	int rc;

	for (size_t i = 0; i < n; i++)
		digest += mix(ranks->count + i + 1, rank[i]);
	pm_buf_init(&bytes);
	rc = encode(&bytes, rank, n, err);
	if (rc == PM_OK)
		rc = pm_fs_write_at(ranks->fd, bytes.p, bytes.n,
		    HEADER + ranks->count * RANK, name_of(ranks), err);
	pm_buf_clear(&bytes);
	if (rc != PM_OK)
		return rc;
	ranks->count += n;
	ranks->sequence = sequence;
	ranks->digest = digest;
	/* No fsync: after a loss of power the digest tells, and the cache is
	 * made again. */
	if ((rc = write_header(ranks, err)) == PM_OK)
		rc = map_again(ranks, err);
	return rc;
}
