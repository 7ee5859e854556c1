/*
 * language_accuracy.c - how often pm_language_of and pm_encoding_find are
 * right: bench-language [--encodings] [--wrong] FILE.tsv...
 *
 * A line of FILE is a code of language.h's kind, a tab and a text.  Texts are
 * judged three times: each; joined to 200 characters or more; and as a teaser
 * (the first 20 words, or 40 characters where no spaces are written, of what
 * was joined).  With --encodings they are joined to three lengths and written
 * in every encoding of the language, and must come back.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <unicode/ucnv.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "text/encoding.h"
#include "text/language.h"

enum { CODES_MAX = 128, LONG = 200, WORDS = 20, CHARACTERS = 40,
	LINE_MAX_BYTES = 1 << 20 };

struct count {
	char code[12];
	unsigned is, said, right;
};

struct table {
	struct count row[CODES_MAX];
	size_t n;
	unsigned texts, right;
	double seconds;
};

static bool show_wrong;

static struct count *
row_of(struct table *table, const char *code)
{
	for (size_t i = 0; i < table->n; i++)
		if (strcmp(table->row[i].code, code) == 0)
			return &table->row[i];
	if (table->n == CODES_MAX)
		exit(2);
	(void)snprintf(table->row[table->n].code, 12, "%s", code);
	return &table->row[table->n++];
}

static double
now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
judge(struct table *table, const char *code, struct pm_bytes text)
{
	struct pm_language found;
	double begin = now();

	pm_language_of(&found, text, (struct pm_bytes){ 0 });
	table->seconds += now() - begin;
	row_of(table, code)->is++;
	row_of(table, found.code)->said++;
	table->texts++;
	if (strcmp(code, found.code) == 0) {
		row_of(table, code)->right++;
		table->right++;
	} else if (show_wrong) {
		printf("%s as %s %.2f: %.*s\n", code, found.code,
		    (double)found.score, text.n > 150 ? 150 : (int)text.n,
		    (const char *)text.p);
	}
}

static size_t
characters_of(struct pm_bytes text)
{
	size_t n = 0;

	for (size_t i = 0; i < text.n; i++)
		n += (text.p[i] & 0xc0) != 0x80;
	return n;
}

static struct pm_bytes
teaser_of(struct pm_bytes text)
{
	size_t at = 0, words = 0, dense = 0;

	while (at < text.n && words < WORDS && dense < CHARACTERS) {
		uint32_t c = pm_utf8_next(text, &at);

		words += c == ' ';
		dense += c >= 0x2e80 && c < 0xd7b0;
	}
	return (struct pm_bytes){ text.p, at };
}

/* Macro-F1 over the languages that there are texts of. */
static void
table_print(const struct table *table, const char *title, bool rows)
{
	double sum = 0;
	unsigned languages = 0;

	if (table->texts == 0)
		return;
	if (rows)
		printf("%-10s %6s %9s %6s %6s\n", title, "texts", "precision",
		    "recall", "F1");
	for (size_t i = 0; i < table->n; i++) {
		const struct count *row = &table->row[i];
		double p = row->said ? (double)row->right / row->said : 0;
		double r = row->is ? (double)row->right / row->is : 0;
		double f1 = p + r > 0 ? 2 * p * r / (p + r) : 0;

		if (row->is == 0)
			continue;
		if (rows)
			printf("  %-8s %6u %9.3f %6.3f %6.3f\n", row->code,
			    row->is, p, r, f1);
		sum += f1;
		languages++;
	}
	printf("%s: %u texts, %u languages, macro-F1 %.4f, accuracy %.4f, "
	    "%.0f us a text\n", title, table->texts, languages,
	    sum / languages, (double)table->right / table->texts,
	    table->seconds * 1e6 / table->texts);
}

static struct table all, longer, teasers;

/* Lines of one language in a row. */
static char together[12];
static struct pm_buf rows;

static void
rows_add(const char *code, struct pm_bytes text)
{
	struct pm_err err;

	(void)snprintf(together, sizeof together, "%s", code);
	if ((rows.n > 0 && pm_buf_append_byte(&rows, ' ', &err) != PM_OK) ||
	    pm_buf_append(&rows, text.p, text.n, &err) != PM_OK)
		exit(2);
}

static void
languages_line(const char *code, struct pm_bytes text)
{
	judge(&all, code, text);
	if (strcmp(together, code) != 0)
		pm_buf_reset(&rows);
	rows_add(code, text);
	if (characters_of(pm_buf_bytes(&rows)) < LONG)
		return;
	judge(&longer, code, pm_buf_bytes(&rows));
	judge(&teasers, code, teaser_of(pm_buf_bytes(&rows)));
	pm_buf_reset(&rows);
}

/* --- encodings --- */

static const struct {
	const char *code, *encodings;
} written_in[] = {
	{ "ru", "windows-1251 KOI8-R IBM866 ISO-8859-5 x-mac-cyrillic" },
	{ "uk", "windows-1251 KOI8-U x-mac-cyrillic" },
	{ "en", "windows-1252" }, { "de", "windows-1252 ISO-8859-15" },
	{ "fr", "windows-1252 ISO-8859-15" },
	{ "es", "windows-1252 ISO-8859-15" },
	{ "pt", "windows-1252 ISO-8859-15" }, { "tr", "windows-1254" },
	{ "ar", "windows-1256 ISO-8859-6" }, { "fa", "windows-1256" },
	{ "el", "windows-1253 ISO-8859-7" }, { "he", "windows-1255 ISO-8859-8" },
	{ "pl", "windows-1250 ISO-8859-2" }, { "cs", "windows-1250 ISO-8859-2" },
	{ "hu", "windows-1250 ISO-8859-2" }, { "ro", "windows-1250 ISO-8859-2" },
	{ "bg", "windows-1251" }, { "be", "windows-1251" },
	{ "lt", "windows-1257" }, { "lv", "windows-1257" },
	{ "vi", "windows-1258" }, { "th", "windows-874" },
	{ "zh", "GBK gb18030 Big5" }, { "ja", "Shift_JIS EUC-JP ISO-2022-JP" },
	{ "ko", "EUC-KR" }
};

struct score {
	const char *code, *encoding;
	unsigned texts[3], right[3];
	char taken_for[32];
};
static struct score scores[128];
static size_t scores_n;

static struct score *
score_of(const char *code, const char *encoding)
{
	for (size_t i = 0; i < scores_n; i++)
		if (strcmp(scores[i].code, code) == 0 &&
		    strcmp(scores[i].encoding, encoding) == 0)
			return &scores[i];
	if (scores_n == sizeof scores / sizeof scores[0])
		exit(2);
	scores[scores_n] = (struct score){ .code = strdup(code),
		.encoding = strdup(encoding) };
	return &scores[scores_n++];
}

/* Right when what is decoded is the text; false when the encoding cannot say
 * it, or is ASCII. */
static bool
comes_back(struct score *score, int size, struct pm_bytes text)
{
	static char bytes[1 << 16];
	UErrorCode status = U_ZERO_ERROR;
	UConverter *to = ucnv_open(score->encoding, &status);
	UConverter *from = ucnv_open("UTF-8", &status);
	char *out = bytes;
	const char *in = (const char *)text.p;
	struct pm_encoding found;
	struct pm_buf back;
	struct pm_err err;
	uint64_t bad = 0;
	bool plain = true, right = false;

	if (U_SUCCESS(status))
		ucnv_setFromUCallBack(to, UCNV_FROM_U_CALLBACK_STOP, NULL, NULL,
		    NULL, &status);
	ucnv_convertEx(to, from, &out, bytes + sizeof bytes, &in, in + text.n,
	    NULL, NULL, NULL, NULL, true, true, &status);
	ucnv_close(to);
	ucnv_close(from);
	for (char *p = bytes; p < out; p++)
		plain &= (*p & 0x80) == 0 && *p != 0x1b;
	if (U_FAILURE(status) || plain)
		return false;
	pm_buf_init(&back);
	struct pm_bytes coded = { (uint8_t *)bytes, (size_t)(out - bytes) };
	double begin = now();
	bool is = pm_encoding_find(&found, coded, (struct pm_bytes){ 0 });
	all.seconds += now() - begin;
	all.texts++;
	if (is && pm_encoding_decode(&back, &bad, &found, coded, &err) == PM_OK)
		right = pm_bytes_equal(pm_buf_bytes(&back), text);
	pm_buf_clear(&back);
	score->texts[size]++;
	score->right[size] += right;
	if (!right)
		(void)snprintf(score->taken_for, sizeof score->taken_for, "%s",
		    is ? found.name : "no text");
	if (!right && show_wrong)
		printf("%s %s as %s: %.*s\n", score->code, score->encoding,
		    is ? found.name : "no text", 100, (const char *)text.p);
	return true;
}

static struct pm_bytes
begin_of(struct pm_bytes text, size_t n)
{
	if (n >= text.n)
		return text;
	while (n > 0 && (text.p[n] & 0xc0) == 0x80)
		n--;
	return (struct pm_bytes){ text.p, n };
}

static void
encodings_text(const char *code, struct pm_bytes text)
{
	static const size_t sizes[] = { 200, 1000, 8000 };
	const char *list = "";
	char name[32];
	int length;

	for (size_t i = 0; i < sizeof written_in / sizeof written_in[0]; i++)
		if (strcmp(written_in[i].code, code) == 0)
			list = written_in[i].encodings;
	for (; sscanf(list, "%31s%n", name, &length) == 1; list += length)
		for (int i = 0; i < 3; i++)
			if (text.n >= sizes[i] || i == 0)
				(void)comes_back(score_of(code, name), i,
				    begin_of(text, sizes[i]));
}

static void
encodings_flush(void)
{
	if (rows.n >= 200)
		encodings_text(together, pm_buf_bytes(&rows));
	pm_buf_reset(&rows);
}

static void
encodings_line(const char *code, struct pm_bytes text)
{
	if (strcmp(together, code) != 0 || rows.n >= 8200)
		encodings_flush();
	rows_add(code, text);
	if (text.n >= 200)
		encodings_text(code, begin_of(text, 200));
}

static void
encodings_print(void)
{
	unsigned texts[3] = { 0 }, right[3] = { 0 };

	encodings_flush();
	printf("%-5s %-16s %12s %12s %12s\n", "", "", "200 B", "1 KB", "8 KB");
	for (size_t i = 0; i < scores_n; i++) {
		printf("%-5s %-16s", scores[i].code, scores[i].encoding);
		for (int k = 0; k < 3; k++) {
			printf("  %5u/%-5u", scores[i].right[k],
			    scores[i].texts[k]);
			texts[k] += scores[i].texts[k];
			right[k] += scores[i].right[k];
		}
		printf(" %s\n", scores[i].taken_for);
	}
	for (int k = 0; k < 3; k++)
		printf("%s %.4f of %u\n", k == 0 ? "200 B" : k == 1 ? "1 KB" :
		    "8 KB", texts[k] ? (double)right[k] / texts[k] : 0, texts[k]);
	printf("%.0f us a text\n", all.seconds * 1e6 / (all.texts ? all.texts : 1));
}

static void
file_read(const char *path, void (*line_of)(const char *, struct pm_bytes))
{
	static char line[LINE_MAX_BYTES];
	FILE *f = fopen(path, "r");
	char *tab;

	if (f == NULL) {
		perror(path);
		exit(2);
	}
	while (fgets(line, sizeof line, f) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (line[0] == '#' || (tab = strchr(line, '\t')) == NULL)
			continue;
		*tab = '\0';
		line_of(line, pm_bytes_of(tab + 1));
	}
	(void)fclose(f);
}

int
main(int argc, char **argv)
{
	bool encodings = false;

	pm_buf_init(&rows);
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--encodings") == 0)
			encodings = true;
		else if (strcmp(argv[i], "--wrong") == 0)
			show_wrong = true;
		else
			file_read(argv[i], encodings ? encodings_line :
			    languages_line);
	}
	if (encodings) {
		encodings_print();
	} else {
		table_print(&all, "all", false);
		table_print(&longer, "200+", true);
		table_print(&teasers, "teasers", true);
	}
	pm_buf_clear(&rows);
	return 0;
}
