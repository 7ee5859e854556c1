/*
 * output.h - everything that is printed: rows, notices, progress, errors.
 */
#ifndef PM_CLI_OUTPUT_H
#define PM_CLI_OUTPUT_H

#include "cli/options.h"

enum exit_status {
	EXIT_CLEAN = 0, EXIT_DAMAGED = 1, EXIT_USAGE = 2, EXIT_FAILED = 3,
	EXIT_INTERRUPTED = 130
};

struct output {
	const struct options *options;
	const char *label;               /* of the progress line */
	bool bar;                        /* is there a line to wipe out? */
	int64_t started_ms, told_ms;
	uint64_t notices, skipped, damaged;
	uint64_t rows;                   /* that were listed */
	struct pm_text json;
	struct pm_err err;
};

void output_init(struct output *output, const struct options *options,
    const char *label);
void output_clear(struct output *output);

/* Hooks for the library; output is their context. */
struct pm_hooks output_hooks(struct output *output);

/* Print err; the exit status that goes with it. */
int output_fail(struct output *output, const struct pm_err *err);
/* The status at the end of a command: cannot write, damaged, or clean. */
int output_finish(struct output *output, bool damaged);

/* One line of JSON that is in output->json. */
int output_json_line(struct output *output, int rc);

/* Bytes with control characters made visible, so that no page can play with
 * the terminal. */
void output_text(FILE *file, struct pm_bytes text);
void output_str(FILE *file, const char *text);
/* Strings with something between them. */
void output_list(const char *const *text, size_t n, const char *between);
/* "1 batch", "2 batches" */
void output_count(FILE *file, uint64_t n, const char *one,
    const char *many);
/* "1.5 MB" */
void output_size(FILE *file, uint64_t bytes);

/* A date as exactly as it is known, in 16 columns. */
void output_date(const char *time, const char *precision,
    const char *source);

/* A line of what is lost. */
void output_lost(const struct pm_lost *lost);

/* SIGINT and SIGTERM were seen. */
bool interrupted(void);
void catch_interrupts(void);

#endif
