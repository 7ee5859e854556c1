/* Tokens as a time of day with its offset; and how tokens are read. */
#include "text/dates_internal.h"

bool
pm_date_mark(struct pm_date_cursor *c, char mark)
{
	if (pm_date_peek(c)->kind != PM_TOKEN_MARK ||
	    pm_date_peek(c)->mark != mark)
		return false;
	c->at++;
	return true;
}

bool
pm_date_marks(struct pm_date_cursor *c, const char *marks)
{
	while (pm_date_peek(c)->kind == PM_TOKEN_MARK &&
	    strchr(marks, pm_date_peek(c)->mark) != NULL)
		c->at++;
	return true;
}

bool
pm_date_word(struct pm_date_cursor *c, const char *const *words)
{
	const struct pm_date_token *token = pm_date_peek(c);
	const uint8_t *p = c->text->plain + token->at;

	if (token->kind != PM_TOKEN_WORD)
		return false;
	for (; *words != NULL; words++)
		if (**words == (char)*p && strlen(*words) == token->n &&
		    memcmp(*words, p, token->n) == 0) {
			c->at++;
			return true;
		}
	return false;
}

bool
pm_date_number(struct pm_date_cursor *c, int32_t *out, int min_digits,
    int max_digits, int32_t min, int32_t max)
{
	const struct pm_date_token *token = pm_date_peek(c);

	if (token->kind != PM_TOKEN_NUMBER || token->digits < min_digits ||
	    token->digits > max_digits || token->value < min ||
	    token->value > max)
		return false;
	*out = token->value;
	c->at++;
	return true;
}

const char *const pm_date_before_clock[] = { "в", "у", "о", "а", "на", "at",
	"um", "kl", "klo", "klockan", "kello", "à", "a", "as", "às", "las",
	"la", "alle", "ore", "ora", "les", "o", "ob", "ve", "godz",
	"godzina", "om", "saat", "soat", "соат", "соати", "саат", "сағат",
	"ساعت", "ساعه", "الساعه", "في", "lúc", "pukul", "v", "во", "në", "pada", "sagat", "στισ", "كو",
	"এ", "रोजी", 
	"jam", "kell", "u", "ke", "mbi", "t", "aos", "saati",
	"ժամը", "saa", "בשעה", "को", "เวลา", NULL };

/* Before noon. */
const char *const pm_date_am[] = { "am", "오전", "ص", "صباحا", "πμ",
	"sa", NULL };

/* After noon. */
const char *const pm_date_pm[] = { "pm", "오후", "م", "مساء", "μμ",
	"ch", NULL };

/* 1: before noon, 2: after noon, 0: neither is said. */
static int
read_half(struct pm_date_cursor *c)
{
	static const char *const noon[] = { "午", NULL };
	static const char *const before[] = { "上", NULL };
	static const char *const after[] = { "下", NULL };
	static const char *const front[] = { "前", NULL };
	static const char *const back[] = { "後", "后", NULL };
	size_t at = c->at;

	if (pm_date_word(c, pm_date_am))
		return 1;
	if (pm_date_word(c, pm_date_pm))
		return 2;
	if (pm_date_word(c, before) && pm_date_word(c, noon))
		return 1;
	c->at = at;
	if (pm_date_word(c, after) && pm_date_word(c, noon))
		return 2;
	c->at = at;
	if (pm_date_word(c, noon)) {
		if (pm_date_word(c, front))
			return 1;
		if (pm_date_word(c, back))
			return 2;
	}
	c->at = at;
	return 0;
}

static bool
set_half(struct pm_time_text *out, int half)
{
	if (half == 0)
		return true;
	/* "14:30 PM" is printed too. */
	if (out->hour > 12)
		return half == 2;
	if (out->hour == 12)
		out->hour = 0;
	if (half == 2)
		out->hour += 12;
	return true;
}

/* "10:00:00-05" and "10:00:00.5-05" are no spans of time, as "10:00-12" is. */
static bool
after_seconds(const struct pm_date_cursor *c, size_t at)
{
	const struct pm_date_token *token = c->text->tokens;

	if (at >= 7 && token[at - 2].kind == PM_TOKEN_MARK &&
	    token[at - 2].mark == '.')
		at -= 2;
	return at >= 5 && token[at - 2].kind == PM_TOKEN_MARK &&
	    token[at - 2].mark == ':' && token[at - 4].kind ==
	    PM_TOKEN_MARK && token[at - 4].mark == ':';
}

/* "+05:00", "+0500", "+5" after "UTC"; '-' only where it touches. */
static bool
read_offset(struct pm_date_cursor *c, struct pm_time_text *out, bool named)
{
	size_t at = c->at;
	int32_t sign, hours, minutes = 0;

	if (pm_date_mark(c, '+'))
		sign = 1;
	else if (pm_date_mark(c, '-'))
		sign = -1;
	else
		return false;
	if (pm_date_peek(c)->space)
		goto none;
	if (pm_date_number(c, &hours, 4, 4, 0, 1800)) {
		minutes = hours % 100;
		hours /= 100;
	} else if (!pm_date_number(c, &hours, named ? 1 : 2, 2, 0, 18))
		goto none;
	else if (pm_date_mark(c, ':')) {
		if (!pm_date_number(c, &minutes, 2, 2, 0, 59))
			goto none;
	} else if (!named && sign < 0 && !after_seconds(c, at))
		goto none;
	if (minutes > 59)
		goto none;
	out->has_offset = true;
	out->offset_minutes = sign * (hours * 60 + minutes);
	return true;
none:
	c->at = at;
	return false;
}

/* Names with one meaning; those with several make the time of day unknown,
 * and what is left is the day. */
static void
read_zone(struct pm_date_cursor *c, struct pm_time_text *out)
{
	static const char *const utc[] = { "z", "utc", "gmt", NULL };
	static const char *const unsure[] = { "et", "ct", "mt", "pt", "ist",
		"bst", "cst", "ast", NULL };
	static const struct {
		const char *name[4];
		int32_t minutes;
	} zones[] = {
		{ { "msk", "мск", NULL }, 180 }, { { "est", NULL }, -300 },
		{ { "edt", NULL }, -240 }, { { "cdt", NULL }, -300 },
		{ { "mst", NULL }, -420 }, { { "mdt", NULL }, -360 },
		{ { "pst", NULL }, -480 }, { { "pdt", NULL }, -420 },
		{ { "cet", "mez", NULL }, 60 },
		{ { "cest", "mesz", NULL }, 120 }, { { "eet", NULL }, 120 },
		{ { "eest", NULL }, 180 }, { { "jst", "kst", NULL }, 540 },
		{ { "wib", NULL }, 420 }
	};
	size_t at = c->at;
	bool bracket = pm_date_mark(c, '(');

	if (pm_date_word(c, utc)) {
		out->has_offset = true;
		out->offset_minutes = 0;
		(void)read_offset(c, out, true);
	} else if (pm_date_word(c, unsure)) {
		out->hour = -1;
	} else if (!read_offset(c, out, false)) {
		size_t i = 0, n = sizeof zones / sizeof zones[0];

		while (i < n && !pm_date_word(c, zones[i].name))
			i++;
		if (i < n) {
			out->has_offset = true;
			out->offset_minutes = zones[i].minutes;
		} else
			c->at = at;
	}
	if (c->at != at && bracket)
		(void)pm_date_mark(c, ')');
}

/* "14:30", "14:30:05.123" */
static bool
read_colons(struct pm_date_cursor *c, struct pm_time_text *out)
{
	size_t at = c->at;
	int32_t fraction;

	if (!pm_date_number(c, &out->hour, 1, 2, 0, 23) ||
	    !pm_date_mark(c, ':') ||
	    !pm_date_number(c, &out->minute, 2, 2, 0, 59))
		goto none;
	out->second = 0;
	if (!pm_date_mark(c, ':'))
		return true;
	if (!pm_date_number(c, &out->second, 2, 2, 0, 60))
		goto none;
	at = c->at;
	if (!(pm_date_marks(c, ".,") && c->at == at + 1 &&
	    !pm_date_peek(c)->space &&
	    pm_date_number(c, &fraction, 1, 18, -1, INT32_MAX)))
		c->at = at;
	return true;
none:
	c->at = at;
	return false;
}

/* "14h30", "14 h", "14時30分", "14시 30분", "14.30 Uhr", "kl. 14.30", "2 pm".
 * led: a word before it said that a time follows. */
static bool
read_words(struct pm_date_cursor *c, struct pm_time_text *out, bool led)
{
	static const char *const hours[] = { "h", "時", "时", "点", "點", "시",
		"ч", "giờ", "g", "hs", "hrs", "uhr", NULL };
	static const char *const minutes[] = { "分", "분", "min", "мин", "phút",
		NULL };
	size_t at = c->at, mark;

	out->minute = out->second = 0;
	if (!pm_date_number(c, &out->hour, 1, 2, 0, 23))
		return false;
	mark = c->at;
	if (pm_date_mark(c, '.') && !pm_date_peek(c)->space &&
	    pm_date_number(c, &out->minute, 2, 2, 0, 59)) {
		if (led || pm_date_word(c, hours))
			return true;
		mark = c->at;
		if (read_half(c) != 0) {
			c->at = mark;
			return true;
		}
		goto none;
	}
	c->at = mark;
	if (pm_date_word(c, hours)) {
		if (pm_date_number(c, &out->minute, 1, 2, 0, 59))
			(void)pm_date_word(c, minutes);
		return true;
	}
	mark = c->at;
	if (out->hour >= 1 && out->hour <= 12 && read_half(c) != 0) {
		c->at = mark;
		return true;
	}
none:
	c->at = at;
	return false;
}

bool
pm_date_clock(struct pm_date_cursor *c, struct pm_time_text *out)
{
	static const char *const units[] = { "uhr", "h", "ч", "hrs", "час",
		"น", "hs", "uur", "год", "बजे", NULL };
	struct pm_time_text found = *out;
	size_t start = c->at;
	int half;
	bool led;

	(void)pm_date_marks(c, ".,|-@/");
	while (pm_date_word(c, pm_date_before_clock) && c->at < start + 4)
		;
	led = c->at > start && c->text->tokens[c->at - 1].kind ==
	    PM_TOKEN_WORD;
	/* After a year "14.30" can be nothing else. */
	led = led || (start > 0 && c->text->tokens[start - 1].digits == 4);
	(void)pm_date_marks(c, ".:");
	half = read_half(c);
	if (!read_colons(c, &found) && !read_words(c, &found, led)) {
		c->at = start;
		return false;
	}
	if (half == 0)
		half = read_half(c);
	if (!set_half(&found, half)) {
		c->at = start;
		return false;
	}
	if (pm_date_word(c, units))
		(void)pm_date_marks(c, ".");
	if (found.second == 60)
		found.second = 59;
	read_zone(c, &found);
	*out = found;
	return true;
}
