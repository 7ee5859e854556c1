/*
 * Tokens as a date.  Each shape is tried in turn and leaves the cursor where
 * it was when it does not fit.
 */
#include "text/dates_internal.h"

void
pm_date_none(struct pm_time_text *out)
{
	*out = (struct pm_time_text){ .kind = PM_TIME_ABSOLUTE, .hour = -1 };
}

const struct pm_date_name *
pm_date_name_find(const struct pm_date_name *names,
    const struct pm_date_index *index, const char *key, size_t n)
{
	size_t i = pm_date_hash(key, n) & (index->n - 1);

	for (; index->slot[i] != 0; i = (i + 1) & (index->n - 1)) {
		const struct pm_date_name *name = &names[index->slot[i] - 1];

		if (n < sizeof name->key && memcmp(name->key, key, n + 1) == 0)
			return name;
	}
	return NULL;
}

const struct pm_date_name *
pm_date_name(struct pm_date_cursor *c, const struct pm_date_name *names,
    const struct pm_date_index *index)
{
	char key[PM_DATE_KEY_BYTES];
	const struct pm_date_name *name;
	size_t ends[3], count = 0, n;
	int32_t number;

	/* A name ends with a word; "terça-feira" is three tokens. */
	for (size_t i = c->at; i < c->text->n && i < c->at + 3; i++) {
		const struct pm_date_token *token = &c->text->tokens[i];

		if (token->kind == PM_TOKEN_WORD)
			ends[count++] = i + 1;
		else if (i == c->at || token->kind != PM_TOKEN_MARK ||
		    token->mark != '-')
			break;
	}
	while (count-- > 0)
		if ((n = pm_date_key(key, &number, c->text, c->at,
		    ends[count])) > 0 &&
		    (name = pm_date_name_find(names, index, key, n)) != NULL) {
			c->at = ends[count];
			return name;
		}
	return NULL;
}

/* What may stand after a year: "2025 года", "2025 ж.", "2025-yil". */
const char *const pm_date_year_words[] = { "г", "года", "год", "году", "р",
	"року", "рік", "ж", "жылы", "жылғы", "жыл", "жылдын", "жылдың", "yil",
	"yili", "yilda", "yilning", "йил", "йили", "йилда", "йилнинг",
	"r", "roku", "rok", "с", "сол", "соли", "m", "gada", "թ",
	"թվական", "წ", "წელი", "წლის", "оны", "он", "il", "ildə",
	"ел", "елның", "ý", "ýyl", "ýylyň", "год", "година", "г", "god",
	"年", "년", "god", "godine", "a", "م", "ميلادي", NULL };

static void
skip_year_word(struct pm_date_cursor *c)
{
	size_t at = c->at;

	(void)pm_date_mark(c, '-');
	if (pm_date_word(c, pm_date_year_words))
		(void)pm_date_mark(c, '.');
	else
		c->at = at;
}

/* Two digits only where nothing else can be meant. */
static bool
read_short_year(struct pm_date_cursor *c, int32_t *year)
{
	const struct pm_date_token *token = pm_date_peek(c);

	if (c->prose || token->kind != PM_TOKEN_NUMBER ||
	    (token[1].kind == PM_TOKEN_MARK && token[1].mark == ':') ||
	    !pm_date_number(c, year, 2, 2, 0, 99))
		return false;
	if (*year >= 40 && *year < 90)
		return false;
	*year += *year < 40 ? 2000 : 1900;
	return true;
}

/* A year as printed, in whatever calendar. */
static bool
read_year(struct pm_date_cursor *c, int32_t *year)
{
	return pm_date_number(c, year, 4, 4, 1300, 2699);
}

/* What may stand after a day. */
const char *const pm_date_day_words[] = { "st", "nd", "rd", "th", "er", "º",
	"ª", "го", "е", "ое", "ә", "нчы", "nci", "inci", "de", "del",
	"di", "d", "of", "日", "日", "일", "a", "da", "в", NULL };

/* "1st", "11-го", "11º", "11.", "11-" */
static void
skip_day_suffix(struct pm_date_cursor *c, bool *dotted)
{
	size_t at = c->at;

	*dotted = pm_date_mark(c, '.');
	(void)pm_date_mark(c, '-');
	while (c->at < at + 4 && pm_date_word(c, pm_date_day_words))
		;
}

static bool
read_month(struct pm_date_cursor *c, bool dotted, bool *dubious,
    struct pm_time_text *out, uint8_t *flags)
{
	const struct pm_date_token *token = pm_date_peek(c);
	const struct pm_date_name *name;
	size_t at = c->at;

	if ((name = pm_date_name(c, pm_date_tables.months,
	    &pm_date_tables.month_index)) == NULL)
		return false;
	out->month = dotted ? name->number_dotted : name->number;
	*flags = name->flags;
	/* In prose a month without a year must be written out or begin with a
	 * capital, and "may" and "march" must: they are verbs. */
	*dubious = !token->capital && ((name->flags & PM_NAME_SHORT) != 0 ||
	    strcmp(name->key, "may") == 0 || strcmp(name->key, "march") == 0);
	if (out->month == 0) {
		c->at = at;
		return false;
	}
	(void)pm_date_mark(c, '.');
	return true;
}

/* Calendars become ours; false when there is no such day. */
static bool
settle_date(struct pm_time_text *out, uint8_t flags)
{
	if ((flags & PM_NAME_PERSIAN) != 0) {
		/* Without a year or a day there is nothing to convert. */
		if (out->year == 0 || out->day == 0)
			return false;
		return pm_civil_of_persian(&out->year, &out->month,
		    &out->day);
	}
	if ((flags & PM_NAME_THAI) != 0 && out->year >= 2443)
		out->year -= 543;
	if (out->year != 0 && (out->year < 1600 || out->year > 2199))
		return false;
	out->precision = out->day == 0 ? PM_MONTH : PM_DAY;
	/* Without a year any leap day will do. */
	return pm_civil_is_real(out->year == 0 ? 2000 : out->year, out->month,
	    out->day == 0 ? 1 : out->day);
}

static const char *const year_fillers[] = { "de", "del", "of", "соли", "сол",
	"năm", "the", "roku", "року", "do", "d", "lui", "พศ", "คศ", NULL };

/* ", 2025", "de 2025", "соли 2025"; leaves the cursor if there is none. */
static bool
read_year_after(struct pm_date_cursor *c, int32_t *year, bool short_too)
{
	size_t at = c->at;

	(void)pm_date_marks(c, ",/-");
	(void)pm_date_word(c, year_fillers);
	if (!(c->prose && pm_date_peek(c)->space && c->at > at + 2) &&
	    (read_year(c, year) || (short_too && read_short_year(c, year)))) {
		skip_year_word(c);
		return true;
	}
	c->at = at;
	return false;
}

/* Where months have numbers. */
const char *const pm_date_month_words[] = { "tháng", "thg", NULL };

/* "11 февраля 2025 г.", "11. Februar", "11 tháng 2, 2025" */
static bool
read_day_month(struct pm_date_cursor *c, struct pm_time_text *out)
{
	bool dotted, dubious = false;
	uint8_t flags = 0;

	if (!pm_date_number(c, &out->day, 1, 2, 1, 31))
		return false;
	skip_day_suffix(c, &dotted);
	if (pm_date_word(c, pm_date_month_words)) {
		if (!pm_date_number(c, &out->month, 1, 2, 1, 12))
			return false;
	} else if (!read_month(c, dotted, &dubious, out, &flags))
		return false;
	/* "11 ก.พ. 68" is 2568. */
	if ((flags & PM_NAME_THAI) != 0 && !c->prose &&
	    pm_date_number(c, &out->year, 2, 2, 43, 99))
		out->year += 2500;
	else if (!read_year_after(c, &out->year, true) && c->prose && dubious)
		return false;
	return settle_date(out, flags);
}

/* "February 11, 2025", "Feb 11" */
static bool
read_month_day(struct pm_date_cursor *c, struct pm_time_text *out)
{
	static const char *const the[] = { "the", "de", NULL };
	bool dotted, dubious;
	uint8_t flags;

	if (!read_month(c, false, &dubious, out, &flags))
		return false;
	(void)pm_date_mark(c, '-');
	(void)pm_date_word(c, the);
	if (!pm_date_number(c, &out->day, 1, 2, 1, 31))
		return false;
	skip_day_suffix(c, &dotted);
	if (!read_year_after(c, &out->year, false) && c->prose && dubious)
		return false;
	return settle_date(out, flags);
}

/* "февраль 2025"; "2025 февраль" */
static bool
read_month_year(struct pm_date_cursor *c, struct pm_time_text *out)
{
	bool dubious;
	uint8_t flags;

	return read_month(c, false, &dubious, out, &flags) &&
	    read_year_after(c, &out->year, false) && settle_date(out, flags);
}

/* "2025-yil 11-fevral", "2025. február 11.", "2025 m. vasario 11 d." */
static bool
read_year_first(struct pm_date_cursor *c, struct pm_time_text *out)
{
	static const char *const end[] = { "d", "n", "күні", "kuni", "куни",
		NULL };
	bool dotted, dubious;
	uint8_t flags;

	if (!read_year(c, &out->year))
		return false;
	(void)pm_date_mark(c, '.');
	skip_year_word(c);
	(void)pm_date_mark(c, ',');
	(void)pm_date_mark(c, '-');
	if (pm_date_number(c, &out->day, 1, 2, 1, 31)) {
		skip_day_suffix(c, &dotted);
		if (!read_month(c, dotted, &dubious, out, &flags))
			return false;
	} else {
		if (!read_month(c, true, &dubious, out, &flags))
			return false;
		(void)pm_date_mark(c, '-');
		if (pm_date_number(c, &out->day, 1, 2, 1, 31))
			skip_day_suffix(c, &dotted);
		else if (c->prose)
			return false;
	}
	(void)pm_date_word(c, end);
	(void)pm_date_mark(c, '.');
	return settle_date(out, flags);
}

/* "2025年2月11日", "2025년 2월 11일", "2月11日", "令和7年2月11日" */
static bool
read_east_asian(struct pm_date_cursor *c, struct pm_time_text *out)
{
	static const char *const year[] = { "年", "년", NULL };
	static const char *const month[] = { "月", "월", NULL };
	static const char *const day[] = { "日", "号", "號", "일", NULL };
	static const char *const rei[] = { "令", NULL }, *const wa[] = { "和",
		NULL };
	size_t at = c->at;

	if (pm_date_word(c, rei)) {
		if (!pm_date_word(c, wa) ||
		    !pm_date_number(c, &out->year, 1, 2, 1, 99) ||
		    !pm_date_word(c, year))
			return false;
		out->year += 2018;
	} else if (!read_year(c, &out->year) || !pm_date_word(c, year)) {
		c->at = at;
		out->year = 0;
	}
	if (!pm_date_number(c, &out->month, 1, 2, 1, 12) ||
	    !pm_date_word(c, month))
		return false;
	at = c->at;
	if (!pm_date_number(c, &out->day, 1, 2, 1, 31) ||
	    !pm_date_word(c, day)) {
		if (out->year == 0 || c->prose)
			return false;
		out->day = 0;
		c->at = at;
	}
	return settle_date(out, 0);
}

/* A number in digits only; in prose its parts touch. */
static bool
read_separator(struct pm_date_cursor *c, char *mark)
{
	const struct pm_date_token *token = pm_date_peek(c);

	if (token->kind != PM_TOKEN_MARK ||
	    strchr("./-", token->mark) == NULL ||
	    (*mark != 0 && *mark != token->mark) ||
	    (c->prose && (token->space || token[1].space)))
		return false;
	*mark = token->mark;
	c->at++;
	return true;
}

/* 2025-02-11, 2025/02/11, 1403/11/23 */
static bool
read_ymd(struct pm_date_cursor *c, struct pm_time_text *out)
{
	char mark = 0;

	if (!read_year(c, &out->year) || !read_separator(c, &mark) ||
	    !pm_date_number(c, &out->month, 1, 2, 1, 12) ||
	    !read_separator(c, &mark) ||
	    !pm_date_number(c, &out->day, 1, 2, 1, 31))
		return false;
	/* The lunar calendar is at 1446: these years are the solar one's. */
	return settle_date(out, out->year >= 1380 && out->year <= 1420 ?
	    PM_NAME_PERSIAN : 0);
}

/* 11.02.2025, 11/02/2025, 02/13/2025, 11.02.25 */
static bool
read_dmy(struct pm_date_cursor *c, struct pm_time_text *out)
{
	char mark = 0;
	int32_t a, b;

	if (!pm_date_number(c, &a, 1, 2, 1, 31) ||
	    !read_separator(c, &mark) ||
	    !pm_date_number(c, &b, 1, 2, 1, 31) ||
	    !read_separator(c, &mark) ||
	    (!read_year(c, &out->year) && !read_short_year(c, &out->year)))
		return false;
	out->day = b > 12 && mark != '.' ? b : a;
	out->month = b > 12 && mark != '.' ? a : b;
	skip_year_word(c);
	/* Only Thailand writes such years. */
	return settle_date(out, out->year >= 2540 && out->year <= 2600 ?
	    PM_NAME_THAI : 0);
}

bool
pm_date_day(struct pm_date_cursor *c, struct pm_time_text *out)
{
	static bool (*const shapes[])(struct pm_date_cursor *,
	    struct pm_time_text *) = { read_ymd, read_dmy, read_east_asian,
		read_day_month, read_month_day, read_year_first,
		read_month_year };
	size_t n = sizeof shapes / sizeof shapes[0];
	size_t at = c->at;

	for (size_t i = 0; i < n - (c->prose ? 1 : 0); i++) {
		pm_date_none(out);
		out->precision = PM_DAY;
		c->at = at;
		if (shapes[i](c, out))
			return true;
	}
	c->at = at;
	return false;
}

/* "Tuesday, ", "Вт., ", "(火)", "星期二" */
static bool
read_weekday(struct pm_date_cursor *c)
{
	size_t at = c->at;

	(void)pm_date_marks(c, "(,");
	if (pm_date_name(c, pm_date_tables.weekdays,
	    &pm_date_tables.weekday_index) == NULL) {
		c->at = at;
		return false;
	}
	(void)pm_date_marks(c, ".),");
	return true;
}

/* What may stand before a date. */
const char *const pm_date_articles[] = { "le", "el", "il", "den", "am",
	"on", "ngày", "dne", "dia", "the", "a", "ngay", "วันที่", "den",
	"di", "en", "от", "на", "lunes", "em", "d", "der", "op", "z",
	"dnia", "w", "в", NULL };

static void
skip_articles(struct pm_date_cursor *c)
{
	while (pm_date_word(c, pm_date_articles) && c->at < 3)
		;
}

static bool
is_real(const struct pm_time_text *t)
{
	return t->year == 0 || (t->year >= 1600 && t->year <= 2199 &&
	    pm_civil_is_real(t->year, t->month, t->day == 0 ? 1 : t->day));
}

/* From an optional weekday to the end of the text. */
static bool
read_day_then_clock(struct pm_date_cursor *c, struct pm_time_text *out)
{
	struct pm_time_text found;

	skip_articles(c);
	if (!pm_date_day(c, &found))
		return false;
	(void)read_weekday(c);
	if (found.day != 0 && pm_date_clock(c, &found)) {
		if (found.hour >= 0)
			found.precision = PM_MINUTE;
		/* "Tue Feb 11 10:00:00 UTC 2025" */
		if (found.year == 0)
			(void)read_year(c, &found.year);
	}
	(void)pm_date_marks(c, ".");
	if (c->at != c->text->n || !is_real(&found))
		return false;
	*out = found;
	return true;
}

static bool
read_clock_then_day(struct pm_date_cursor *c, struct pm_time_text *out)
{
	struct pm_time_text clock, found;

	pm_date_none(&clock);
	if (!pm_date_clock(c, &clock))
		return false;
	(void)pm_date_marks(c, ",|-/");
	(void)read_weekday(c);
	skip_articles(c);
	if (!pm_date_day(c, &found) || found.day == 0)
		return false;
	(void)pm_date_marks(c, ".");
	if (c->at != c->text->n)
		return false;
	found.hour = clock.hour;
	found.minute = clock.minute;
	found.second = clock.second;
	found.has_offset = clock.has_offset;
	found.offset_minutes = clock.offset_minutes;
	if (found.hour >= 0)
		found.precision = PM_MINUTE;
	*out = found;
	return true;
}

bool
pm_date_absolute(struct pm_time_text *out, const struct pm_date_text *text)
{
	struct pm_date_cursor c = { text, 0, false };

	if (read_day_then_clock(&c, out))
		return true;
	c.at = 0;
	if (read_clock_then_day(&c, out))
		return true;
	c.at = 0;
	return read_weekday(&c) && read_day_then_clock(&c, out);
}
