#include "archive/parity.h"

#include "base/err.h"
#include "store/parity.h"

/* ---- writing ---- */

static int
percent_of(int percent)
{
	return percent == 0 ? PM_PARITY_AS_IT_IS :
	    percent == PM_NO_PARITY ? 0 : percent;
}

int
pm_archive_parity_begin(const struct pm_writer *writer, int percent,
    struct pm_err *err)
{
	bool fresh = pm_volume_writer_head(writer->volumes)->sequence == 0;

	if (percent > 0 || (percent == 0 && fresh))
		return pm_parity_begin(writer->path, err);
	return PM_OK;
}

struct noticer {
	const struct pm_hooks *hooks;
	uint64_t *damaged;
};

static int
notice_fault(void *context, const struct pm_parity_fault *fault)
{
	const struct noticer *noticer = context;
	const struct pm_hooks *hooks = noticer->hooks;

	++*noticer->damaged;
	if (hooks != NULL && hooks->notice != NULL)
		hooks->notice(hooks->context, PM_NOTICE_DAMAGED, fault->file,
		    fault->text);
	return 0;
}

int
pm_archive_parity_update(uint64_t *damaged, const struct pm_writer *writer,
    int percent, unsigned threads, struct pm_err *err)
{
	struct noticer noticer = { writer->hooks, damaged };
	struct pm_parity_options options = { .percent = percent_of(percent),
	    .pool = writer->pool, .threads = threads,
	    .tell = { notice_fault, &noticer } };

	return pm_parity_update(writer->path, &options, err);
}

/* ---- verify ---- */

struct checker {
	struct pm_verified *out;
	const struct pm_verify_options *options;
};

static int
report_fault(void *context, const struct pm_parity_fault *fault)
{
	const struct checker *checker = context;
	struct pm_problem problem = { .file = fault->file,
	    .volume = fault->volume, .text = fault->text };

	checker->out->problems++;
	return checker->options->problem == NULL ? 0 :
	    checker->options->problem(checker->options->context, &problem);
}

int
pm_archive_parity_check(struct pm_verified *out, const char *path,
    const struct pm_verify_options *options, struct pm_err *err)
{
	static const enum pm_parity_level level[] = {
	    [PM_VERIFY_QUICK] = PM_PARITY_HEADERS,
	    [PM_VERIFY_DEFAULT] = PM_PARITY_WHOLE,
	    [PM_VERIFY_DEEP] = PM_PARITY_VOLUMES };
	struct checker checker = { out, options };
	struct pm_parity_tell tell = { report_fault, &checker };

	return pm_parity_check(path, level[options->level], &tell, err);
}
