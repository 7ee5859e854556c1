/*
 * help.h - the table itself, and the texts made from it.
 */
#ifndef PM_CLI_HELP_H
#define PM_CLI_HELP_H

#include "cli/options.h"

enum option {
	OPT_CRAWLED, OPT_ZONE, OPT_DEPTH, OPT_PAIRS, OPT_LINKS, OPT_AGAINST,
	OPT_DIFF, OPT_TEASERS, OPT_MISSING, OPT_CAPTURES, OPT_CLUSTERS,
	OPT_TAGS, OPT_RUNS, OPT_LOST, OPT_OUTPUT, OPT_QUICK, OPT_DEEP,
	OPT_SINCE, OPT_UNTIL, OPT_ON, OPT_UNDATED, OPT_TAG, OPT_SOURCE,
	OPT_TITLE, OPT_ID, OPT_CRAWLED_SINCE, OPT_CRAWLED_UNTIL,
	OPT_ADDED_SINCE, OPT_UNIQUE, OPT_KEEP, OPT_JSON, OPT_QUIET, OPT_PROGRESS,
	OPT_NEAR, OPT_NEAR_LONG, OPT_CONTAINS, OPT_NOISY, OPT_THREADS,
	OPT_MEMORY, OPT_LEVEL, OPT_FRAME, OPT_TEXT_ONLY, OPT_FORMAT, OPT_WHY, OPT_LANG,
	OPT_URL, OPT_TAG_MAP, OPT_YES, OPT_ONLY, OPT_DRY_RUN, OPT_BYTES, OPT_PARITY,
	OPT_SUBSET, OPT_MAX_TIME, OPT_NO_SANDBOX, OPT_LIMIT
};

struct option_info {
	enum option option;
	const char *name;                /* without the dashes; NULL ends */
	char letter;                     /* 0: none */
	const char *value;               /* NULL: takes none */
	bool value_optional;             /* then only as --name=VALUE */
	bool select;                     /* part of SELECT */
	unsigned commands;               /* bits of enum command */
	const char *help;
};
extern const struct option_info option_table[];

struct command_info {
	enum command command;
	const char *name;                /* NULL ends */
	const char *operands;
	size_t operands_min, operands_max;
	const char *summary;
	const char *help;
};
extern const struct command_info command_table[];

void help_print(FILE *file);
void help_print_command(FILE *file, const struct command_info *command);
/* The man page, in man(7) macros. */
void help_print_man(FILE *file);

#endif
