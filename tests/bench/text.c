/*
 * bench-text FILE... - how fast text is folded and split into tokens, in MB of
 * input (millions of bytes) a second of processor time, on one thread.
 *
 * A file is cut at line ends into pieces of about 4 KiB, as bodies of articles
 * are; each goes through alone, into a buffer that is used again.  At most the
 * first 4 MB of a file are taken.  The ways of folding take turns; the figure
 * is the best of ROUNDS.  Figures of tokens are per byte of folded text.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/buf.h"
#include "text/fold.h"
#include "text/fold_internal.h"

enum { ROUNDS = 25, PIECE = 4096, MOST = 4000000, WAYS = PM_FOLD_VARIANTS + 2 };

static const char *const names[WAYS] = { "fold scalar", "fold AVX2",
	"fold AVX-512", "fold NEON", "tokens one by one", "tokens at once" };

struct pieces {
	struct pm_buf text;
	struct pm_buf cuts;          /* size_t: where each ends */
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

static void
fold_pieces(struct pieces *out, const struct pieces *in)
{
	for (size_t i = 0; i < count_of(in); i++) {
		must(pm_fold(&out->text, piece(in, i), &err), "fold");
		add_cut(out, out->text.n);
	}
}

static size_t
split_one(struct pm_buf *buf, struct pm_bytes folded, bool all)
{
	struct pm_token_cursor cursor = pm_tokens(folded);
	struct pm_bytes token;
	size_t n = 0;

	if (all) {
		must(pm_tokens_all(buf, folded, &err), "tokens");
		return buf->n / sizeof(struct pm_token);
	}
	while (pm_token_next(&cursor, &token))
		n++;
	return n;
}

/* Seconds; *made counts bytes or tokens, so that ways can be compared. */
static double
time_way(size_t *made, int way, const struct pieces *text,
    const struct pieces *folded)
{
	const struct pieces *in = way < PM_FOLD_VARIANTS ? text : folded;
	struct pm_buf buf;
	double start;

	pm_buf_init(&buf);
	start = now();
	*made = 0;
	for (size_t i = 0; i < count_of(in); i++) {
		pm_buf_reset(&buf);
		if (way < PM_FOLD_VARIANTS) {
			must(pm_fold_with((enum pm_fold_variant)way, &buf,
			    piece(in, i), &err), "fold");
			*made += buf.n;
		} else
			*made += split_one(&buf, piece(in, i),
			    way > PM_FOLD_VARIANTS);
	}
	start = now() - start;
	pm_buf_clear(&buf);
	return start;
}

static bool
has_way(int way)
{
	return way >= PM_FOLD_VARIANTS ||
	    pm_fold_can((enum pm_fold_variant)way);
}

static void
measure(const char *path)
{
	struct pieces text = { 0 }, folded = { 0 };
	double best[WAYS];
	size_t made[WAYS];

	read_pieces(&text, path);
	fold_pieces(&folded, &text);
	for (int round = 0; round < ROUNDS; round++)
		for (int way = 0; way < WAYS; way++) {
			double s = has_way(way) ?
			    time_way(&made[way], way, &text, &folded) : 0;

			if (round == 0 || s < best[way])
				best[way] = s;
		}
	printf("%s: %zu bytes in %zu pieces\n", path, text.text.n,
	    count_of(&text));
	for (int way = 0; way < WAYS; way++)
		if (has_way(way))
			printf("  %-18s %7.0f MB/s  (%zu %s)\n", names[way],
			    (double)(way < PM_FOLD_VARIANTS ? text.text.n :
			    folded.text.n) / 1e6 / best[way], made[way],
			    way < PM_FOLD_VARIANTS ? "bytes" : "tokens");
	pm_buf_clear(&text.text);
	pm_buf_clear(&text.cuts);
	pm_buf_clear(&folded.text);
	pm_buf_clear(&folded.cuts);
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
