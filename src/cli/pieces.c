#include "cli/pieces.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Bytes of text shown on each side of a change, and of a change. */
enum { CONTEXT_BYTES = 60, CHANGE_BYTES_MAX = 400 };

static bool
colour_wanted(void)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && (no == NULL || *no == '\0') &&
	    (term == NULL || strcmp(term, "dumb") != 0);
}

static bool
is_gap(uint8_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* The first bytes of text, cut between words or at least characters. */
static struct pm_bytes
head(struct pm_bytes text)
{
	size_t n = CONTEXT_BYTES;

	while (n > CONTEXT_BYTES / 2 && !is_gap(text.p[n]))
		n--;
	if (!is_gap(text.p[n]))
		for (n = CONTEXT_BYTES; n > 0 && (text.p[n] & 0xc0) == 0x80;)
			n--;
	return (struct pm_bytes){ text.p, n };
}

static struct pm_bytes
tail(struct pm_bytes text)
{
	size_t at = text.n - CONTEXT_BYTES;

	while (at < text.n - CONTEXT_BYTES / 2 && !is_gap(text.p[at]))
		at++;
	if (!is_gap(text.p[at]))
		for (at = text.n - CONTEXT_BYTES; at < text.n &&
		    (text.p[at] & 0xc0) == 0x80;)
			at++;
	return (struct pm_bytes){ text.p + at, text.n - at };
}

/* What is the same, with its middle left out; at the ends of the text only
 * the side where something changed is shown. */
static void
print_both(const struct pm_piece *piece, size_t n, size_t i)
{
	struct pm_bytes text = piece[i].text;
	bool first = i == 0, last = i + 1 == n;

	if (text.n <= 2 * CONTEXT_BYTES + 10) {
		output_text(stdout, text);
		return;
	}
	if (!first)
		output_text(stdout, head(text));
	fputs(first ? "..." : " ...", stdout);
	if (!last)
		output_text(stdout, tail(text));
}

/* The white space before a change stays outside of its marks. */
static void
print_change(const struct pm_piece *piece, size_t i, bool colour)
{
	bool old = piece[i].kind == PM_PIECE_OLD;
	struct pm_bytes text = piece[i].text;

	while (text.n > 0 && is_gap(*text.p)) {
		text.p++;
		text.n--;
	}
	if (text.n < piece[i].text.n && i > 0 &&
	    piece[i - 1].kind != PM_PIECE_OLD)
		putchar(' ');
	if (colour)
		fputs(old ? "\033[9;31m" : "\033[4;32m", stdout);
	else
		fputs(old ? "[-" : "{+", stdout);
	if (text.n <= CHANGE_BYTES_MAX) {
		output_text(stdout, text);
	} else {
		output_text(stdout, head(text));
		printf(" ... %zu words in all ...", piece[i].words);
		output_text(stdout, tail(text));
	}
	fputs(colour ? "\033[0m" : old ? "-]" : "+}", stdout);
}

void
pieces_print(const struct pm_piece *piece, size_t n)
{
	bool colour = colour_wanted();

	if (piece == NULL)
		return;
	fputs("      ", stdout);
	for (size_t i = 0; i < n; i++) {
		if (piece[i].kind == PM_PIECE_BOTH)
			print_both(piece, n, i);
		else
			print_change(piece, i, colour);
	}
	putchar('\n');
}
