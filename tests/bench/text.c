/*
 * bench-text FILE... - how fast text is folded, split into tokens and made
 * into keys, in MB of input (millions of bytes) a second of processor time, on
 * one thread.
 *
 * A file is cut at line ends into pieces of about 3 KB, as bodies of articles
 * are; each goes through alone, into buffers that are used again.  At most the
 * first 4 MB of a file are taken.  The ways take turns; the figure is the best
 * of ROUNDS.  Every step is timed on what the step before made of all pieces,
 * but always per byte of the input, so that times can be added; the last way
 * is all of them, as `add` does them.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "archive/body.h"
#include "base/buf.h"
#include "dup/minhash_internal.h"
#include "dup/shingle_internal.h"
#include "dup/winnow_internal.h"
#include "text/fold.h"
#include "text/fold_internal.h"

enum { ROUNDS = 25, PIECE = 3072, MOST = 4000000 };

struct pieces {
	struct pm_buf text;
	struct pm_buf cuts;          /* size_t: where each ends */
};

/* What each step makes of all pieces. */
struct steps {
	struct pieces text, folded, bounds, token, gram;
	struct pm_buf out, more;     /* room of the way that is timed */
	struct pm_body_room room;
};

static struct pm_err err;

static void
must(int rc, const char *what)
{
	if (rc == PM_OK)
		return;
	fprintf(stderr, "bench-text: %s: %s\n", what, err.text);
	exit(3);
}

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
add_cut(struct pieces *pieces, size_t at)
{
	must(pm_buf_append(&pieces->cuts, &at, sizeof at, &err), "cut");
}

static void
read_pieces(struct pieces *out, const char *path)
{
	FILE *file = fopen(path, "rb");
	size_t from = 0;

	if (file == NULL) {
		perror(path);
		exit(2);
	}
	must(pm_buf_reserve(&out->text, MOST, &err), path);
	out->text.n = fread(out->text.p, 1, MOST, file);
	(void)fclose(file);
	for (size_t i = 0; i < out->text.n; i++)
		if (out->text.p[i] == '\n' && i + 1 - from >= PIECE) {
			add_cut(out, i + 1);
			from = i + 1;
		}
	add_cut(out, out->text.n);
}

static struct pm_bytes
piece(const struct pieces *pieces, size_t i)
{
	const size_t *cut = (const size_t *)(const void *)pieces->cuts.p;
	size_t from = i > 0 ? cut[i - 1] : 0;

	return (struct pm_bytes){ pieces->text.p + from, cut[i] - from };
}

static size_t
count_of(const struct pieces *pieces)
{
	return pieces->cuts.n / sizeof(size_t);
}

/* ---- ways: each gives a count, so that they can be compared ---- */

typedef size_t way(struct steps *s, size_t i, int variant);

static size_t
fold_way(struct steps *s, size_t i, int variant)
{
	pm_buf_reset(&s->out);
	must(pm_fold_with((enum pm_fold_variant)variant, &s->out,
	    piece(&s->text, i), &err), "fold");
	return s->out.n;
}

static size_t
tokens_way(struct steps *s, size_t i, int variant)
{
	struct pm_token_cursor cursor = pm_tokens(piece(&s->folded, i));
	struct pm_bytes token;
	size_t n = 0;

	(void)variant;
	while (pm_token_next(&cursor, &token))
		n++;
	return n;
}

static size_t
tokens_all_way(struct steps *s, size_t i, int variant)
{
	(void)variant;
	must(pm_tokens_all(&s->out, piece(&s->folded, i), &err), "tokens");
	return s->out.n / sizeof(struct pm_token);
}

/* The numbers of a piece. */
static const uint64_t *
numbers(const struct pieces *pieces, size_t i, size_t *n)
{
	struct pm_bytes bytes = piece(pieces, i);

	*n = bytes.n / sizeof(uint64_t);
	return (const uint64_t *)(const void *)bytes.p;
}

static uint64_t *
room_for(struct pm_buf *buf, size_t n)
{
	pm_buf_reset(buf);
	must(pm_buf_reserve(buf, n * sizeof(uint64_t) + 1, &err), "room");
	return (uint64_t *)(void *)buf->p;
}

static size_t
hash_way(struct steps *s, size_t i, int variant)
{
	struct pm_bytes bytes = piece(&s->bounds, i);
	size_t n = bytes.n / sizeof(struct pm_token);

	(void)variant;
	pm_digest64_tokens(room_for(&s->out, n), piece(&s->folded, i),
	    (const struct pm_token *)(const void *)bytes.p, n);
	return n;
}

static size_t
shingle_way(struct steps *s, size_t i, int variant)
{
	size_t n;
	const uint64_t *token = numbers(&s->token, i, &n);

	(void)variant;
	return pm_shingles(room_for(&s->out, n), room_for(&s->more, n), token,
	    n);
}

static size_t
minhash_way(struct steps *s, size_t i, int variant)
{
	struct pm_minhash minhash;
	size_t n;
	const uint64_t *gram = numbers(&s->gram, i, &n);

	pm_minhash_with(pm_minhash_kernel_of((enum pm_minhash_variant)variant),
	    &minhash, gram, n);
	return minhash.value[0] & 1;
}

static size_t
winnow_way(struct steps *s, size_t i, int variant)
{
	size_t n;
	const uint64_t *token = numbers(&s->token, i, &n);

	return pm_winnow_with(pm_winnow_kernel_of((enum pm_winnow_variant)
	    variant), room_for(&s->out, n), token, n);
}

/* A piece with the one before it, to the end. */
static size_t
shared_way(struct steps *s, size_t i, int variant)
{
	size_t a_n, b_n;
	const uint64_t *a = numbers(&s->gram, i, &a_n);
	const uint64_t *b = numbers(&s->gram, i > 0 ? i - 1 : 0, &b_n);

	return pm_shared_with(pm_shared_kernel_of((enum pm_shared_variant)
	    variant), (struct pm_shared_place){ .a = a, .b = b,
	    .a_end = a + a_n, .b_end = b + b_n });
}

static size_t
all_way(struct steps *s, size_t i, int variant)
{
	const uint64_t *key;
	struct pm_body body;
	size_t n;

	(void)variant;
	pm_buf_reset(&s->out);
	must(pm_fold(&s->out, piece(&s->text, i), &err), "fold");
	must(pm_body_read(&body, &s->room, pm_buf_bytes(&s->out), NULL, &err),
	    "body");
	must(pm_body_keys(&key, &n, &s->room, &body, &pm_policy_default, &err),
	    "keys");
	return n;
}

static const struct {
	const char *name, *made;
	way *run;
	int variant;                 /* or 0 */
} ways[] = {
	{ "fold scalar", "bytes", fold_way, PM_FOLD_SCALAR },
	{ "fold AVX2", "bytes", fold_way, PM_FOLD_AVX2 },
	{ "fold AVX-512", "bytes", fold_way, PM_FOLD_AVX512 },
	{ "fold NEON", "bytes", fold_way, PM_FOLD_NEON },
	{ "tokens one by one", "tokens", tokens_way, 0 },
	{ "tokens at once", "tokens", tokens_all_way, 0 },
	{ "token hashes", "tokens", hash_way, 0 },
	{ "shingles", "3-grams", shingle_way, 0 },
	{ "MinHash scalar", "odd", minhash_way, PM_MINHASH_SCALAR },
	{ "MinHash AVX2", "odd", minhash_way, PM_MINHASH_AVX2 },
	{ "MinHash AVX-512", "odd", minhash_way, PM_MINHASH_AVX512 },
	{ "MinHash NEON", "odd", minhash_way, PM_MINHASH_NEON },
	{ "winnow scalar", "fingerprints", winnow_way, PM_WINNOW_SCALAR },
	{ "winnow AVX-512", "fingerprints", winnow_way, PM_WINNOW_AVX512 },
	{ "compare scalar", "shared", shared_way, PM_SHARED_SCALAR },
	{ "compare AVX2", "shared", shared_way, PM_SHARED_AVX2 },
	{ "compare AVX-512", "shared", shared_way, PM_SHARED_AVX512 },
	{ "compare NEON", "shared", shared_way, PM_SHARED_NEON },
	{ "normalize + sketch", "keys", all_way, 0 }
};

enum { WAYS = sizeof ways / sizeof ways[0] };

static bool
has_way(size_t k)
{
	if (ways[k].run == minhash_way)
		return pm_minhash_kernel_of((enum pm_minhash_variant)
		    ways[k].variant) != NULL;
	if (ways[k].run == winnow_way)
		return pm_winnow_kernel_of((enum pm_winnow_variant)
		    ways[k].variant) != NULL;
	if (ways[k].run == shared_way && ways[k].variant > 0)
		return pm_shared_kernel_of((enum pm_shared_variant)
		    ways[k].variant) != NULL;
	return ways[k].run != fold_way ||
	    pm_fold_can((enum pm_fold_variant)ways[k].variant);
}

/* ---- measuring ---- */

static void
add_piece(struct pieces *out, const void *p, size_t n)
{
	must(pm_buf_append(&out->text, p, n, &err), "piece");
	add_cut(out, out->text.n);
}

static void
make_steps(struct steps *s)
{
	for (size_t i = 0; i < count_of(&s->text); i++) {
		struct pm_body body;

		pm_buf_reset(&s->out);
		must(pm_fold(&s->out, piece(&s->text, i), &err), "fold");
		add_piece(&s->folded, s->out.p, s->out.n);
		must(pm_body_read(&body, &s->room, pm_buf_bytes(&s->out), NULL,
		    &err), "body");
		add_piece(&s->bounds, s->room.bounds.p, s->room.bounds.n);
		add_piece(&s->token, body.token,
		    body.token_n * sizeof *body.token);
		add_piece(&s->gram, body.gram,
		    body.gram_n * sizeof *body.gram);
	}
}

static void
clear_steps(struct steps *s)
{
	struct pieces *all[] = { &s->text, &s->folded, &s->bounds, &s->token,
		&s->gram };

	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
		pm_buf_clear(&all[i]->text);
		pm_buf_clear(&all[i]->cuts);
	}
	pm_buf_clear(&s->out);
	pm_buf_clear(&s->more);
	pm_body_room_clear(&s->room);
}

/* Seconds. */
static double
time_way(size_t *made, size_t k, struct steps *s)
{
	double start = now();

	*made = 0;
	for (size_t i = 0; i < count_of(&s->text); i++)
		*made += ways[k].run(s, i, ways[k].variant);
	return now() - start;
}

static void
measure(const char *path)
{
	struct steps s = { 0 };
	double best[WAYS];
	size_t made[WAYS];

	read_pieces(&s.text, path);
	make_steps(&s);
	for (int round = 0; round < ROUNDS; round++)
		for (size_t k = 0; k < WAYS; k++) {
			double seconds = has_way(k) ?
			    time_way(&made[k], k, &s) : 0;

			if (round == 0 || seconds < best[k])
				best[k] = seconds;
		}
	printf("%s: %zu bytes in %zu pieces\n", path, s.text.text.n,
	    count_of(&s.text));
	for (size_t k = 0; k < WAYS; k++)
		if (has_way(k))
			printf("  %-18s %7.0f MB/s  (%zu %s)\n", ways[k].name,
			    (double)s.text.text.n / 1e6 / best[k], made[k],
			    ways[k].made);
	clear_steps(&s);
}

int
main(int argc, char **argv)
{
	if (argc < 2) {
		fprintf(stderr, "usage: bench-text FILE...\n");
		return 2;
	}
	for (int i = 1; i < argc; i++)
		measure(argv[i]);
	return 0;
}
