#include "cli/tag_names.h"

#include <stdlib.h>

static int
append(struct options *options, const char *const *name, size_t n,
    struct pm_err *err)
{
	size_t before = options->select.tag_n;
	const char **tag = realloc(options->tag,
	    (before + n) * sizeof *tag);

	if (tag == NULL) {
		*err = (struct pm_err){ .status = PM_ENOMEM,
		    .text = "out of memory" };
		return PM_ENOMEM;
	}
	for (size_t i = 0; i < n; i++)
		tag[before + i] = name[i];
	options->tag = tag;
	options->select.tag = tag;
	options->select.tag_n = before + n;
	return PM_OK;
}

/* The tags as they were given stay, and have their other names behind them. */
static int
add_names(struct options *options, struct pm_err *err)
{
	size_t given = options->select.tag_n;
	int rc = PM_OK;

	for (size_t i = 0; i < given && rc == PM_OK; i++) {
		const char *const *name;
		size_t n;

		rc = pm_tag_map_find(&name, &n, options->tag_map,
		    options->tag[i], err);
		if (rc == PM_OK)
			rc = append(options, name, n, err);
		else if (rc == PM_END)
			rc = PM_OK;
	}
	return rc;
}

int
tag_names_read(struct options *options)
{
	struct output output;
	int status = EXIT_CLEAN;

	if (options->tag_map_path == NULL)
		return EXIT_CLEAN;
	output_init(&output, options, "");
	if (pm_tag_map_read(&options->tag_map, options->tag_map_path,
	    &output.err) != PM_OK || add_names(options, &output.err) != PM_OK)
		status = output_fail(&output, &output.err);
	output_clear(&output);
	return status;
}
