/*
 * options.h - the one table of commands and options.  Parsing, --help and the
 * man page all come from it.
 */
#ifndef PM_CLI_OPTIONS_H
#define PM_CLI_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "pressmark.h"

/* Commands as bits, so that an option can name those it belongs to. */
enum command {
	CMD_ADD = 1 << 0, CMD_SCAN = 1 << 1, CMD_INSPECT = 1 << 2,
	CMD_LS = 1 << 3, CMD_SHOW = 1 << 4, CMD_EXTRACT = 1 << 5,
	CMD_RESTORE = 1 << 6, CMD_VERIFY = 1 << 7, CMD_REINDEX = 1 << 8,
	CMD_STATS = 1 << 9, CMD_DUPS = 1 << 10, CMD_WHY = 1 << 11,
	CMD_FORGET = 1 << 12, CMD_REPAIR = 1 << 13,
	CMD_OPTIMIZE = 1 << 16
};

enum progress_mode {
	PROGRESS_AUTO, PROGRESS_ALWAYS, PROGRESS_NEVER, PROGRESS_JSON
};

enum ls_what {
	LS_ARTICLES, LS_TEASERS, LS_MISSING, LS_CAPTURES, LS_CLUSTERS,
	LS_TAGS, LS_RUNS, LS_LOST
};

/* What the command line says. */
struct options {
	enum command command;
	const char **operand;
	size_t operand_n;
	bool json, quiet;
	enum progress_mode progress;
	unsigned threads, depth;
	uint64_t memory_bytes;
	int level;
	uint32_t frame_bytes;
	int parity_percent;          /* as in struct pm_add_options */
	struct pm_thresholds thresholds;
	const char *crawled, *output, *against, *tag_map_path;
	enum pm_pairs pairs;
	bool links, diff, why, text_only, no_sandbox;
	enum pm_reader format;
	bool bytes;                      /* of stats */
	bool yes, only, dry_run;         /* of forget */
	enum ls_what what;
	unsigned modes;                  /* bits of ls_what that were given */
	enum pm_verify_level verify;
	unsigned part, parts;            /* --subset */
	uint64_t max_seconds;
	struct pm_select select;
	bool selected;                   /* any option of SELECT was given */
	bool keep;                       /* --keep was given */
	const char **tag;                /* owner of select.tag */
	struct pm_tag_map *tag_map;      /* owned; NULL: none */
};

enum parsed { PARSED_RUN, PARSED_HELP, PARSED_WRONG };

/*
 * PARSED_HELP: --help or --version was asked for and printed.  PARSED_WRONG:
 * what is wrong was printed to standard error.
 */
enum parsed options_parse(struct options *out, int argc, char **argv);
void options_clear(struct options *options);

#endif
