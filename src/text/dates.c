#include "text/dates_internal.h"

static const char *const precision_names[] = {
	[PM_MINUTE] = "minute", [PM_HOUR] = "hour", [PM_DAY] = "day",
	[PM_WEEK] = "week", [PM_MONTH] = "month", [PM_YEAR] = "year"
};

const char *
pm_precision_name(int precision)
{
	return precision >= PM_MINUTE && precision <= PM_YEAR ?
	    precision_names[precision] : NULL;
}

int
pm_precision_of_name(struct pm_bytes name)
{
	for (int i = PM_MINUTE; i <= PM_YEAR; i++)
		if (pm_bytes_equal(name, pm_bytes_of(precision_names[i])))
			return i;
	return 0;
}

/* One separator at either end: "| 6 hours ago", "- 11.02.2025", "today •".
 * A dash needs a blank, for "-6 h" is a span of its own. */
static void
trim_separators(struct pm_date_text *text)
{
	const struct pm_date_token *first = &text->tokens[0];
	size_t skip = 0;

	if (text->n > 1 && first->kind == PM_TOKEN_MARK &&
	    (first->mark == '|' || first->mark == '/' ||
	    (first->mark == '-' && first[1].space)))
		skip = 1;
	text->n -= skip;
	memmove(text->tokens, text->tokens + skip,
	    (text->n + 1) * sizeof text->tokens[0]);
	if (text->n > 1 && text->tokens[text->n - 1].kind == PM_TOKEN_MARK &&
	    strchr("|/-,", text->tokens[text->n - 1].mark) != NULL) {
		text->n--;
		text->tokens[text->n].kind = PM_TOKEN_END;
	}
}

static struct pm_bytes
trim_blanks(struct pm_bytes text)
{
	while (text.n > 0 && text.p[0] <= ' ') {
		text.p++;
		text.n--;
	}
	while (text.n > 0 && text.p[text.n - 1] <= ' ')
		text.n--;
	return text;
}

/* May its first letters be those of a time?  Marks may stand before them.
 * All times may begin as those with a number do. */
static bool
may_be_time(struct pm_bytes text, const uint64_t *pairs)
{
	uint32_t first;

	return pm_date_begins_like(&first, pairs, text, 0) ||
	    (first < 0x80 && (first < 'a' || first > 'z')) ||
	    (pairs == pm_date_tables.number_pairs && pm_date_is_han(first));
}

bool
pm_time_parse(struct pm_time_text *out, struct pm_bytes text)
{
	enum { BARE_BYTES = 72, WORDS = 12, BARE_WORDS = 7 };
	struct pm_date_text tokens;
	struct pm_time_text found;
	bool digit;

	text = pm_date_without_zone_name(trim_blanks(text));
	if (text.n == 0 || text.n > PM_DATE_BYTES)
		return false;
	if (pm_date_machine(out, text))
		return true;
	if (!may_be_time(text, pm_date_tables.number_pairs))
		return false;
	digit = pm_date_next_digit(text, 0) < text.n;
	if (!digit && ((text.n > BARE_BYTES && !pm_date_has_digit(text)) ||
	    !may_be_time(text, pm_date_tables.bare_pairs)))
		return false;
	if (!pm_date_text_read(&tokens, text, digit ? WORDS : BARE_WORDS) ||
	    tokens.words > WORDS)
		return false;
	trim_separators(&tokens);
	pm_date_none(&found);
	if (!pm_date_relative(&found, &tokens)) {
		pm_date_none(&found);
		if (tokens.numbers == 0 || !pm_date_absolute(&found, &tokens))
			return false;
	}
	*out = found;
	return true;
}
