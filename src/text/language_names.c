/*
 * What pages say of their language: codes of ISO 639-1, 639-2 and 639-3,
 * English names, tags of BCP 47, locales, and lists of them.
 */
#include "text/language_internal.h"

#include <unicode/uloc.h>

static const struct {
	char code[4];
	const char *also;        /* other codes and names, in small letters */
	const char *scripts;     /* the usual one first */
} names[] = {
	{ "af", "afr afrikaans", "Latn" }, { "am", "amh amharic", "Ethi" },
	{ "ar", "ara arb arz ary apc acm arabic", "Arab" },
	{ "as", "asm assamese", "Beng" },
	{ "az", "aze azj azerbaijani azeri", "Latn Cyrl Arab" },
	{ "ba", "bak bashkir", "Cyrl" }, { "be", "bel belarusian", "Cyrl Latn" },
	{ "bg", "bul bulgarian", "Cyrl" }, { "bn", "ben bengali bangla", "Beng" },
	{ "bo", "bod tib tibetan", "Tibt" }, { "br", "bre breton", "Latn" },
	{ "bs", "bos bosnian", "Latn Cyrl" },
	{ "ca", "cat catalan valencian", "Latn" }, { "ce", "che chechen", "Cyrl" },
	{ "ckb", "sorani", "Arab" }, { "cs", "ces cze czech", "Latn" },
	{ "cv", "chv chuvash", "Cyrl" }, { "cy", "cym wel welsh", "Latn" },
	{ "da", "dan danish", "Latn" }, { "de", "deu ger german", "Latn" },
	{ "dv", "div dhivehi maldivian", "Thaa" },
	{ "el", "ell gre greek", "Grek" }, { "en", "eng english", "Latn" },
	{ "eo", "epo esperanto", "Latn" }, { "es", "spa spanish castilian", "Latn" },
	{ "et", "est ekk estonian", "Latn" }, { "eu", "eus baq basque", "Latn" },
	{ "fa", "fas per pes prs farsi persian dari", "Arab" },
	{ "fi", "fin finnish", "Latn" }, { "fo", "fao faroese", "Latn" },
	{ "fr", "fra fre french", "Latn" }, { "fy", "fry frisian", "Latn" },
	{ "ga", "gle irish", "Latn" }, { "gd", "gla gaelic", "Latn" },
	{ "gl", "glg galician", "Latn" }, { "gu", "guj gujarati", "Gujr" },
	{ "ha", "hau hausa", "Latn Arab" }, { "he", "heb iw hebrew", "Hebr" },
	{ "hi", "hin hindi", "Deva" }, { "hr", "hrv scr croatian", "Latn" },
	{ "hu", "hun hungarian", "Latn" }, { "hy", "hye arm armenian", "Armn" },
	{ "id", "ind in indonesian", "Latn" }, { "is", "isl ice icelandic", "Latn" },
	{ "it", "ita italian", "Latn" }, { "ja", "jpn jp japanese", "Hani Kana" },
	{ "jv", "jav javanese", "Latn" }, { "ka", "kat geo georgian", "Geor" },
	{ "kk", "kaz kazakh", "Cyrl Latn Arab" },
	{ "km", "khm khmer cambodian", "Khmr" }, { "kn", "kan kannada", "Knda" },
	{ "ko", "kor korean", "Hang Hani" },
	{ "ku", "kur kmr kurdish kurmanji", "Latn Arab Cyrl" },
	{ "ky", "kir kyrgyz kirghiz", "Cyrl Latn Arab" },
	{ "la", "lat latin", "Latn" }, { "lb", "ltz luxembourgish", "Latn" },
	{ "lo", "lao", "Laoo" }, { "lt", "lit lithuanian", "Latn" },
	{ "lv", "lav lvs latvian", "Latn" }, { "mg", "mlg malagasy", "Latn" },
	{ "mk", "mkd mac macedonian", "Cyrl" }, { "ml", "mal malayalam", "Mlym" },
	{ "mn", "mon khk mongolian", "Cyrl" }, { "mr", "mar marathi", "Deva" },
	{ "ms", "msa may zsm malay", "Latn Arab" }, { "mt", "mlt maltese", "Latn" },
	{ "my", "mya bur burmese", "Mymr" },
	{ "nb", "nob no nor norwegian bokmal bokmål", "Latn" },
	{ "ne", "nep npi nepali", "Deva" },
	{ "nl", "nld dut dutch flemish", "Latn" }, { "nn", "nno nynorsk", "Latn" },
	{ "or", "ori ory oriya odia", "Orya" }, { "os", "oss ossetian", "Cyrl" },
	{ "pa", "pan pnb punjabi", "Guru Arab" }, { "pl", "pol polish", "Latn" },
	{ "ps", "pus pbt pashto", "Arab" }, { "pt", "por portuguese", "Latn" },
	{ "ro", "ron rum mo romanian moldovan", "Latn Cyrl" },
	{ "ru", "rus russian", "Cyrl" }, { "sa", "san sanskrit", "Deva" },
	{ "sd", "snd sindhi", "Arab Deva" },
	{ "si", "sin sinhala sinhalese", "Sinh" }, { "sk", "slk slo slovak", "Latn" },
	{ "sl", "slv slovenian slovene", "Latn" }, { "so", "som somali", "Latn" },
	{ "sq", "sqi alb als albanian", "Latn" },
	{ "sr", "srp scc sh serbian montenegrin", "Cyrl Latn" },
	{ "sv", "swe swedish", "Latn" }, { "sw", "swa swh swahili", "Latn" },
	{ "ta", "tam tamil", "Taml" }, { "te", "tel telugu", "Telu" },
	{ "tg", "tgk tajik", "Cyrl Latn Arab" }, { "th", "tha thai", "Thai" },
	{ "ti", "tir tigrinya", "Ethi" },
	{ "tk", "tuk turkmen", "Latn Cyrl Arab" },
	{ "tl", "tgl fil tagalog filipino", "Latn" },
	{ "tr", "tur turkish", "Latn" }, { "tt", "tat tatar", "Cyrl Latn" },
	{ "ug", "uig uyghur uighur", "Arab Cyrl Latn" },
	{ "uk", "ukr ua ukrainian", "Cyrl" }, { "ur", "urd urdu", "Arab" },
	{ "uz", "uzb uzn uzs uzbek", "Latn Cyrl Arab" },
	{ "vi", "vie vietnamese", "Latn" }, { "yi", "yid ydd ji yiddish", "Hebr" },
	{ "zh", "zho chi cmn yue cn chinese mandarin cantonese", "Hani" },
	{ "zu", "zul zulu", "Latn" }
};

enum { NAMES = sizeof names / sizeof names[0], TAG_MAX = 64 };

static bool
has_word(const char *list, const char *word, size_t n)
{
	for (const char *at = list; at != NULL; at = strchr(at, ' ')) {
		at += *at == ' ';
		if (strncmp(at, word, n) == 0 && (at[n] == ' ' || at[n] == '\0'))
			return true;
	}
	return false;
}

static const char *
code_of(const char *word, size_t n)
{
	for (size_t i = 0; n > 0 && i < NAMES; i++)
		if ((strlen(names[i].code) == n &&
		    memcmp(names[i].code, word, n) == 0) ||
		    has_word(names[i].also, word, n))
			return names[i].code;
	return NULL;
}

const char *
pm_language_scripts(const char *code)
{
	for (size_t i = 0; i < NAMES; i++)
		if (strcmp(names[i].code, code) == 0)
			return names[i].scripts;
	return "";
}

/* The first of a list, without its quality, in small letters. */
static size_t
first_of(char out[TAG_MAX], struct pm_bytes list)
{
	size_t n = 0;

	for (size_t i = 0; i < list.n && n + 1 < TAG_MAX; i++) {
		uint8_t c = list.p[i];

		if (c == ',' || c == ';' || c == '|' || c == '/')
			break;
		if (n == 0 && (c <= ' ' || c == '"' || c == '[' || c == '\''))
			continue;
		out[n++] = (char)(c >= 'A' && c <= 'Z' ? c + 0x20 : c);
	}
	out[n] = '\0';
	return n;
}

static void
script_put(char script[5], const char *word, size_t n)
{
	static const char *const words[][2] = {
		{ "cyrillic", "Cyrl" }, { "latin", "Latn" },
		{ "arabic", "Arab" }, { "hans", "Hani" }, { "hant", "Hani" }
	};

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (strlen(words[i][0]) == n && memcmp(words[i][0], word, n) == 0) {
			memcpy(script, words[i][1], 5);
			return;
		}
	for (int i = 1; n == 4 && i < PM_SCRIPTS; i++) {
		const char *name = pm_script_name((enum pm_script)i);

		if ((name[0] | 0x20) == word[0] && memcmp(name + 1, word + 1, 3) == 0)
			memcpy(script, name, 5);
	}
}

/* A code that only ICU knows; of its script nothing is known. */
static bool
rare_code(char language[4], const char *word, size_t n)
{
	if (n < 2 || n > 3 || memcmp(word, "und", n) == 0)
		return false;
	for (size_t i = 0; i < n; i++)
		if (word[i] < 'a' || word[i] > 'z')
			return false;
	memcpy(language, word, n);
	language[n] = '\0';
	return uloc_getISO3Language(language)[0] != '\0';
}

bool
pm_language_stated(struct pm_stated *out, struct pm_bytes stated)
{
	char tag[TAG_MAX];
	size_t n = first_of(tag, stated);
	bool found = false;

	*out = (struct pm_stated){ "", "" };
	for (size_t at = 0, end; at < n; at = end + 1) {
		size_t length;
		const char *code;

		end = at + strcspn(tag + at, "-_.@ ()\"']");
		length = end - at;
		if (!found && (code = code_of(tag + at, length)) != NULL) {
			memcpy(out->language, code, strlen(code) + 1);
			found = true;
		} else if (!found && at == 0) {
			found = rare_code(out->language, tag, length);
		} else if (length >= 4) {
			script_put(out->script, tag + at, length);
		}
	}
	return found;
}
