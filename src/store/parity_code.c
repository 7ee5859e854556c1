/*
 * Reed-Solomon over GF(2^8) with the polynomial 0x11d.  The coefficient of
 * parity row i and data column j, of k, is 1 / ((k + i) xor j): a Cauchy
 * matrix, every square part of which can be inverted.  So any k blocks give
 * all.
 */
#include "store/parity_internal.h"

#include <assert.h>
#include <isa-l.h>

#include "base/err.h"
#include "base/mem.h"

enum { TABLE = 32 };                     /* ISA-L's, for one coefficient */

struct pm_parity_code {
	unsigned columns, rows;
	uint8_t *matrix;                 /* rows x columns */
	uint8_t *table;
};

static uint8_t
coefficient(const struct pm_parity_code *code, unsigned row, unsigned column)
{
	return code->matrix[row * code->columns + column];
}

/* ISA-L takes what it only reads as if it would write there. */
static uint8_t *
borrowed(const uint8_t *p)
{
	union {
		const uint8_t *read;
		uint8_t *write;
	} both = { .read = p };

	return both.write;
}

int
pm_parity_code_new(struct pm_parity_code **out, unsigned columns,
    unsigned rows, struct pm_err *err)
{
	struct pm_parity_code *code;
	size_t n = (size_t)columns * rows;

	assert(columns > 0 && rows > 0 &&
	    columns + rows <= PM_PARITY_CODE_MAX);
	if ((code = pm_alloc_zero(sizeof *code, err)) == NULL)
		return PM_ENOMEM;
	code->columns = columns;
	code->rows = rows;
	if ((code->matrix = pm_alloc(n, err)) == NULL ||
	    (code->table = pm_alloc(n * TABLE, err)) == NULL) {
		pm_parity_code_free(code);
		return PM_ENOMEM;
	}
	for (unsigned i = 0; i < rows; i++)
		for (unsigned j = 0; j < columns; j++)
			code->matrix[i * columns + j] =
			    gf_inv((uint8_t)((columns + i) ^ j));
	ec_init_tables((int)columns, (int)rows, code->matrix, code->table);
	*out = code;
	return PM_OK;
}

void
pm_parity_code_free(struct pm_parity_code *code)
{
	if (code == NULL)
		return;
	pm_free(code->matrix);
	pm_free(code->table);
	pm_free(code);
}

void
pm_parity_code_add(const struct pm_parity_code *code, unsigned column,
    const uint8_t *data, size_t n, uint8_t *const *parity)
{
	uint8_t *into[PM_PARITY_CODE_MAX];

	for (unsigned i = 0; i < code->rows; i++)
		into[i] = parity[i];
	ec_encode_data_update((int)n, (int)code->columns, (int)code->rows,
	    (int)column, code->table, borrowed(data), into);
}

/* ---- mending ---- */

/* What a mend needs beside its input: e missing blocks, e parity blocks. */
struct mend {
	unsigned row[PM_PARITY_CODE_MAX];       /* of the parity blocks */
	uint8_t *part;                          /* their rows of the matrix */
	uint8_t *table;
	uint8_t *inverse;
	uint8_t *sum;                           /* what the missing add to each */
	uint8_t *sums[PM_PARITY_CODE_MAX];
};

static int
alloc_mend(struct mend *mend, const struct pm_parity_code *code, unsigned e,
    size_t n, struct pm_err *err)
{
	size_t wide = code->columns > e ? code->columns : e;

	if ((mend->part = pm_alloc(e * wide, err)) == NULL ||
	    (mend->table = pm_alloc(e * wide * TABLE, err)) == NULL ||
	    (mend->inverse = pm_alloc((size_t)e * e, err)) == NULL ||
	    (mend->sum = pm_alloc(e * n, err)) == NULL)
		return PM_ENOMEM;
	for (unsigned i = 0; i < e; i++)
		mend->sums[i] = mend->sum + i * n;
	return PM_OK;
}

static void
free_mend(struct mend *mend)
{
	pm_free(mend->part);
	pm_free(mend->table);
	pm_free(mend->inverse);
	pm_free(mend->sum);
}

/* Parity less what the blocks that are there add to it. */
static void
sum_missing(struct mend *mend, const struct pm_parity_code *code, size_t n,
    uint8_t *const *data, const unsigned *missing, unsigned e)
{
	unsigned next = 0;

	for (unsigned i = 0; i < e; i++)
		memcpy(mend->part + i * code->columns, code->matrix +
		    mend->row[i] * code->columns, code->columns);
	ec_init_tables((int)code->columns, (int)e, mend->part, mend->table);
	for (unsigned j = 0; j < code->columns; j++)
		if (next < e && missing[next] == j)
			next++;
		else
			ec_encode_data_update((int)n, (int)code->columns,
			    (int)e, (int)j, mend->table, data[j], mend->sums);
}

static void
solve(struct mend *mend, const struct pm_parity_code *code, size_t n,
    uint8_t *const *data, const unsigned *missing, unsigned e)
{
	uint8_t *out[PM_PARITY_CODE_MAX];
	int singular;

	for (unsigned i = 0; i < e; i++)
		for (unsigned j = 0; j < e; j++)
			mend->part[i * e + j] = coefficient(code,
			    mend->row[i], missing[j]);
	singular = gf_invert_matrix(mend->part, mend->inverse, (int)e);
	assert(singular == 0);           /* part of a Cauchy matrix */
	(void)singular;
	for (unsigned i = 0; i < e; i++)
		out[i] = data[missing[i]];
	ec_init_tables((int)e, (int)e, mend->inverse, mend->table);
	ec_encode_data((int)n, (int)e, (int)e, mend->table, mend->sums, out);
}

int
pm_parity_code_mend(const struct pm_parity_code *code, size_t n,
    uint8_t *const *data, const uint8_t *const *parity,
    const unsigned *missing, unsigned missing_n, struct pm_err *err)
{
	struct mend mend = { 0 };
	unsigned found = 0;
	int rc;

	if (missing_n == 0)
		return PM_OK;
	if ((rc = alloc_mend(&mend, code, missing_n, n, err)) == PM_OK) {
		for (unsigned i = 0; i < code->rows && found < missing_n; i++) {
			if (parity[i] == NULL)
				continue;
			memcpy(mend.sums[found], parity[i], n);
			mend.row[found++] = i;
		}
		assert(found == missing_n);
		sum_missing(&mend, code, n, data, missing, missing_n);
		solve(&mend, code, n, data, missing, missing_n);
	}
	free_mend(&mend);
	return rc;
}

/* ---- the weak sum ---- */

uint32_t
pm_parity_weak(struct pm_bytes bytes)
{
	return crc32_iscsi(borrowed(bytes.p), (int)bytes.n, 0);
}

void
pm_parity_roll_init(struct pm_parity_roll *roll, size_t block)
{
	for (unsigned i = 0; i < 256; i++) {
		uint32_t weak = i;

		for (int bit = 0; bit < 8; bit++)
			weak = weak >> 1 ^ (weak & 1 ? 0x82f63b78u : 0);
		roll->in[i] = weak;
	}
	/* A byte that has moved through the whole block: bit by bit, for the
	 * sum is linear. */
	roll->out[0] = 0;
	for (unsigned bit = 1; bit < 256; bit *= 2) {
		uint32_t weak = roll->in[bit];

		for (size_t n = 0; n < block; n++)
			weak = roll->in[weak & 255] ^ weak >> 8;
		for (unsigned i = 0; i < bit; i++)
			roll->out[bit + i] = roll->out[i] ^ weak;
	}
}
