/*
 * Parity of one group.  The volume is read once, in pieces; of each piece the
 * pool hashes blocks, adds them to the parity blocks, and hashes the whole, all
 * at once: no two jobs write to the same place.
 */
#include "store/parity_internal.h"

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "store/volume_internal.h"

enum { PIECE_BYTES = 4 << 20, JOBS_MAX = 16 };

struct make {
	struct pm_parity_shape *shape;
	struct pm_parity_code *code;
	struct pm_parity_entry *entry;
	struct pm_sha256_state *sha;
	uint8_t *parity;
	uint8_t *piece;
	size_t piece_n;
	uint32_t first, blocks;          /* of the piece */
	uint64_t done;                   /* bytes before it */
	uint64_t prefix;                 /* that the old file vouches for */
	uint8_t prefix_sha256[PM_SHA256_BYTES];
};

struct make_job {
	struct pm_job job;
	struct make *make;
	uint32_t from, to;
};

/* ---- jobs ---- */

static struct pm_bytes
block_of_piece(const struct make *make, uint32_t i)
{
	return (struct pm_bytes){ make->piece + (size_t)(i - make->first) *
	    make->shape->block, pm_parity_block_bytes(make->shape, i) };
}

static void
run_whole(struct pm_job *base)
{
	struct make *make = ((struct make_job *)base)->make;
	struct pm_bytes rest = { make->piece, make->piece_n };

	if (make->prefix > make->done &&
	    make->prefix <= make->done + rest.n) {
		size_t n = (size_t)(make->prefix - make->done);

		pm_sha256_update(make->sha, (struct pm_bytes){ rest.p, n });
		pm_sha256_peek(make->prefix_sha256, make->sha);
		rest.p += n;
		rest.n -= n;
	}
	pm_sha256_update(make->sha, rest);
}

/* from..to: blocks of the piece. */
static void
run_entries(struct pm_job *base)
{
	struct make_job *job = (struct make_job *)base;
	struct make *make = job->make;

	for (uint32_t i = job->from; i < job->to; i++)
		pm_parity_entry_fill(&make->entry[make->first + i],
		    block_of_piece(make, make->first + i));
}

/* from..to: codes. */
static void
run_codes(struct pm_job *base)
{
	struct make_job *job = (struct make_job *)base;
	struct make *make = job->make;
	const struct pm_parity_shape *shape = make->shape;
	uint8_t *row[PM_PARITY_CODE_MAX];

	for (uint32_t i = make->first; i < make->first + make->blocks; i++) {
		uint32_t code = i % shape->codes;
		struct pm_bytes block = block_of_piece(make, i);

		if (code < job->from || code >= job->to)
			continue;
		for (uint32_t r = 0; r < shape->rows; r++)
			row[r] = make->parity + ((size_t)r * shape->codes +
			    code) * shape->block;
		pm_parity_code_add(make->code, i / shape->codes, block.p,
		    block.n, row);
	}
}

struct jobs {
	const struct pm_parity_maker *maker;
	struct pm_group group;
	struct make_job job[2 * JOBS_MAX + 1];
	unsigned n;
};

static void
start(struct jobs *jobs, struct make *make, void (*run)(struct pm_job *job),
    uint32_t from, uint32_t to)
{
	struct make_job *job = &jobs->job[jobs->n++];

	*job = (struct make_job){ .job = { .run = run }, .make = make,
	    .from = from, .to = to };
	if (jobs->maker->pool == NULL)
		run(&job->job);
	else
		pm_pool_submit(jobs->maker->pool, &jobs->group, &job->job);
}

static void
take_piece(struct make *make, const struct pm_parity_maker *maker)
{
	struct jobs jobs = { .maker = maker };
	unsigned n = maker->threads < 1 ? 1 :
	    maker->threads > JOBS_MAX ? JOBS_MAX : maker->threads;

	start(&jobs, make, run_whole, 0, 0);
	for (unsigned i = 0; i < n; i++) {
		start(&jobs, make, run_codes, make->shape->codes * i / n,
		    make->shape->codes * (i + 1) / n);
		start(&jobs, make, run_entries, make->blocks * i / n,
		    make->blocks * (i + 1) / n);
	}
	if (maker->pool != NULL)
		pm_group_idle(maker->pool, &jobs.group);
}

/* ---- a group ---- */

static int
read_group(struct make *make, const struct pm_parity_maker *maker,
    struct pm_err *err)
{
	const struct pm_parity_shape *shape = make->shape;
	char *path = pm_volume_path(maker->archive, shape->volume, err);
	int fd = -1, rc = path == NULL ? PM_ENOMEM : pm_fs_open_read(&fd,
	    path, err);

	while (rc == PM_OK && make->done < shape->bytes) {
		uint64_t left = shape->bytes - make->done;

		make->piece_n = left < PIECE_BYTES ? (size_t)left :
		    PIECE_BYTES;
		make->first = (uint32_t)(make->done / shape->block);
		make->blocks = (uint32_t)((make->piece_n + shape->block - 1) /
		    shape->block);
		if ((rc = pm_fs_read_at(fd, make->piece, make->piece_n,
		    pm_parity_start(shape) + make->done, path, err)) !=
		    PM_OK)
			break;
		take_piece(make, maker);
		make->done += make->piece_n;
	}
	pm_fs_close(fd);
	pm_free(path);
	return rc;
}

static void
finish(struct pm_buf *out, struct make *make)
{
	const struct pm_parity_shape *shape = make->shape;

	pm_sha256_final(make->shape->sha256, make->sha);
	for (uint32_t i = 0; i < pm_parity_blocks(shape); i++)
		pm_parity_entry_fill(&make->entry[shape->data_n + i],
		    (struct pm_bytes){ make->parity + (size_t)i *
		    shape->block, shape->block });
	pm_parity_fill(out->p, shape, make->entry);
}

static int
alloc_make(struct make *make, struct pm_buf *out, struct pm_err *err)
{
	const struct pm_parity_shape *shape = make->shape;
	size_t entries = (size_t)shape->data_n + pm_parity_blocks(shape);
	int rc;

	pm_buf_reset(out);
	if ((rc = pm_buf_append_zero(out, (size_t)pm_parity_file_bytes(shape),
	    err)) != PM_OK ||
	    (rc = pm_parity_code_new(&make->code, pm_parity_columns(shape),
	    shape->rows, err)) != PM_OK)
		return rc;
	make->parity = out->p + pm_parity_blocks_at(shape);
	if ((make->entry = pm_alloc_zero(entries * sizeof *make->entry,
	    err)) == NULL ||
	    (make->piece = pm_alloc(shape->bytes < PIECE_BYTES ?
	    (size_t)shape->bytes : PIECE_BYTES, err)) == NULL ||
	    (make->sha = pm_sha256_new(err)) == NULL)
		return PM_ENOMEM;
	return PM_OK;
}

int
pm_parity_make(struct pm_buf *out, struct pm_parity_shape *shape,
    const struct pm_parity_maker *maker, const struct pm_parity_shape *old,
    struct pm_err *err)
{
	struct make make = { .shape = shape,
	    .prefix = old == NULL ? 0 : old->bytes };
	int rc;

	pm_parity_shape_choose(shape, shape->bytes, shape->percent);
	/* A HEAD too long to fit is no HEAD of ours. */
	shape->head_n = maker->head.n > PM_PARITY_HEAD_MAX ? 0 :
	    (uint32_t)maker->head.n;
	memcpy(shape->head, maker->head.p, shape->head_n);
	if ((rc = alloc_make(&make, out, err)) == PM_OK &&
	    (rc = read_group(&make, maker, err)) == PM_OK) {
		/* P2 */
		if (old != NULL && (old->bytes > shape->bytes ||
		    memcmp(make.prefix_sha256, old->sha256,
		    PM_SHA256_BYTES) != 0))
			rc = pm_fail(err, PM_ECORRUPT, "the volume is not "
			    "what its parity was made of: damaged; run "
			    "repair");
		else
			finish(out, &make);
	}
	pm_parity_code_free(make.code);
	pm_sha256_free(make.sha);
	pm_free(make.entry);
	pm_free(make.piece);
	return rc;
}
