/*
 * Members one after the other.  Behind a broken one the next is looked for by
 * its magic, from where the broken one began as far as its bytes are still
 * here.  Of a magic that stands there by chance a trial finds out.
 *
 * U1: no byte is unpacked more than three times, trials aside: what is looked
 *     for behind a fault never begins before the fault before it.
 */
#include "intake/unpack.h"

#include "base/err.h"

enum { OUT_BYTES = 128 << 10, TRIAL_BYTES = 1024 };

struct pm_unpack {
	const struct pm_unpack_codec *codec;
	void *state;
	pm_unpack_pull *pull;
	void *context;
	const uint8_t *in;
	size_t in_n, at;
	uint64_t base;               /* where in[0] is in the file */
	uint64_t member, floor;      /* begin of the one at hand; U1 */
	enum { BETWEEN, INSIDE, LOST, OVER } where;
	bool fault;                  /* to be told */
	bool doubtful;               /* begun behind damage, gave nothing yet */
	struct pm_err why;
	size_t begins_n;             /* of what all of it begins with */
	uint8_t begins[5];
	uint8_t out[OUT_BYTES];
};

static bool
ends_with(struct pm_bytes path, const char *suffix)
{
	size_t n = strlen(suffix);

	if (path.n < n)
		return false;
	for (size_t i = 0; i < n; i++) {
		uint8_t c = path.p[path.n - n + i];

		if (c >= 'A' && c <= 'Z')
			c = (uint8_t)(c + 32);
		if (c != (uint8_t)suffix[i])
			return false;
	}
	return true;
}

bool
pm_unpack_takes(enum pm_format format, struct pm_bytes head,
    struct pm_bytes path)
{
	static const char *const gzip[] = { ".warc.gz", ".arc.gz", ".wet.gz",
	    ".wat.gz" };

	if (format == PM_FORMAT_ZSTD)
		return ends_with(path, ".warc.zst") || (head.n >= 4 &&
		    pm_le32_get(head.p) == 0x184D2A5D);
	for (size_t i = 0; i < sizeof gzip / sizeof *gzip; i++)
		if (format == PM_FORMAT_GZIP && ends_with(path, gzip[i]))
			return true;
	return false;
}

int
pm_unpack_open(struct pm_unpack **out, enum pm_format format,
    pm_unpack_pull *pull, void *context, struct pm_err *err)
{
	struct pm_unpack *u = pm_alloc_zero(sizeof *u, err);

	if (u == NULL)
		return PM_ENOMEM;
	u->codec = format == PM_FORMAT_ZSTD ? &pm_unpack_zstd :
	    &pm_unpack_gzip;
	u->pull = pull;
	u->context = context;
	if ((u->state = u->codec->open(err)) == NULL) {
		pm_unpack_close(u);
		return pm_fail(err, PM_ENOMEM, "out of memory");
	}
	*out = u;
	return PM_OK;
}

void
pm_unpack_close(struct pm_unpack *unpack)
{
	if (unpack == NULL)
		return;
	unpack->codec->close(unpack->state);
	pm_free(unpack);
}

/* ---- where members begin ---- */

/* As far as its bytes are here. */
static bool
has_magic(const struct pm_unpack *u, size_t at)
{
	size_t n = u->in_n - at;

	if (n > u->codec->magic_n)
		n = u->codec->magic_n;
	return memcmp(u->in + at, u->codec->magic, n) == 0;
}

/* Does what is packed here begin like the file?  Yes when too few bytes are
 * here to tell. */
static bool
try_member(struct pm_unpack *u, size_t at)
{
	uint8_t out[sizeof u->begins];
	size_t n = u->in_n - at < TRIAL_BYTES ? u->in_n - at : TRIAL_BYTES;
	struct pm_unpack_step step = { u->in + at, n, out, u->begins_n };
	enum pm_unpack_result result;

	u->codec->restart(u->state);
	if (u->begins_n == 0)
		return true;
	result = u->codec->decode(u->state, &step);
	u->codec->restart(u->state);
	if (result == PM_UNPACK_BROKEN)
		return false;
	if (step.out_n > 0)
		return n < TRIAL_BYTES;
	return memcmp(out, u->begins, u->begins_n) == 0;
}

/* To the next member in what is here, or to its end. */
static void
look_for_member(struct pm_unpack *u)
{
	while (u->at < u->in_n) {
		const uint8_t *p = memchr(u->in + u->at, u->codec->magic[0],
		    u->in_n - u->at);

		u->at = p == NULL ? u->in_n : (size_t)(p - u->in);
		if (p != NULL && has_magic(u, u->at) &&
		    try_member(u, u->at)) {
			u->where = INSIDE;
			u->member = u->base + u->at;
			u->doubtful = true;
			return;
		}
		u->at += p != NULL;
	}
}

/* Zeros between members are padding. */
static void
begin_member(struct pm_unpack *u)
{
	while (u->at < u->in_n && u->in[u->at] == 0)
		u->at++;
	if (u->at == u->in_n)
		return;
	u->where = INSIDE;
	u->member = u->base + u->at;
	u->doubtful = false;
	u->codec->restart(u->state);
}

/* ---- reading ---- */

/* The next call says so.  What began behind damage and gave nothing is more
 * of the same. */
static void
set_fault(struct pm_unpack *u, const char *reason)
{
	u->fault = !u->doubtful;
	(void)pm_fail(&u->why, PM_EINPUT, "%s in the member at byte %llu",
	    reason, (unsigned long long)u->member);
}

static void
lose(struct pm_unpack *u)
{
	/* zstd may not have moved at all. */
	uint64_t from = u->member + 1, now = u->base + u->at;

	set_fault(u, u->codec->reason(u->state));
	if (from < u->floor)
		from = u->floor;
	if (from < u->base)
		from = u->base;
	u->floor = now;
	u->at = (size_t)(from - u->base);
	u->where = LOST;
}

static int
fill(struct pm_unpack *u, struct pm_err *err)
{
	int rc;

	u->base += u->in_n;
	u->at = u->in_n = 0;
	if ((rc = u->pull(u->context, &u->in, &u->in_n, err)) != PM_OK)
		return rc;
	if (u->in_n > 0)
		return PM_OK;
	if (u->where == INSIDE)
		set_fault(u, "the file ends");
	u->where = OVER;
	return PM_OK;
}

static void
keep_begin(struct pm_unpack *u, size_t n)
{
	size_t room = sizeof u->begins - u->begins_n;

	if (n > room)
		n = room;
	memcpy(u->begins + u->begins_n, u->out, n);
	u->begins_n += n;
}

static int
decode(struct pm_unpack *u, size_t *n, struct pm_err *err)
{
	struct pm_unpack_step step = { u->in + u->at, u->in_n - u->at, u->out,
	    OUT_BYTES };
	enum pm_unpack_result result = u->codec->decode(u->state, &step);

	u->at = u->in_n - step.in_n;
	*n = OUT_BYTES - step.out_n;
	keep_begin(u, *n);
	if (*n > 0)
		u->doubtful = false;
	if (result == PM_UNPACK_NO_MEMORY)
		return pm_fail(err, PM_ENOMEM, "out of memory");
	if (result == PM_UNPACK_ENDED)
		u->where = BETWEEN;
	else if (result == PM_UNPACK_BROKEN)
		lose(u);
	return PM_OK;
}

int
pm_unpack_read(struct pm_unpack *u, const uint8_t **p, size_t *n,
    struct pm_err *err)
{
	int rc = PM_OK;

	*p = u->out;
	*n = 0;
	while (rc == PM_OK && *n == 0) {
		if (u->fault) {
			u->fault = false;
			*err = u->why;
			return PM_EINPUT;
		}
		/* More output may come without more input. */
		if (u->where == INSIDE && (rc = decode(u, n, err)) == PM_OK &&
		    (*n > 0 || u->where != INSIDE))
			continue;
		if (u->where == OVER || rc != PM_OK)
			break;
		if (u->at == u->in_n)
			rc = fill(u, err);
		else if (u->where == BETWEEN)
			begin_member(u);
		else if (u->where == LOST)
			look_for_member(u);
	}
	return rc;
}
