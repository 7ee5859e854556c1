/* extract and restore. */
#include <string.h>

#include "cli/commands.h"
#include "cli/output.h"

static int
write_stdout(void *context, const void *p, size_t n)
{
	(void)context;
	return fwrite(p, 1, n, stdout) == n ? 0 : -1;
}

int
cmd_extract(const struct options *options)
{
	struct pm_extract_options extract = { .select = options->select,
	    .destination = options->output, .write = write_stdout };
	struct pm_archive *archive = NULL;
	struct output output;
	uint64_t articles = 0, failed = 0;
	int status, rc;

	output_init(&output, options, "extract");
	extract.hooks = output_hooks(&output);
	rc = pm_archive_open(&archive, options->operand[0], &output.err);
	if (rc == PM_OK)
		rc = pm_extract(&articles, &failed, archive, &extract,
		    &output.err);
	if (rc < 0) {
		status = output_fail(&output, &output.err);
	} else {
		if (options->json && strcmp(options->output, "-") != 0)
			printf("{\"articles\":%llu,\"failed\":%llu}\n",
			    (unsigned long long)articles,
			    (unsigned long long)failed);
		status = output_finish(&output, failed > 0);
		if (!options->quiet && status != EXIT_FAILED) {
			output_count(stderr, articles, "article", "articles");
			fputs(failed > 0 ? ", some could not be read (see "
			    "above)\n" : "\n", stderr);
		}
	}
	pm_archive_close(archive);
	output_clear(&output);
	return status;
}

int
cmd_restore(const struct options *options)
{
	struct pm_restore_options restore = { .select = options->select,
	    .selected = options->selected, .directory = options->output };
	struct pm_archive *archive = NULL;
	struct output output;
	uint64_t captures = 0, failed = 0;
	int status, rc;

	output_init(&output, options, "restore");
	restore.hooks = output_hooks(&output);
	rc = pm_archive_open(&archive, options->operand[0], &output.err);
	if (rc == PM_OK)
		rc = pm_restore(&captures, &failed, archive, &restore,
		    &output.err);
	if (rc < 0) {
		status = output_fail(&output, &output.err);
	} else {
		if (options->json)
			printf("{\"captures\":%llu,\"failed\":%llu}\n",
			    (unsigned long long)captures,
			    (unsigned long long)failed);
		status = output_finish(&output, failed > 0);
		if (!options->quiet) {
			output_count(stderr, captures, "capture restored",
			    "captures restored");
			fputs(failed > 0 ? ", some could not be (see "
			    "above)\n" : "\n", stderr);
		}
	}
	pm_archive_close(archive);
	output_clear(&output);
	return status;
}
