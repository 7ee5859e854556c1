/*
 * The reader of HTML pages.
 */
#include "page/html_internal.h"

int
pm_page_read_html(struct pm_page *out, struct pm_arena *arena,
    const struct pm_page_input *in, struct pm_bytes text, struct pm_err *err)
{
	struct pm_html_tree tree;
	struct pm_html_look look;
	struct pm_bytes stated = { NULL, 0 };
	int rc;

	(void)in;
	out->reader = "html";
	if ((rc = pm_html_tree_parse(&tree, arena, text, err)) != PM_OK ||
	    (rc = pm_html_look(&look, arena, &tree, err)) != PM_OK)
		return rc;
	if ((rc = pm_html_body_choose(&look, out->title, stated)) != PM_OK ||
	    (rc = pm_html_body_write(&out->body, &look)) != PM_OK)
		return rc;
	if (out->body.n > 0)
		out->kind = PM_PAGE_PAGE;
	else
		out->reason = "no text";
	return PM_OK;
}
