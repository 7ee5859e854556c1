/*
 * write.h - chance, stories and bytes: what all writers of files here share.
 *
 * A story is a text with its title, so that files of one round speak of the
 * same things: copies, changed copies, teasers of articles.  Everything that a
 * writer does follows from the number at *chance.
 */
#ifndef PM_TESTS_PROP_WRITE_H
#define PM_TESTS_PROP_WRITE_H

#include "../unit/support.h"

enum { STORIES = 10 };

struct story {
	struct pm_buf title, text;       /* UTF-8; paragraphs end in \n */
	unsigned number;
};

struct writer {
	uint64_t *chance;
	struct pm_buf *out;
	const struct story *story;       /* STORIES of them */
};

static inline size_t
below(struct writer *w, size_t n)
{
	return chance_below(w->chance, n);
}

/* True once in n. */
static inline bool
once_in(struct writer *w, size_t n)
{
	return below(w, n) == 0;
}

static inline void
put(struct writer *w, const void *p, size_t n)
{
	struct pm_err err;

	assert_int_equal(pm_buf_append(w->out, p, n, &err), PM_OK);
}

static inline void
put_s(struct writer *w, const char *s)
{
	put(w, s, strlen(s));
}

static inline void
put_buf(struct writer *w, const struct pm_buf *buf)
{
	put(w, buf->p, buf->n);
}

__attribute__((format(printf, 2, 3))) static inline void
putf(struct writer *w, const char *fmt, ...)
{
	char text[512];
	va_list arguments;
	int n;

	va_start(arguments, fmt);
	n = vsnprintf(text, sizeof text, fmt, arguments);
	va_end(arguments);
	assert_true(n >= 0 && (size_t)n < sizeof text);
	put(w, text, (size_t)n);
}

/* One of several strings. */
#define ANY(w, ...) any_of((w), (const char *const[]){ __VA_ARGS__ }, \
	sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *))

static inline const char *
any_of(struct writer *w, const char *const *text, size_t n)
{
	return text[below(w, n)];
}

/* The same writer into another buffer. */
static inline struct writer
aside(const struct writer *w, struct pm_buf *out)
{
	struct writer other = *w;

	other.out = out;
	return other;
}

/* ---- stories ---- */

static inline const char *
any_word(struct writer *w, unsigned language)
{
	switch (language % 4) {
	case 0:
		return ANY(w, "harbour", "council", "bridge", "the", "of",
		    "school", "winter", "market", "river", "says", "under",
		    "A/B", "\"quoted\"", "R&D", "<b>", "caf\u00e9", "it's",
		    "back\\slash", "100%", "mayor", "train", "C++", "&amp;");
	case 1:
		return ANY(w, "мэр", "города", "сообщил", "в", "на", "мост",
		    "школа", "ещё", "рынок", "«Заря»", "зимой", "поезд",
		    "№ 5", "рубль", "июля", "реки", "объявил", "Ёлка");
	case 2:
		return ANY(w, "市长", "学校", "大桥", "开放。", "冬天,", "河流",
		    "市场", "記者", "\u3000", "列车", "𠮷野", "😀");
	default:
		return ANY(w, "bozor", "oʻzbek", "maktab", "yangi", "daryo",
		    "shahar", "e\u0301te\u0301", "naïve", "\u00a0", "Straße",
		    "\u2028", "İstanbul", "ﬁn", "\u200b", "dars", "ko'prik");
	}
}

static inline void
put_words(struct writer *w, unsigned language, size_t n)
{
	for (size_t i = 0; i < n; i++)
		putf(w, i == 0 ? "%s" : " %s", any_word(w, language));
}

static inline void
make_stories(struct story story[STORIES], uint64_t *chance)
{
	struct writer w = { .chance = chance };

	for (unsigned i = 0; i < STORIES; i++) {
		pm_buf_init(&story[i].title);
		pm_buf_init(&story[i].text);
		story[i].number = i;
		w.out = &story[i].title;
		put_words(&w, i, 3 + below(&w, 6));
		w.out = &story[i].text;
		for (size_t k = 0, n = 1 + below(&w, 4); k < n; k++) {
			put_words(&w, i, 12 + below(&w, 60));
			put_s(&w, once_in(&w, 9) ? ".\n\n" : ".\n");
		}
	}
}

static inline void
free_stories(struct story story[STORIES])
{
	for (unsigned i = 0; i < STORIES; i++) {
		pm_buf_clear(&story[i].title);
		pm_buf_clear(&story[i].text);
	}
}

static inline const struct story *
any_story(struct writer *w)
{
	return &w->story[below(w, STORIES)];
}

/* Its text: as it is, cut, or with another word or end. */
static inline void
put_text(struct writer *w, const struct story *story)
{
	const struct pm_buf *text = &story->text;
	size_t cut = text->n;

	switch (below(w, 6)) {
	case 0:
		put_words(w, story->number, 3);
		put_s(w, "\n");
		break;
	case 1:
		while (cut > 0 && (cut > text->n * 3 / 4 ||
		    text->p[cut - 1] != ' '))
			cut--;
		break;
	default:
		break;
	}
	put(w, text->p, cut);
	if (once_in(w, 5))
		put_words(w, story->number, 12);
	if (once_in(w, 20))
		put_s(w, "\t \b\f\r\x01\x7f");
}

/* The first words of its text. */
static inline void
put_snippet(struct writer *w, const struct story *story)
{
	size_t n = 0;

	for (unsigned words = 0; n < story->text.n &&
	    story->text.p[n] != '\n' && words < 15; n++)
		words += story->text.p[n] == ' ';
	put(w, story->text.p, n);
	put_s(w, ANY(w, "...", "…", " ...", ""));
}

static inline void
put_url(struct writer *w, const struct story *story)
{
	putf(w, "%s%s.example/%s%u%s", ANY(w, "http://", "https://"),
	    ANY(w, "one", "www.two", "news"), ANY(w, "2025/02/11/", "a/", ""),
	    story->number, ANY(w, "", "/", "?x=1&y=2", "#top"));
}

static inline void
put_date(struct writer *w)
{
	unsigned day = 1 + (unsigned)below(w, 28);

	switch (below(w, 7)) {
	case 0:
		putf(w, "2025-02-%02uT10:30:00+05:00", day);
		break;
	case 1:
		putf(w, "2025-02-%02u", day);
		break;
	case 2:
		putf(w, "%u февраля 2025, 14:30", day);
		break;
	case 3:
		putf(w, "%u", 1739000000 + day * 1000);
		break;
	case 4:
		putf(w, "%u hours ago", day);
		break;
	case 5:
		putf(w, "Tue, %02u Feb 2025 10:30:00 GMT", day);
		break;
	default:
		put_s(w, ANY(w, "None", "null", "yesterday", "2025-02-31",
		    "99999999999999999999", "-1"));
	}
}

/* ---- values of a record: written as text, coded by whoever wants them ---- */

static inline void
put_title(struct writer *w, const struct story *story)
{
	put_buf(w, &story->title);
}

static inline void
put_any_date(struct writer *w, const struct story *story)
{
	(void)story;
	put_date(w);
}

static inline void
put_markup(struct writer *w, const struct story *story)
{
	put_s(w, "<p>");
	put_text(w, story);
	put_s(w, "</p><p>&copy; one</p>");
}

static inline void
put_tag(struct writer *w, const struct story *story)
{
	putf(w, "%s %u", ANY(w, "City", "Город", "a;b"), story->number % 3);
}

static inline const char *
any_line_end(struct writer *w)
{
	return ANY(w, "\n", "\n", "\r\n", "\r\n", "\n\n", "\r", " \n");
}

static inline const char *
any_line_break(struct writer *w)
{
	return once_in(w, 3) ? "\r\n" : "\n";
}

#endif
