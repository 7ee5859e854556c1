/*
 * YAML by libyaml's events: nothing is built, so an alias costs nothing; they
 * are passed over.  Scalars stay the strings they are.
 */
#include <yaml.h>

#include "base/err.h"
#include "page/fields.h"

enum { DEPTH_MAX = 32, LIST_MAX = 64 };

struct reading {
	yaml_parser_t parser;
	struct pm_fields *fields;
	struct pm_arena *arena;
	struct pm_err *err;
	unsigned depth;              /* of mappings and sequences */
	bool has_key;                /* of the outermost mapping */
	enum pm_field field;
	struct pm_field_value value; /* name: the key at hand */
	struct pm_bytes list[LIST_MAX];
	size_t list_n;
	bool in_list;
};

static int
copy(struct pm_bytes *out, struct reading *r, const yaml_event_t *event)
{
	size_t n = event->data.scalar.length;

	out->n = n;
	out->p = pm_arena_copy(r->arena, event->data.scalar.value, n, r->err);
	return out->p != NULL ? PM_OK : PM_ENOMEM;
}

static int
take_key(struct reading *r, const yaml_event_t *event)
{
	struct pm_bytes name = { event->data.scalar.value,
	    event->data.scalar.length };

	r->has_key = true;
	r->value = (struct pm_field_value){ .rank = 0 };
	r->list_n = 0;
	r->field = pm_field_of_name(&r->value.rank, name);
	if (!pm_fields_want(r->fields, r->field, r->value.rank)) {
		r->field = PM_FIELD_NONE;
		return PM_OK;
	}
	return copy(&r->value.name, r, event);
}

static int
take_scalar(struct reading *r, const yaml_event_t *event)
{
	if (r->depth == 1 && !r->has_key)
		return take_key(r, event);
	if (r->depth == 1) {
		r->has_key = false;
		if (r->field == PM_FIELD_NONE)
			return PM_OK;
		if (copy(&r->value.text, r, event) != PM_OK)
			return PM_ENOMEM;
		pm_fields_offer(r->fields, r->field, &r->value);
		return PM_OK;
	}
	if (r->depth != 2 || !r->in_list || r->field == PM_FIELD_NONE ||
	    r->list_n == LIST_MAX || event->data.scalar.length == 0)
		return PM_OK;
	return copy(&r->list[r->list_n++], r, event);
}

static int
end_collection(struct reading *r)
{
	if (--r->depth != 1)
		return PM_OK;
	r->has_key = false;
	r->in_list = false;
	if (r->list_n == 0)
		return PM_OK;
	r->value.list = pm_arena_copy(r->arena, r->list,
	    r->list_n * sizeof *r->list, r->err);
	if (r->value.list == NULL)
		return PM_ENOMEM;
	r->value.list_n = r->list_n;
	r->list_n = 0;
	pm_fields_offer(r->fields, r->field, &r->value);
	return PM_OK;
}

/* False in *good: this is not what front matter looks like. */
static int
take_event(struct reading *r, bool *good, const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_MAPPING_START_EVENT:
		*good = r->depth < DEPTH_MAX;
		r->depth++;
		return PM_OK;
	case YAML_SEQUENCE_START_EVENT:
		*good = r->depth > 0 && r->depth < DEPTH_MAX;
		if (++r->depth == 2)
			r->in_list = true;
		return PM_OK;
	case YAML_MAPPING_END_EVENT:
	case YAML_SEQUENCE_END_EVENT:
		return end_collection(r);
	case YAML_ALIAS_EVENT:
		if (r->depth == 1)
			r->has_key = !r->has_key;
		r->field = PM_FIELD_NONE;
		return PM_OK;
	case YAML_SCALAR_EVENT:
		*good = r->depth > 0;
		return take_scalar(r, event);
	default:
		return PM_OK;
	}
}

/* A collection that is a key is not understood; what follows would be off. */
static bool
is_key_collection(const struct reading *r, const yaml_event_t *event)
{
	return r->depth == 1 && !r->has_key &&
	    (event->type == YAML_MAPPING_START_EVENT ||
	    event->type == YAML_SEQUENCE_START_EVENT);
}

static int
read_events(struct reading *r, bool *broken)
{
	bool more = true, good = true;
	yaml_event_t event;
	int rc = PM_OK;

	while (more && rc == PM_OK) {
		if (yaml_parser_parse(&r->parser, &event) == 0) {
			*broken = true;
			return PM_OK;
		}
		more = event.type != YAML_DOCUMENT_END_EVENT &&
		    event.type != YAML_STREAM_END_EVENT;
		good = !is_key_collection(r, &event);
		if (good)
			rc = take_event(r, &good, &event);
		yaml_event_delete(&event);
		if (!good) {
			*broken = true;
			return rc;
		}
	}
	return rc;
}

int
pm_yaml_read(struct pm_fields *fields, bool *broken, struct pm_arena *arena,
    struct pm_bytes block, struct pm_err *err)
{
	struct reading reading = { .fields = fields, .arena = arena,
	    .err = err };
	int rc;

	*broken = false;
	if (yaml_parser_initialize(&reading.parser) == 0)
		return pm_fail(err, PM_ENOMEM, "out of memory (YAML)");
	yaml_parser_set_encoding(&reading.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&reading.parser, block.p, block.n);
	rc = read_events(&reading, broken);
	yaml_parser_delete(&reading.parser);
	return rc;
}
