/*
 * json.h - writing JSON (reading it is jansson's work, in store/record.c).
 *
 * Compact JSON is appended to a buffer.  Commas are the writer's business:
 *
 *	struct pm_json json;
 *
 *	pm_json_begin(&json, &buf, &err);
 *	pm_json_object(&json);
 *	pm_json_key(&json, "path");
 *	pm_json_string(&json, path);
 *	pm_json_object_end(&json);
 *	rc = pm_json_finish(&json);      // the first error of all calls
 *
 * A string is written as UTF-8; a byte that is not part of valid UTF-8 is
 * written as the lone surrogate escape \udc80 to \udcff (what Python calls
 * surrogateescape), so that file names of any bytes survive.
 */
#ifndef PM_BASE_JSON_H
#define PM_BASE_JSON_H

#include <stdbool.h>

#include "base/buf.h"

struct pm_json {
	struct pm_buf *out;
	struct pm_err *err;
	int status;
	bool comma;      /* the next value needs a comma before it */
};

void pm_json_begin(struct pm_json *json, struct pm_buf *out,
    struct pm_err *err);
int pm_json_finish(struct pm_json *json);

void pm_json_object(struct pm_json *json);
void pm_json_object_end(struct pm_json *json);
void pm_json_array(struct pm_json *json);
void pm_json_array_end(struct pm_json *json);
void pm_json_key(struct pm_json *json, const char *key);
void pm_json_string(struct pm_json *json, struct pm_bytes s);
void pm_json_str(struct pm_json *json, const char *s);   /* NULL: null */
void pm_json_int(struct pm_json *json, int64_t value);
void pm_json_real(struct pm_json *json, double value);   /* 4 decimals */
void pm_json_bool(struct pm_json *json, bool value);
void pm_json_null(struct pm_json *json);

#endif
