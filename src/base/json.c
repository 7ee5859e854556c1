#include "base/json.h"

#include <stdio.h>

#include "base/utf8.h"

void
pm_json_begin(struct pm_json *json, struct pm_buf *out, struct pm_err *err)
{
	*json = (struct pm_json){ .out = out, .err = err };
}

int
pm_json_finish(struct pm_json *json)
{
	return json->status;
}

static void
put(struct pm_json *json, const void *p, size_t n)
{
	if (json->status == PM_OK)
		json->status = pm_buf_append(json->out, p, n, json->err);
}

static void
value_starts(struct pm_json *json)
{
	if (json->comma)
		put(json, ",", 1);
	json->comma = true;
}

static void
opens(struct pm_json *json, const char *bracket)
{
	value_starts(json);
	put(json, bracket, 1);
	json->comma = false;
}

static void
closes(struct pm_json *json, const char *bracket)
{
	put(json, bracket, 1);
	json->comma = true;
}

void
pm_json_object(struct pm_json *json)
{
	opens(json, "{");
}

void
pm_json_object_end(struct pm_json *json)
{
	closes(json, "}");
}

void
pm_json_array(struct pm_json *json)
{
	opens(json, "[");
}

void
pm_json_array_end(struct pm_json *json)
{
	closes(json, "]");
}

void
pm_json_key(struct pm_json *json, const char *key)
{
	pm_json_str(json, key);
	put(json, ":", 1);
	json->comma = false;
}

static void
put_escaped(struct pm_json *json, uint8_t byte)
{
	char text[8];
	int n;

	switch (byte) {
	case '"':
		n = snprintf(text, sizeof text, "\\\"");
		break;
	case '\\':
		n = snprintf(text, sizeof text, "\\\\");
		break;
	case '\n':
		n = snprintf(text, sizeof text, "\\n");
		break;
	case '\r':
		n = snprintf(text, sizeof text, "\\r");
		break;
	case '\t':
		n = snprintf(text, sizeof text, "\\t");
		break;
	default:
		n = snprintf(text, sizeof text, "\\u%s%02x",
		    byte >= 0x80 ? "dc" : "00", byte);
		break;
	}
	put(json, text, (size_t)n);
}

void
pm_json_string(struct pm_json *json, struct pm_bytes s)
{
	size_t start = 0, i = 0;

	value_starts(json);
	put(json, "\"", 1);
	while (i < s.n) {
		uint8_t byte = s.p[i];
		size_t n = byte < 0x80 ? 1 : pm_utf8_length(s, i);

		if (n > 0 && byte >= 0x20 && byte != '"' && byte != '\\' &&
		    byte != 0x7f) {
			i += n;
			continue;
		}
		put(json, s.p + start, i - start);
		put_escaped(json, byte);
		start = ++i;
	}
	if (start < i)
		put(json, s.p + start, i - start);
	put(json, "\"", 1);
}

void
pm_json_str(struct pm_json *json, const char *s)
{
	if (s == NULL)
		pm_json_null(json);
	else
		pm_json_string(json, pm_bytes_of(s));
}

void
pm_json_int(struct pm_json *json, int64_t value)
{
	char text[24];
	int n = snprintf(text, sizeof text, "%lld", (long long)value);

	value_starts(json);
	put(json, text, (size_t)n);
}

void
pm_json_real(struct pm_json *json, double value)
{
	char text[40];
	/* Rounded by hand, because printf's decimal point follows the
	 * program's locale. */
	int64_t scaled = (int64_t)(value * 10000 + (value < 0 ? -0.5 : 0.5));
	int64_t whole = scaled / 10000, rest = scaled % 10000;
	int n = snprintf(text, sizeof text, "%s%lld.%04lld",
	    scaled < 0 && whole == 0 ? "-" : "", (long long)whole,
	    (long long)(rest < 0 ? -rest : rest));

	while (text[n - 1] == '0' && text[n - 2] != '.')
		n--;
	value_starts(json);
	put(json, text, (size_t)n);
}

void
pm_json_bool(struct pm_json *json, bool value)
{
	value_starts(json);
	put(json, value ? "true" : "false", value ? 4 : 5);
}

void
pm_json_null(struct pm_json *json)
{
	value_starts(json);
	put(json, "null", 4);
}
