/*
 * A mended copy of a volume, group by group: what was found is copied to its
 * place, then each code that lacks blocks makes them again.  A block that was
 * made is believed when its digest says so; where that digest is lost, when
 * the whole group has the SHA-256 it once had.
 */
#include "store/parity_internal.h"

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "store/volume_internal.h"

enum { PIECE_BYTES = 1 << 20 };

struct mend {
	const struct pm_parity_mend *options;
	struct pm_parity_find find;
	struct pm_parity_mended out;
	struct pm_parity_stretch open;   /* not told yet; bytes 0: none */
	int64_t shift;                   /* of what was found last */
	uint64_t at;                     /* bytes of the new file that are done */
	const char *to;
	int fd;
	uint8_t *piece;
	struct pm_err *err;
};

/* ---- telling ---- */

static int
tell_open(struct mend *mend)
{
	struct pm_parity_stretch stretch = mend->open;

	mend->open.bytes = 0;
	if (stretch.bytes == 0 || mend->options->stretch == NULL)
		return PM_OK;
	return mend->options->stretch(mend->options->context, &stretch);
}

static int
note(struct mend *mend, uint64_t offset, uint64_t bytes,
    enum pm_parity_state state)
{
	uint64_t *sum[] = { [PM_PARITY_MENDED] = &mend->out.mended,
	    [PM_PARITY_MOVED] = &mend->out.moved,
	    [PM_PARITY_LOST] = &mend->out.lost,
	    [PM_PARITY_BARE] = &mend->out.bare };
	int rc = PM_OK;

	if (bytes == 0)
		return PM_OK;
	*sum[state] += bytes;
	if (mend->open.bytes > 0 && (mend->open.state != state ||
	    mend->open.offset + mend->open.bytes != offset))
		rc = tell_open(mend);
	if (mend->open.bytes == 0)
		mend->open = (struct pm_parity_stretch){ .offset = offset,
		    .state = state };
	mend->open.bytes += bytes;
	return rc;
}

/* ---- bytes ---- */

static int
put(struct mend *mend, const uint8_t *p, size_t n, uint64_t offset)
{
	return pm_fs_write_at(mend->fd, p, n, offset, mend->to, mend->err);
}

static uint64_t
shifted(const struct mend *mend, uint64_t offset)
{
	if (mend->shift < 0 && offset < (uint64_t)-mend->shift)
		return UINT64_MAX / 2;           /* nothing is there */
	return offset + (uint64_t)mend->shift;
}

/* Bytes of which no parity speaks; what is behind the file's end stays a
 * hole. */
static int
copy_bare(struct mend *mend, uint64_t offset, uint64_t bytes)
{
	int rc = PM_OK;

	for (uint64_t at = 0; at < bytes && rc == PM_OK; at += PIECE_BYTES) {
		uint64_t from = shifted(mend, offset + at);
		size_t n = bytes - at < PIECE_BYTES ? (size_t)(bytes - at) :
		    PIECE_BYTES;

		if (from >= mend->find.bytes)
			break;
		(void)pm_parity_find_read(&mend->find, mend->piece, n, from);
		rc = put(mend, mend->piece, n, offset + at);
	}
	return rc == PM_OK ? note(mend, offset, bytes, PM_PARITY_BARE) : rc;
}

/* What was found to its place, and as good as it is the rest. */
static int
copy_blocks(struct mend *mend, struct pm_parity_group *group)
{
	const struct pm_parity_shape *shape = &group->file.shape;
	int rc = PM_OK;

	for (uint32_t i = 0; i < shape->data_n && rc == PM_OK; i++) {
		uint64_t place = pm_parity_start(shape) +
		    (uint64_t)i * shape->block;
		size_t n = pm_parity_block_bytes(shape, i);

		/* A place of its own for what is missing is as good as any. */
		if (group->where[i] >= mend->find.bytes)
			continue;
		if (!pm_parity_find_read(&mend->find, mend->piece, n,
		    group->where[i]) && group->state[i] <= PM_BLOCK_MOVED) {
			group->state[i] = PM_BLOCK_BAD;  /* not any more */
			group->damaged = true;
		}
		rc = put(mend, mend->piece, n, place);
		if (group->state[i] <= PM_BLOCK_MOVED)
			mend->shift = (int64_t)(group->where[i] - place);
	}
	return rc;
}

/* ---- one code ---- */

struct code {
	struct mend *mend;
	struct pm_parity_group *group;
	struct pm_parity_code *code;
	uint8_t *bytes;                  /* of data, then of parity */
	uint8_t *data[PM_PARITY_CODE_MAX];
	const uint8_t *parity[PM_PARITY_CODE_MAX];
	unsigned missing[PM_PARITY_CODE_MAX], missing_n;
	unsigned rows_n;                 /* that are there */
	bool presumes;                   /* that unknown blocks are good */
};

/* Columns of this code that are in such a state or a worse one. */
static void
list_missing(struct code *code, uint32_t number, enum pm_parity_block from)
{
	const struct pm_parity_shape *shape = &code->group->file.shape;

	code->missing_n = 0;
	for (uint32_t i = number; i < shape->data_n; i += shape->codes)
		if (code->group->state[i] >= from)
			code->missing[code->missing_n++] = i / shape->codes;
}

static void
count_rows(struct code *code, uint32_t number)
{
	const struct pm_parity_shape *shape = &code->group->file.shape;

	code->rows_n = 0;
	for (uint32_t r = 0; r < shape->rows; r++)
		code->rows_n += code->group->row_there[r * shape->codes +
		    number];
}

static void
read_data(struct code *code, uint32_t number)
{
	const struct pm_parity_shape *shape = &code->group->file.shape;
	uint32_t columns = pm_parity_columns(shape);

	for (uint32_t j = 0; j < columns; j++) {
		uint32_t i = j * shape->codes + number;
		uint8_t *p = code->bytes + (size_t)j * shape->block;
		size_t n = i < shape->data_n ? pm_parity_block_bytes(shape,
		    i) : 0;

		code->data[j] = p;
		memset(p + n, 0, shape->block - n);
		if (n > 0)
			(void)pm_parity_find_read(&code->mend->find, p, n,
			    code->group->where[i]);
	}
}

static void
read_parity(struct code *code, uint32_t number)
{
	struct pm_parity_file *file = &code->group->file;
	uint8_t *p = code->bytes + (size_t)pm_parity_columns(&file->shape) *
	    file->shape.block;
	bool moved;

	code->rows_n = 0;
	for (uint32_t r = 0; r < file->shape.rows; r++) {
		uint32_t i = r * file->shape.codes + number;
		bool there = code->group->row_there[i] &&
		    pm_parity_file_block(file, i, p, &moved);

		code->parity[r] = there ? p : NULL;
		code->rows_n += there;
		p += file->shape.block;
	}
}

/* Take what was made, if it is what its digest says. */
static int
take_made(struct code *code, uint32_t number)
{
	const struct pm_parity_shape *shape = &code->group->file.shape;
	int rc = PM_OK;

	for (unsigned k = 0; k < code->missing_n && rc == PM_OK; k++) {
		uint32_t i = code->missing[k] * shape->codes + number;
		const struct pm_parity_entry *entry =
		    &code->group->file.entry[i];
		struct pm_bytes block = { code->data[code->missing[k]],
		    pm_parity_block_bytes(shape, i) };

		/* Without a digest it is as good as what it was made of. */
		if (entry->known ? !pm_parity_entry_fits(entry, block) :
		    code->presumes) {
			code->group->state[i] = PM_BLOCK_LOST;
			continue;
		}
		code->group->state[i] = PM_BLOCK_MENDED;
		rc = put(code->mend, block.p, block.n,
		    pm_parity_start(shape) + (uint64_t)i * shape->block);
	}
	return rc;
}

static void
give_up(struct code *code, uint32_t number)
{
	const struct pm_parity_shape *shape = &code->group->file.shape;

	for (uint32_t i = number; i < shape->data_n; i += shape->codes)
		if (code->group->state[i] == PM_BLOCK_BAD)
			code->group->state[i] = PM_BLOCK_LOST;
}

static int
mend_code(struct code *code, uint32_t number)
{
	struct mend *mend = code->mend;
	int rc;

	list_missing(code, number, PM_BLOCK_UNKNOWN);
	if (code->missing_n == 0)
		return PM_OK;
	count_rows(code, number);
	code->presumes = code->missing_n > code->rows_n;
	if (code->presumes)
		list_missing(code, number, PM_BLOCK_BAD);
	if (code->missing_n > 0 && code->missing_n <= code->rows_n)
		read_parity(code, number);
	if (code->missing_n > code->rows_n) {
		give_up(code, number);
		return PM_OK;
	}
	if (code->missing_n == 0)
		return PM_OK;
	read_data(code, number);
	rc = pm_parity_code_mend(code->code, code->group->file.shape.block,
	    code->data, code->parity, code->missing, code->missing_n,
	    mend->err);
	return rc == PM_OK ? take_made(code, number) : rc;
}

static int
mend_codes(struct mend *mend, struct pm_parity_group *group)
{
	struct pm_parity_file *file = &group->file;
	const struct pm_parity_shape *shape = &file->shape;
	struct code code = { .mend = mend, .group = group };
	struct pm_err ignored;
	int rc;

	/* Not there any more: then no parity block is. */
	(void)pm_fs_open_read(&file->fd, file->path, &ignored);
	if ((code.bytes = pm_alloc((size_t)(pm_parity_columns(shape) +
	    shape->rows) * shape->block, mend->err)) == NULL)
		return PM_ENOMEM;
	rc = pm_parity_code_new(&code.code, pm_parity_columns(shape),
	    shape->rows, mend->err);
	for (uint32_t i = 0; i < shape->codes && rc == PM_OK; i++)
		rc = mend_code(&code, i);
	pm_parity_code_free(code.code);
	pm_free(code.bytes);
	return rc;
}

/* ---- one group ---- */

static int
hash_group(uint8_t out[PM_SHA256_BYTES], struct mend *mend,
    const struct pm_parity_shape *shape)
{
	struct pm_sha256_state *sha = pm_sha256_new(mend->err);
	int rc = sha == NULL ? PM_ENOMEM : PM_OK;

	for (uint64_t at = 0; at < shape->bytes && rc == PM_OK;
	    at += PIECE_BYTES) {
		uint64_t left = shape->bytes - at;
		size_t n = left < PIECE_BYTES ? (size_t)left : PIECE_BYTES;

		rc = pm_fs_read_at(mend->fd, mend->piece, n,
		    pm_parity_start(shape) + at, mend->to, mend->err);
		if (rc == PM_OK)
			pm_sha256_update(sha, (struct pm_bytes){
			    mend->piece, n });
	}
	if (rc == PM_OK)
		pm_sha256_final(out, sha);
	pm_sha256_free(sha);
	/* A hole at the end: no bytes of it are what they were. */
	return rc == PM_ECORRUPT ? PM_OK : rc;
}

/* Blocks that were taken as they are for want of a digest. */
static int
judge_unknown(struct mend *mend, struct pm_parity_group *group)
{
	const struct pm_parity_shape *shape = &group->file.shape;
	uint8_t sha256[PM_SHA256_BYTES] = { 0 };
	bool unknown = false;
	int rc;

	for (uint32_t i = 0; i < shape->data_n; i++)
		unknown |= group->state[i] == PM_BLOCK_UNKNOWN ||
		    (group->state[i] == PM_BLOCK_LOST &&
		    !group->file.entry[i].known);
	if (!unknown || (rc = hash_group(sha256, mend, shape)) != PM_OK)
		return unknown ? rc : PM_OK;
	if (memcmp(sha256, shape->sha256, sizeof sha256) == 0)
		for (uint32_t i = 0; i < shape->data_n; i++)
			if (group->state[i] >= PM_BLOCK_UNKNOWN &&
			    group->state[i] != PM_BLOCK_MENDED)
				group->state[i] = PM_BLOCK_GOOD;
	return PM_OK;
}

static int
note_blocks(struct mend *mend, const struct pm_parity_group *group)
{
	static const enum pm_parity_state state[] = {
	    [PM_BLOCK_MOVED] = PM_PARITY_MOVED,
	    [PM_BLOCK_UNKNOWN] = PM_PARITY_BARE,
	    [PM_BLOCK_BAD] = PM_PARITY_LOST,
	    [PM_BLOCK_MENDED] = PM_PARITY_MENDED,
	    [PM_BLOCK_LOST] = PM_PARITY_LOST };
	const struct pm_parity_shape *shape = &group->file.shape;
	int rc = PM_OK;

	for (uint32_t i = 0; i < shape->data_n && rc == PM_OK; i++) {
		uint64_t place = pm_parity_start(shape) +
		    (uint64_t)i * shape->block;

		if (group->state[i] != PM_BLOCK_GOOD)
			rc = note(mend, place, pm_parity_block_bytes(shape,
			    i), state[group->state[i]]);
	}
	return rc;
}

static int
mend_group(struct mend *mend, struct pm_parity_group *group)
{
	int rc = copy_blocks(mend, group);

	if (rc == PM_OK && group->damaged)
		rc = mend_codes(mend, group);
	pm_fs_close(group->file.fd);
	group->file.fd = -1;
	if (rc == PM_OK && group->damaged)
		rc = judge_unknown(mend, group);
	return rc == PM_OK ? note_blocks(mend, group) : rc;
}

static int
mend_groups(struct mend *mend)
{
	int rc = PM_OK;

	for (uint32_t i = 0; i < mend->find.group_n && rc == PM_OK; i++) {
		struct pm_parity_group *group = &mend->find.group[i];
		uint64_t start = i * PM_PARITY_GROUP_BYTES;

		/* None, or none for the last bytes, of the one before. */
		rc = copy_bare(mend, mend->at, start - mend->at);
		mend->at = start;
		if (!group->have || rc != PM_OK)
			continue;
		rc = mend_group(mend, group);
		mend->at += group->file.shape.bytes;
	}
	return rc;
}

/* ---- behind the last group ---- */

/* Every batch begins with a zstd frame. */
static bool
batch_begins(const struct mend *mend, uint64_t offset)
{
	static const uint8_t magic[4] = { 0x28, 0xb5, 0x2f, 0xfd };
	uint8_t found[4];

	return pm_parity_find_read(&mend->find, found, sizeof found,
	    offset) && memcmp(found, magic, sizeof magic) == 0;
}

/*
 * What is behind may be batches that were written later, or what bytes put in
 * before have pushed out there.
 */
static int
mend_tail(struct mend *mend, const struct pm_head *head)
{
	const struct pm_parity_find *find = &mend->find;
	bool ends = find->group_n > 0 &&
	    find->group[find->group_n - 1].file.shape.ends;
	bool last = head->sequence > 0 && head->volume == find->volume;
	uint64_t from = shifted(mend, mend->at), bytes;

	if (last && head->length > mend->at && !batch_begins(mend, from)) {
		uint64_t other = mend->at + find->bytes - head->length;

		if (batch_begins(mend, other)) {
			mend->shift = (int64_t)(find->bytes - head->length);
			from = other;
		}
	}
	bytes = from < find->bytes ? find->bytes - from : 0;
	if (ends || (find->group_n > 0 && last && head->length <= mend->at &&
	    !batch_begins(mend, from))) {
		mend->out.cut = bytes;
		bytes = 0;
	}
	mend->out.bytes = mend->at + bytes;
	return copy_bare(mend, mend->at, bytes);
}

static int
mend_all(struct mend *mend, const char *archive)
{
	struct pm_head head;
	int rc = pm_head_read(&head, archive, mend->err);

	if (rc == PM_ENOMEM)
		return rc;
	if (rc != PM_OK)
		head = (struct pm_head){ 0 };
	if ((rc = mend_groups(mend)) != PM_OK ||
	    (rc = mend_tail(mend, &head)) != PM_OK ||
	    (rc = tell_open(mend)) != PM_OK ||
	    (rc = pm_fs_truncate(mend->fd, mend->out.bytes, mend->to,
	    mend->err)) != PM_OK ||
	    (rc = pm_fs_sync(mend->fd, mend->to, mend->err)) != PM_OK)
		return rc;
	mend->out.changed = mend->out.bytes != mend->find.bytes ||
	    mend->out.mended > 0 || mend->out.moved > 0;
	return PM_OK;
}

int
pm_parity_mend(struct pm_parity_mended *out, const char *archive,
    const struct pm_parity_mend *options, const char *to, struct pm_err *err)
{
	struct mend mend = { .options = options, .to = to, .fd = -1,
	    .err = err };
	struct pm_err ignored;
	bool made = false;
	int rc = pm_parity_find(&mend.find, archive, options->volume, err);

	if (rc != PM_OK)
		return rc;
	if ((mend.piece = pm_alloc(PIECE_BYTES, err)) == NULL)
		rc = PM_ENOMEM;
	if (rc == PM_OK)
		rc = pm_fs_create(&mend.fd, to, 0666, err);
	made = rc == PM_OK;
	if (rc == PM_OK)
		rc = mend_all(&mend, archive);
	pm_fs_close(mend.fd);
	if (rc == PM_OK)
		*out = mend.out;
	else if (made)
		(void)pm_fs_remove(to, &ignored);
	pm_free(mend.piece);
	pm_parity_find_clear(&mend.find);
	return rc;
}
