/*
 * What the class, id and role of an element say of what is in it.
 *
 * A value is a list of names; a name is split into words at what is no letter
 * and before a capital.  Words are looked up in one table, by whole word or by
 * how they begin.  Names that only state which theme or state is on
 * ("has-sidebar", "category-related", "tag-share") say nothing.
 */
#include "page/html_internal.h"

enum { WORD_BYTES = 16, NAME_WORDS_MAX = 12, VALUE_BYTES_MAX = 400 };

/* Parts of a compound: "article" and "body" in one name. */
enum { OF_ARTICLE = 1 << 20, TEXT_PART = 1 << 21, READ = 1 << 22,
    MORE = 1 << 23, NOTHING = 1 << 24 };

struct word {
	const char *word;            /* "*" at its end: begins so */
	uint32_t means;
};

/* By first letter, the longer before what it may begin with. */
static const struct word words[] = {
	{ "articlecontent*", PM_HTML_W_BODY },
	{ "adsbygoogle", PM_HTML_W_NOISE },
	{ "articlebody*", PM_HTML_W_BODY },
	{ "articletext*", PM_HTML_W_BODY }, { "attachment", PM_HTML_W_WEAK },
	{ "abstract", PM_HTML_W_LEAD }, { "addtoany", PM_HTML_W_NOISE },
	{ "alsoread", PM_HTML_W_RELATED }, { "articulo", OF_ARTICLE },
	{ "adblock*", PM_HTML_W_NOISE }, { "addthis", PM_HTML_W_NOISE },
	{ "anzeige*", PM_HTML_W_NOISE }, { "article", OF_ARTICLE },
	{ "artikel", OF_ARTICLE }, { "advert*", PM_HTML_W_NOISE },
	{ "author*", PM_HTML_W_BYLINE }, { "avatar", PM_HTML_W_BYLINE },
	{ "aside", PM_HTML_W_SIDE }, { "autor*", PM_HTML_W_BYLINE },
	{ "abo", PM_HTML_W_NOISE }, { "ads", PM_HTML_W_NOISE },
	{ "ad", PM_HTML_W_NOISE }, { "bodycontent", PM_HTML_W_BODY },
	{ "breadcrumb*", PM_HTML_W_NAV }, { "bottombar", PM_HTML_W_NAV },
	{ "blogpost", OF_ARTICLE }, { "bodytext*", PM_HTML_W_BODY },
	{ "bookmark*", PM_HTML_W_SHARE }, { "banner*", PM_HTML_W_NOISE },
	{ "button*", PM_HTML_W_WEAK }, { "byline*", PM_HTML_W_BYLINE },
	{ "bread", PM_HTML_W_WEAK }, { "blog", OF_ARTICLE },
	{ "body", TEXT_PART }, { "bio", PM_HTML_W_BYLINE },
	{ "complementary", PM_HTML_W_SIDE }, { "contentinfo", PM_HTML_W_NAV },
	{ "categories", PM_HTML_W_META }, { "compartilh*", PM_HTML_W_SHARE },
	{ "compartir*", PM_HTML_W_SHARE }, { "condividi*", PM_HTML_W_SHARE },
	{ "copyright*", PM_HTML_W_NOISE }, { "carousel*", PM_HTML_W_WEAK },
	{ "category", PM_HTML_W_META }, { "correlat*", PM_HTML_W_RELATED },
	{ "caption*", PM_HTML_W_CAPTION }, { "comment*", PM_HTML_W_COMMENT },
	{ "consent*", PM_HTML_W_CONSENT }, { "content", TEXT_PART },
	{ "cookie*", PM_HTML_W_CONSENT }, { "credit*", PM_HTML_W_CAPTION },
	{ "criteo", PM_HTML_W_NOISE }, { "cuerpo", TEXT_PART },
	{ "chapo*", PM_HTML_W_LEAD }, { "crumb*", PM_HTML_W_NAV },
	{ "copy", TEXT_PART }, { "cmp", PM_HTML_W_CONSENT },
	{ "cta", PM_HTML_W_WEAK }, { "disclaimer", PM_HTML_W_WEAK },
	{ "dateline", PM_HTML_W_META }, { "dontmiss", PM_HTML_W_RELATED },
	{ "dropdown*", PM_HTML_W_WEAK }, { "dialog", PM_HTML_W_NOISE },
	{ "didomi*", PM_HTML_W_CONSENT }, { "disqus*", PM_HTML_W_COMMENT },
	{ "donat*", PM_HTML_W_WEAK }, { "date", PM_HTML_W_META },
	{ "deck", PM_HTML_W_LEAD }, { "dek", PM_HTML_W_LEAD },
	{ "entrycontent", PM_HTML_W_BODY }, { "entrytext", PM_HTML_W_BODY },
	{ "empfehl*", PM_HTML_W_RELATED }, { "excerpt", PM_HTML_W_LEAD },
	{ "embed*", PM_HTML_W_NOISE }, { "entry", OF_ARTICLE },
	{ "figcaption*", PM_HTML_W_CAPTION }, { "facebook", PM_HTML_W_SHARE },
	{ "feedback", PM_HTML_W_WEAK }, { "footnote*", NOTHING },
	{ "follow*", PM_HTML_W_SHARE }, { "footer*", PM_HTML_W_NAV },
	{ "fecha", PM_HTML_W_META }, { "foot", PM_HTML_W_NAV },
	{ "gallery*", PM_HTML_W_WEAK }, { "gdpr*", PM_HTML_W_CONSENT },
	{ "headerbar", PM_HTML_W_NAV }, { "intro*", PM_HTML_W_LEAD },
	{ "kommentar*", PM_HTML_W_COMMENT },
	{ "komment*", PM_HTML_W_COMMENT }, { "leaderboard", PM_HTML_W_NOISE },
	{ "loginbox", PM_HTML_W_NOISE }, { "likebox", PM_HTML_W_SHARE },
	{ "latest", PM_HTML_W_RELATED }, { "likes", PM_HTML_W_SHARE },
	{ "login*", PM_HTML_W_NOISE }, { "lead*", PM_HTML_W_LEAD },
	{ "mostpopular", PM_HTML_W_RELATED }, { "masthead", PM_HTML_W_NAV },
	{ "mostread*", PM_HTML_W_RELATED }, { "migas", PM_HTML_W_NAV },
	{ "modal*", PM_HTML_W_NOISE }, { "menu*", PM_HTML_W_NAV },
	{ "meta*", PM_HTML_W_META }, { "more", MORE },
	{ "newsletter*", PM_HTML_W_NOISE }, { "newstext", PM_HTML_W_BODY },
	{ "noprint", PM_HTML_W_WEAK }, { "noticia", OF_ARTICLE },
	{ "news", OF_ARTICLE }, { "next", PM_HTML_W_WEAK },
	{ "nota", OF_ARTICLE }, { "nav*", PM_HTML_W_NAV },
	{ "onetrust*", PM_HTML_W_CONSENT }, { "outbrain*", PM_HTML_W_NOISE },
	{ "optanon*", PM_HTML_W_CONSENT }, { "overlay*", PM_HTML_W_WEAK },
	{ "ot", PM_HTML_W_CONSENT }, { "postcontent*", PM_HTML_W_BODY },
	{ "pagination*", PM_HTML_W_NAV }, { "published", PM_HTML_W_META },
	{ "postbody", PM_HTML_W_BODY }, { "posttext", PM_HTML_W_BODY },
	{ "partage*", PM_HTML_W_SHARE }, { "paywall*", PM_HTML_W_WEAK },
	{ "popular*", PM_HTML_W_RELATED }, { "privacy*", PM_HTML_W_CONSENT },
	{ "pubdate", PM_HTML_W_META }, { "publici*", PM_HTML_W_NOISE },
	{ "posted", PM_HTML_W_META }, { "pager", PM_HTML_W_NAV },
	 { "popup*", PM_HTML_W_NOISE },
	{ "print*", PM_HTML_W_WEAK }, { "promo*", PM_HTML_W_NOISE },
	{ "pfad", PM_HTML_W_NAV }, { "post", OF_ARTICLE },
	{ "prev*", PM_HTML_W_WEAK }, { "recommend*", PM_HTML_W_RELATED },
	{ "readmore", PM_HTML_W_RELATED }, { "register", PM_HTML_W_NOISE },
	{ "relacion*", PM_HTML_W_RELATED }, { "regwall", PM_HTML_W_NOISE },
	{ "respond", PM_HTML_W_COMMENT }, { "rating*", PM_HTML_W_WEAK },
	{ "recirc*", PM_HTML_W_RELATED }, { "reklam*", PM_HTML_W_NOISE },
	{ "relat*", PM_HTML_W_RELATED }, { "reply*", PM_HTML_W_COMMENT },
	{ "read", READ }, { "rss", PM_HTML_W_SHARE },
	{ "sharedaddy", PM_HTML_W_SHARE }, { "standfirst*", PM_HTML_W_LEAD },
	{ "subscriber", PM_HTML_W_NOISE },
	{ "semelhant*", PM_HTML_W_RELATED }, { "storybody", PM_HTML_W_BODY },
	{ "storytext", PM_HTML_W_BODY }, { "sociable", PM_HTML_W_SHARE },
	{ "subtitle*", PM_HTML_W_LEAD }, { "sharing*", PM_HTML_W_SHARE },
	{ "sidebar*", PM_HTML_W_SIDE }, { "similar*", PM_HTML_W_RELATED },
	{ "sitemap", PM_HTML_W_NAV }, { "sponsor*", PM_HTML_W_NOISE },
	{ "subscri*", PM_HTML_W_NOISE }, { "summary", PM_HTML_W_LEAD },
	{ "search*", PM_HTML_W_NAV }, { "signup*", PM_HTML_W_NOISE },
	{ "social*", PM_HTML_W_SHARE }, { "subnav*", PM_HTML_W_NAV },
	{ "share*", PM_HTML_W_SHARE }, { "story", OF_ARTICLE },
	{ "skip*", PM_HTML_W_NAV }, { "timestamp*", PM_HTML_W_META },
	{ "tagcloud", PM_HTML_W_NAV }, { "trending*", PM_HTML_W_RELATED },
	{ "taboola*", PM_HTML_W_NOISE }, { "taglist", PM_HTML_W_META },
	{ "toolbar*", PM_HTML_W_NAV }, { "tooltip*", PM_HTML_W_NOISE },
	{ "twitter", PM_HTML_W_WEAK }, { "tagged", PM_HTML_W_META },
	{ "teaser*", PM_HTML_W_TEASER }, { "teilen", PM_HTML_W_SHARE },
	{ "ticker", PM_HTML_W_RELATED }, { "topbar", PM_HTML_W_NAV },
	{ "topics", PM_HTML_W_META }, { "truste*", PM_HTML_W_CONSENT },
	{ "texte", TEXT_PART }, { "texto", TEXT_PART },
	{ "tags", PM_HTML_W_META }, { "text", TEXT_PART },
	{ "time", PM_HTML_W_META }, { "tag", PM_HTML_W_META },
	{ "toc", PM_HTML_W_WEAK }, { "usercentrics", PM_HTML_W_CONSENT },
	{ "verwandt*", PM_HTML_W_RELATED },
	{ "weiterlesen", PM_HTML_W_RELATED }, { "whatsapp", PM_HTML_W_SHARE },
	{ "werbung*", PM_HTML_W_NOISE }, { "widget*", PM_HTML_W_WEAK },
	{ "yarpp*", PM_HTML_W_RELATED },
};
enum { WORDS = sizeof words / sizeof *words };

static uint32_t
meaning(const char *word, size_t n)
{
	size_t low = 0, high = WORDS;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (words[middle].word[0] < word[0])
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < WORDS && words[low].word[0] == word[0]; low++) {
		const char *known = words[low].word;
		size_t m = 1;

		while (m < n && known[m] == word[m])
			m++;
		if ((known[m] == '\0' && m == n) || known[m] == '*')
			return words[low].means;
	}
	return 0;
}

static bool
is_upper(uint8_t c)
{
	return c >= 'A' && c <= 'Z';
}

static bool
is_lower(uint8_t c)
{
	return c >= 'a' && c <= 'z';
}

/* The word at *at, in lower case; a digit parts words too. */
static size_t
next_word(char out[WORD_BYTES], struct pm_bytes name, size_t *at)
{
	size_t i = *at, n = 0;

	while (i < name.n && !is_lower(name.p[i]) && !is_upper(name.p[i]))
		i++;
	for (size_t from = i; i < name.n; i++) {
		uint8_t c = name.p[i];

		if (!is_lower(c) && !is_upper(c))
			break;
		if (is_upper(c) && i > from && is_lower(name.p[i - 1]))
			break;
		if (n < WORD_BYTES - 1)
			out[n++] = (char)(is_upper(c) ? c + 32 : c);
	}
	*at = i;
	return n;
}

static bool
begins(struct pm_bytes name, const char *with)
{
	size_t n = strlen(with);

	return name.n > n && memcmp(name.p, with, n) == 0;
}

/* It names a theme, a state or a section, nothing that is here. */
static bool
says_nothing(struct pm_bytes name)
{
	static const char *const prefix[] = { "tag-", "category-", "has-",
	    "is-", "no-", "with-", "js-", "hasnt-", "not-", "without-",
	    "cat-", "type-", "status-", "format-", "theme-" };

	for (size_t i = 0; i < sizeof prefix / sizeof *prefix; i++)
		if (name.p[0] == prefix[i][0] && begins(name, prefix[i]))
			return true;
	return false;
}

/* Whole names: as parts of others they speak of labels ("label-hidden"). */
static bool
says_hidden(struct pm_bytes name)
{
	static const char *const hidden[] = { "hidden", "hide", "sr-only",
	    "visually-hidden", "visuallyhidden", "screen-reader-text",
	    "is-hidden", "d-none", "screen-reader-only", "invisible",
	    "element-invisible", "hidden-print", "noprint", "u-hidden" };

	for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++)
		if (name.n == strlen(hidden[i]) &&
		    memcmp(name.p, hidden[i], name.n) == 0)
			return true;
	return false;
}

static uint32_t
name_means(struct pm_bytes name)
{
	char word[WORD_BYTES];
	uint32_t all = 0;
	size_t at = 0, n;

	if (says_hidden(name))
		return PM_HTML_W_HIDDEN;
	if (says_nothing(name))
		return 0;
	for (int i = 0; i < NAME_WORDS_MAX &&
	    (n = next_word(word, name, &at)) > 0; i++)
		all |= meaning(word, n);
	if ((all & OF_ARTICLE) && (all & TEXT_PART))
		all |= PM_HTML_W_BODY;
	else if (all & OF_ARTICLE)
		all |= PM_HTML_W_ARTICLE;
	else if (all & TEXT_PART)
		all |= PM_HTML_W_CONTENT;
	if ((all & READ) && (all & MORE))
		all |= PM_HTML_W_RELATED;
	return all;
}

static uint32_t
value_means(struct pm_bytes value)
{
	uint32_t all = 0;
	size_t at = 0;

	value.n = value.n < VALUE_BYTES_MAX ? value.n : VALUE_BYTES_MAX;
	while (at < value.n) {
		size_t from = at;

		while (at < value.n && value.p[at] > ' ')
			at++;
		if (at > from)
			all |= name_means((struct pm_bytes){ value.p + from,
			    at - from });
		at++;
	}
	return all;
}

static bool
contains(struct pm_bytes value, const char *what)
{
	return pm_html_find(value, 0, what, strlen(what)) < value.n;
}

static uint32_t
style_means(struct pm_bytes style)
{
	bool none = contains(style, "none") && contains(style, "display");

	return none || (contains(style, "visibility") &&
	    contains(style, "hidden")) ? PM_HTML_W_UNSHOWN : 0;
}

uint32_t
pm_html_words(const struct pm_html_tree *tree, uint32_t node)
{
	const struct pm_html_node *at = &tree->node[node];
	uint32_t all = 0;

	for (uint32_t i = 0; i < at->attr_n; i++) {
		const struct pm_html_attr *attr = &tree->attr[at->attr + i];

		switch (attr->name) {
		case PM_HTML_AT_id:
		case PM_HTML_AT_class:
		case PM_HTML_AT_role:
			all |= value_means(attr->value);
			break;
		case PM_HTML_AT_itemprop:
			if (contains(attr->value, "articleBody"))
				all |= PM_HTML_W_BODY | PM_HTML_W_STATED;
			else if (contains(attr->value, "description"))
				all |= PM_HTML_W_LEAD;
			break;
		case PM_HTML_AT_hidden:
			all |= PM_HTML_W_UNSHOWN;
			break;
		case PM_HTML_AT_style:
			all |= style_means(attr->value);
			break;
		default:
			break;
		}
	}
	return all & 0xfffff;
}
