#include "cli/inputs.h"

#include <string.h>

struct pm_input
input_of(const struct options *options, size_t first, size_t rest)
{
	return (struct pm_input){ .path = options->operand + first,
	    .path_n = options->operand_n - first - rest,
	    .crawled = options->crawled, .zone = options->select.zone,
	    .depth = options->depth, .format = options->format,
	    .sandbox = !options->no_sandbox };
}

int
inputs_with_archive(const struct options *options, const char *label,
    int (*work)(struct output *output, struct pm_archive *archive))
{
	struct pm_archive *archive = NULL;
	struct output output;
	int status, rc;

	output_init(&output, options, label);
	rc = pm_archive_open(&archive, options->operand[0], &output.err);
	if (rc == PM_OK)
		rc = work(&output, archive);
	status = rc < 0 ? output_fail(&output, &output.err) :
	    output_finish(&output, false);
	pm_archive_close(archive);
	output_clear(&output);
	return status;
}

static int
refuse(struct output *output, const char *path, const char *why)
{
	output->err = (struct pm_err){ .status = PM_EUSAGE };
	(void)snprintf(output->err.text, sizeof output->err.text, "%s: %s",
	    path, why);
	return PM_EUSAGE;
}

static bool
has_thresholds(const struct pm_thresholds *thresholds)
{
	return thresholds->near > 0 || thresholds->near_long > 0 ||
	    thresholds->contains > 0 || thresholds->noisy != 0;
}

static int
scan_inputs(struct pm_archive **out, uint64_t *unreadable,
    struct output *output, size_t rest)
{
	const struct options *options = output->options;
	struct pm_scan_options scan = {
	    .input = input_of(options, 0, rest),
	    .threads = options->threads,
	    .memory_bytes = options->memory_bytes,
	    .thresholds = options->thresholds,
	    .hooks = output_hooks(output) };
	struct pm_counts counts;
	int rc = pm_archive_scan(out, &counts, &scan, &output->err);

	if (rc == PM_OK)
		*unreadable = counts.unreadable;
	return rc;
}

int
inputs_open(struct pm_archive **out, uint64_t *unreadable,
    struct output *output, size_t rest)
{
	const struct options *options = output->options;
	size_t n = options->operand_n - rest;

	*unreadable = 0;
	for (size_t i = 0; i < n; i++) {
		if (!pm_is_archive(options->operand[i]))
			continue;
		if (n > 1)
			return refuse(output, options->operand[i],
			    "an archive is given alone, not among inputs");
		if (has_thresholds(&options->thresholds))
			return refuse(output, options->operand[i],
			    "an archive has thresholds of its own; leave "
			    "out --near, --near-long, --contains and "
			    "--noisy");
		return pm_archive_open(out, options->operand[i],
		    &output->err);
	}
	return scan_inputs(out, unreadable, output, rest);
}
