/* Words of classes and of text by which dates are told apart. */
#include "page/html_meta_internal.h"

enum { WORD_MAX = 20, NAMES_MAX = 400 };

/* In the order of strcmp. */
static const struct sign {
	const char *word;
	unsigned signs;
} words[] = {
	{ "ad", PM_SIGN_OTHER },
	{ "ads", PM_SIGN_OTHER },
	{ "advert", PM_SIGN_OTHER },
	{ "author", PM_SIGN_META },
	{ "autor", PM_SIGN_META },
	{ "byline", PM_SIGN_META },
	{ "carousel", PM_SIGN_OTHER },
	{ "changed", PM_SIGN_DATE | PM_SIGN_MODIFIED },
	{ "comment", PM_SIGN_OTHER },
	{ "commentlist", PM_SIGN_OTHER },
	{ "comments", PM_SIGN_OTHER },
	{ "cookie", PM_SIGN_OTHER },
	{ "copyright", PM_SIGN_OTHER },
	{ "created", PM_SIGN_DATE },
	{ "credit", PM_SIGN_META },
	{ "credits", PM_SIGN_META },
	{ "data", PM_SIGN_META },
	{ "date", PM_SIGN_DATE },
	{ "dateline", PM_SIGN_DATE },
	{ "dates", PM_SIGN_DATE },
	{ "datetime", PM_SIGN_DATE },
	{ "dato", PM_SIGN_DATE },
	{ "datum", PM_SIGN_DATE },
	{ "day", PM_SIGN_META },
	{ "detail", PM_SIGN_META },
	{ "details", PM_SIGN_META },
	{ "erstellt", PM_SIGN_DATE },
	{ "fecha", PM_SIGN_DATE },
	{ "footer", PM_SIGN_META },
	{ "info", PM_SIGN_META },
	{ "infos", PM_SIGN_META },
	{ "lastmod", PM_SIGN_DATE | PM_SIGN_MODIFIED },
	{ "latest", PM_SIGN_OTHER },
	{ "menu", PM_SIGN_OTHER },
	{ "meta", PM_SIGN_META },
	{ "metadata", PM_SIGN_META },
	{ "metainfo", PM_SIGN_META },
	{ "metas", PM_SIGN_META },
	{ "modified", PM_SIGN_DATE | PM_SIGN_MODIFIED },
	{ "nav", PM_SIGN_OTHER },
	{ "navbar", PM_SIGN_OTHER },
	{ "navigation", PM_SIGN_OTHER },
	{ "newsletter", PM_SIGN_OTHER },
	{ "outbrain", PM_SIGN_OTHER },
	{ "pagination", PM_SIGN_OTHER },
	{ "parution", PM_SIGN_DATE },
	{ "popular", PM_SIGN_OTHER },
	{ "posted", PM_SIGN_DATE },
	{ "postinfo", PM_SIGN_META },
	{ "postmeta", PM_SIGN_META },
	{ "promo", PM_SIGN_OTHER },
	{ "publication", PM_SIGN_DATE },
	{ "publicado", PM_SIGN_DATE },
	{ "publie", PM_SIGN_DATE },
	{ "publish", PM_SIGN_DATE },
	{ "published", PM_SIGN_DATE | PM_SIGN_PUBLISHED },
	{ "publishing", PM_SIGN_DATE },
	{ "pubtime", PM_SIGN_DATE },
	{ "recent", PM_SIGN_OTHER },
	{ "recommend", PM_SIGN_OTHER },
	{ "recommendation", PM_SIGN_OTHER },
	{ "recommendations", PM_SIGN_OTHER },
	{ "recommended", PM_SIGN_OTHER },
	{ "related", PM_SIGN_OTHER },
	{ "relatedposts", PM_SIGN_OTHER },
	{ "reply", PM_SIGN_OTHER },
	{ "respond", PM_SIGN_OTHER },
	{ "sidebar", PM_SIGN_OTHER },
	{ "similar", PM_SIGN_OTHER },
	{ "slider", PM_SIGN_OTHER },
	{ "source", PM_SIGN_META },
	{ "stand", PM_SIGN_META },
	{ "submitted", PM_SIGN_DATE },
	{ "subline", PM_SIGN_META },
	{ "subtitle", PM_SIGN_META },
	{ "taboola", PM_SIGN_OTHER },
	{ "tarih", PM_SIGN_DATE },
	{ "teaser", PM_SIGN_OTHER },
	{ "teasers", PM_SIGN_OTHER },
	{ "time", PM_SIGN_DATE },
	{ "timeago", PM_SIGN_DATE },
	{ "timedata", PM_SIGN_DATE },
	{ "timestamp", PM_SIGN_DATE },
	{ "trending", PM_SIGN_OTHER },
	{ "tweet", PM_SIGN_OTHER },
	{ "twitter", PM_SIGN_OTHER },
	{ "update", PM_SIGN_DATE | PM_SIGN_MODIFIED },
	{ "updated", PM_SIGN_DATE | PM_SIGN_MODIFIED },
	{ "yarpp", PM_SIGN_OTHER },
	{ "zeit", PM_SIGN_DATE }
};

static uint8_t
lower(uint8_t b)
{
	return b >= 'A' && b <= 'Z' ? (uint8_t)(b + 32) : b;
}

static bool
is_upper(uint8_t b)
{
	return b >= 'A' && b <= 'Z';
}

static bool
is_letter(uint8_t b)
{
	return lower(b) >= 'a' && lower(b) <= 'z';
}

/* "pubdate", "articledate", but no "candidate". */
static unsigned
by_ending(const char *word, size_t n)
{
	static const char *const not[] = { "candidate", "validate", "mandate",
	    "consolidate", "invalidate", NULL };

	if (n < 7 || strcmp(word + n - 4, "date") != 0)
		return 0;
	for (size_t i = 0; not[i] != NULL; i++)
		if (strcmp(word, not[i]) == 0)
			return 0;
	return n >= 6 && strcmp(word + n - 6, "update") == 0 ?
	    PM_SIGN_DATE | PM_SIGN_MODIFIED : PM_SIGN_DATE;
}

static unsigned
signs_of_word(const char *word, size_t n)
{
	size_t low = 0, high = sizeof words / sizeof words[0];

	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = strcmp(word, words[middle].word);

		if (order == 0)
			return words[middle].signs;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return by_ending(word, n);
}

unsigned
pm_date_signs(struct pm_bytes names)
{
	char word[WORD_MAX + 1];
	unsigned signs = 0;
	size_t n = 0;

	if (names.n > NAMES_MAX)
		names.n = NAMES_MAX;
	for (size_t i = 0; i <= names.n; i++) {
		uint8_t b = i < names.n ? names.p[i] : 0;
		bool camel = is_upper(b) && i > 0 && !is_upper(names.p[i - 1]);

		if ((!is_letter(b) || camel) && n > 0) {
			word[n] = '\0';
			if (n < WORD_MAX)
				signs |= signs_of_word(word, n);
			n = 0;
		}
		if (is_letter(b) && n < WORD_MAX)
			word[n++] = (char)lower(b);
	}
	return signs;
}

static bool
contains(const char *text, size_t n, const char *word)
{
	size_t m = strlen(word);

	for (size_t i = 0; i + m <= n; i++)
		if (text[i] == word[0] && memcmp(text + i, word, m) == 0)
			return true;
	return false;
}

static bool
contains_any(const char *text, size_t n, const char *const *list)
{
	for (; *list != NULL; list++)
		if (contains(text, n, *list))
			return true;
	return false;
}

unsigned
pm_date_label(struct pm_bytes text)
{
	/* Without their first letter where that may be a capital that is not
	 * of ASCII. */
	static const char *const modified[] = { "update", "modified",
	    "revised", " edited", "changed", "aktualisier", " stand:",
	    " stand ", "änder", "mis à jour", "mise à jour", " maj ",
	    "actualiz", "actualis", "modifié", "atualiz", "modificad",
	    "бновл", "зменен", "новлено", "aggiorna", "bijgewerkt",
	    "güncelle", "ppdater", "pdateret", "oppdatert", "äivitetty",
	    "aktualiz", "更新", "تحديث", "수정", NULL };
	static const char *const published[] = { "publish", "posted",
	    "veröffentlicht", "erschienen", "erstellt", "publié", "publicad",
	    "publicat", "pubbli",
	    "публикова", "gepubliceerd", "geplaatst", "yayın", "dodano",
	    "opublikowano", "created", "submitted", "written", "发布", "发表",
	    "發佈", "配信", "公開", "نشر", "입력", NULL };
	static const char *const other[] = { "©", "copyright", "(c)", " born",
	    " since", " seit", "joined", "registered", "registriert", "retrieved", "accessed",
	    "abgerufen", "expire", " until", "deadline", NULL };
	enum { LABEL_MAX = 64 };
	char s[LABEL_MAX + 1] = " ";
	size_t n = text.n < LABEL_MAX ? text.n : LABEL_MAX;
	unsigned signs = 0;

	for (size_t i = 0; i < n; i++)
		s[i + 1] = (char)lower(text.p[text.n - n + i]);
	n++;
	if (contains_any(s, n, modified))
		signs |= PM_SIGN_MODIFIED;
	if (contains_any(s, n, published))
		signs |= PM_SIGN_PUBLISHED;
	if (contains_any(s, n, other))
		signs |= PM_SIGN_OTHER;
	return signs;
}
