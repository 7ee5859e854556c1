/*
 * A character in the one plain form of times, as ICU has it.  What is asked
 * for all day lies in dates_table.c.
 */
#include <unicode/uchar.h>

#include "text/dates_internal.h"

static bool
is_dropped(uint32_t c)
{
	return (c >= 0x200b && c <= 0x200f) || (c >= 0x202a && c <= 0x202e) ||
	    (c >= 0x2060 && c <= 0x2069) || c == 0xfeff || c == 0xad ||
	    c == 0x61c || c == 0x640 || (c >= 0x64b && c <= 0x655) ||
	    c == 0x670 || c == 0x307 || c == 0x2018 || c == 0x2019 ||
	    c == 0x2bb || c == 0x2bc || c == 0x2be || c == 0x2bf ||
	    c == 0x93c || c == 0x9bc || c == 0xa3c || c == 0xb4 || c == 0x5f3 || c == 0x5f4;
}

/* Letters that are one for our purposes. */
uint32_t
pm_date_same_letter(uint32_t c)
{
	switch (c) {
	case 0x451: return 0x435;                        /* ё */
	case 0x131: case 0x130: return 'i';
	case 0x649: case 0x6cc: return 0x64a;            /* yeh */
	case 0x6a9: return 0x643;                        /* kaf */
	case 0x622: case 0x623: case 0x625: return 0x627; /* alef */
	case 0x958: return 0x915;                        /* with nukta */
	case 0x959: return 0x916;
	case 0x95a: return 0x917;
	case 0x95b: return 0x91c;
	case 0x95c: return 0x921;
	case 0x95d: return 0x922;
	case 0x95e: return 0x92b;
	case 0x9dc: return 0x9a1;
	case 0x9dd: return 0x9a2;
	case 0x9df: case 0x95f: return c == 0x9df ? 0x9af : 0x92f;
	case 0x629: case 0x6c0: case 0x6c1: return 0x647; /* heh */
	default: return c;
	}
}

static uint32_t
plain_mark(uint32_t c)
{
	if ((c >= 0x2010 && c <= 0x2015) || c == 0x2212)
		return '-';
	switch (c) {
	case 0x60c: case 0x3001: return ',';
	case 0x964: case 0x970: case 0x3002: case 0x6d4: return '.';
	case 0x2022: case 0xb7: case 0x25cf: case 0x25aa: case 0x2219:
	case 0x30fb: case 0x2758: case 0x2502: case 0xa6: case 0x203a:
	case 0xbb: case 0x2023: case 0x25e6: return '|';
	default: return '?';
	}
}

uint32_t
pm_date_plain_of_icu(uint32_t c)
{
	if (c >= 0xff01 && c <= 0xff5e)
		c -= 0xfee0;
	if (c < 0x80) {
		if (c >= 'A' && c <= 'Z')
			return c + 32;
		if (c == '\'' || c == '`' || c == '"')
			return PM_DATE_DROP;
		return c <= ' ' || c == 0x7f ? ' ' : c;
	}
	if (is_dropped(c))
		return PM_DATE_DROP;
	if (u_isUWhiteSpace((UChar32)c))
		return ' ';
	if (u_charType((UChar32)c) == U_DECIMAL_DIGIT_NUMBER)
		return '0' + (uint32_t)u_charDigitValue((UChar32)c);
	if ((U_MASK(u_charType((UChar32)c)) & (U_GC_L_MASK | U_GC_M_MASK)) == 0)
		return plain_mark(c);
	return pm_date_same_letter((uint32_t)u_foldCase((UChar32)
	    pm_date_same_letter(c),
	    U_FOLD_CASE_DEFAULT));
}
