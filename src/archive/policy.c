#include "archive/policy.h"

#include "base/err.h"

enum { NOISY_BANDS = 42, NOISY_ROWS = 3 };

/* To four places, as it is written down: what is recorded is what decides. */
static double
four_places(double share)
{
	return (double)(uint64_t)(share * 10000 + 0.5) / 10000;
}

static int
put_over(struct pm_policy *policy, const struct pm_thresholds *asked,
    struct pm_err *err)
{
	/* Negated, so that NaN is refused too. */
	if (!(asked->near >= 0 && asked->near <= 1 &&
	    asked->near_long >= 0 && asked->near_long <= 1 &&
	    asked->contains >= 0 && asked->contains <= 1))
		return pm_fail(err, PM_EUSAGE, "thresholds must lie above 0 "
		    "and not above 1");
	if (asked->near > 0)
		policy->near = policy->near_long = four_places(asked->near);
	if (asked->near_long > 0)
		policy->near_long = four_places(asked->near_long);
	if (asked->contains > 0)
		policy->contains = four_places(asked->contains);
	if (asked->noisy) {
		policy->bands = NOISY_BANDS;
		policy->rows = NOISY_ROWS;
	}
	return pm_policy_check(policy, err);
}

int
pm_policy_new(struct pm_policy *out, const struct pm_thresholds *asked,
    struct pm_err *err)
{
	*out = pm_policy_default;
	return put_over(out, asked, err);
}

int
pm_policy_of(struct pm_policy *out, struct pm_catalog *catalog,
    struct pm_err *err)
{
	struct pm_catalog_versions versions;
	int rc = pm_catalog_versions(&versions, catalog, err);

	*out = pm_policy_default;
	if (rc != PM_OK || versions.runs == 0)
		return rc;
	return pm_policy_parse(out, pm_bytes_of(versions.policy), err);
}

int
pm_policy_agree(struct pm_policy *out, const struct pm_thresholds *asked,
    struct pm_catalog *catalog, const char *archive, struct pm_err *err)
{
	char own_text[PM_POLICY_CHARS], text[PM_POLICY_CHARS];
	struct pm_catalog_versions versions;
	struct pm_policy own;
	int rc = pm_catalog_versions(&versions, catalog, err);

	if (rc != PM_OK)
		return rc;
	if (versions.runs == 0)
		return pm_policy_new(out, asked, err);
	if ((rc = pm_policy_of(&own, catalog, err)) != PM_OK)
		return pm_err_context(err, "%s", archive);
	*out = own;
	if ((rc = put_over(out, asked, err)) != PM_OK)
		return rc;
	pm_policy_print(own_text, &own);
	pm_policy_print(text, out);
	if (strcmp(own_text, text) != 0)
		return pm_fail(err, PM_EUSAGE, "%s: its articles were "
		    "compared with %s, now %s is asked for; leave the "
		    "thresholds out, or begin a new archive", archive,
		    own_text, text);
	return PM_OK;
}
