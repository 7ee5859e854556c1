#include "archive/export_warc.h"

#include <limits.h>
#include <zlib.h>

#include "archive/map.h"
#include "base/err.h"
#include "base/mem.h"
#include "dup/digest.h"
#include "page/http.h"
#include "page/warc_digest.h"
#include "store/sha256.h"

enum { LEVEL = 9, OUT_BYTES = 64 << 10, ID_CHARS = 64, BASE32_CHARS = 57 };

struct pm_warc_export {
	struct pm_warc_export_options options;
	z_stream deflate;
	bool deflating;
	struct pm_buf header, fields, original;
	uint8_t *out;
	size_t out_n;
	struct pm_map written;       /* ids of original records */
};

/* ---- bytes ---- */

static void *
zlib_alloc(void *context, unsigned count, unsigned size)
{
	struct pm_err ignored;

	(void)context;
	return pm_alloc((size_t)count * size, &ignored);
}

static void
zlib_free(void *context, void *p)
{
	(void)context;
	pm_free(p);
}

static int
flush(struct pm_warc_export *e, struct pm_err *err)
{
	size_t n = e->out_n;

	e->out_n = 0;
	if (n > 0 && e->options.write(e->options.context, e->out, n) != 0)
		return pm_fail_errno(err, "cannot write");
	return PM_OK;
}

/* Bytes of the member at hand; Z_FINISH ends it. */
static int
compress_some(struct pm_warc_export *e, struct pm_bytes bytes, int how,
    struct pm_err *err)
{
	z_stream *z = &e->deflate;
	int code = Z_OK, rc;

	if (bytes.n == 0 && how == Z_NO_FLUSH)
		return PM_OK;
	do {
		unsigned n = bytes.n > UINT_MAX / 2 ? UINT_MAX / 2 :
		    (unsigned)bytes.n;

		z->next_in = (Bytef *)(uintptr_t)bytes.p;
		z->avail_in = n;
		z->next_out = e->out + e->out_n;
		z->avail_out = (unsigned)(OUT_BYTES - e->out_n);
		code = deflate(z, n == bytes.n ? how : Z_NO_FLUSH);
		e->out_n = OUT_BYTES - z->avail_out;
		bytes.p += n - z->avail_in;
		bytes.n -= n - z->avail_in;
		if (e->out_n == OUT_BYTES && (rc = flush(e, err)) != PM_OK)
			return rc;
	} while (bytes.n > 0 || (how == Z_FINISH && code != Z_STREAM_END));
	return PM_OK;
}

/* A member of its own: three parts of one record. */
static int
put_member(struct pm_warc_export *e, struct pm_bytes header,
    struct pm_bytes content, const char *end, struct pm_err *err)
{
	int rc = compress_some(e, header, Z_NO_FLUSH, err);

	if (rc == PM_OK)
		rc = compress_some(e, content, Z_NO_FLUSH, err);
	if (rc == PM_OK)
		rc = compress_some(e, pm_bytes_of(end), Z_FINISH, err);
	if (rc == PM_OK)
		(void)deflateReset(&e->deflate);
	return rc;
}

/* ---- names ---- */

/* <urn:uuid:...>, of what, of which and at what address; version 8 of RFC 9562. */
static void
make_id(char out[ID_CHARS], const char *what, struct pm_bytes which,
    struct pm_bytes url, struct pm_sha256_state *state)
{
	static const char begins[] = "<urn:uuid:";
	uint8_t digest[PM_SHA256_BYTES];
	char hex[33], *to = out + sizeof begins - 1;

	pm_sha256_update(state, pm_bytes_of(what));
	pm_sha256_update(state, (struct pm_bytes){ (const uint8_t *)"", 1 });
	pm_sha256_update(state, which);
	pm_sha256_update(state, (struct pm_bytes){ (const uint8_t *)"", 1 });
	pm_sha256_update(state, url);
	pm_sha256_final(digest, state);
	digest[6] = (uint8_t)((digest[6] & 0x0f) | 0x80);
	digest[8] = (uint8_t)((digest[8] & 0x3f) | 0x80);
	pm_hex(hex, digest, 16);
	memcpy(out, begins, sizeof begins - 1);
	for (int i = 0; i < 32; i++) {
		if (i == 8 || i == 12 || i == 16 || i == 20)
			*to++ = '-';
		*to++ = hex[i];
	}
	memcpy(to, ">", 2);
}

static int
set_id(char out[ID_CHARS], const char *what, struct pm_bytes which,
    struct pm_bytes url, struct pm_err *err)
{
	struct pm_sha256_state *state = pm_sha256_new(err);

	if (state == NULL)
		return PM_ENOMEM;
	make_id(out, what, which, url, state);
	pm_sha256_free(state);
	return PM_OK;
}

static void
base32_digest(char out[BASE32_CHARS], struct pm_bytes bytes)
{
	static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
	uint8_t digest[PM_SHA256_BYTES];
	uint32_t held = 0;
	unsigned bits = 0;
	size_t n = 0;

	pm_sha256(digest, bytes);
	for (size_t i = 0; i < sizeof digest; i++) {
		held = (held << 8 | digest[i]) & 0xfff;
		for (bits += 8; bits >= 5; bits -= 5)
			out[n++] = digit[held >> (bits - 5) & 31];
	}
	if (bits > 0)
		out[n++] = digit[held << (5 - bits) & 31];
	while (n < BASE32_CHARS - 1)
		out[n++] = '=';
	out[n] = '\0';
}

/* As an address is written: ASCII without blanks. */
static int
append_url(struct pm_buf *out, struct pm_bytes url, struct pm_err *err)
{
	int rc = PM_OK;

	for (size_t i = 0; i < url.n && rc == PM_OK; i++)
		rc = url.p[i] > ' ' && url.p[i] < 0x7f && url.p[i] != '<' &&
		    url.p[i] != '>' ?
		    pm_buf_append_byte(out, url.p[i], err) :
		    pm_buf_printf(out, err, "%%%02X", url.p[i]);
	return rc;
}

/* ---- records ---- */

struct heading {
	const char *type;            /* WARC-Type */
	const char *id;
	struct pm_when date;
	struct pm_bytes url;
	struct pm_bytes refers_to;
	const char *media;
	const struct pm_warc_article *article;       /* whose text it is */
};

static int
begin_header(struct pm_buf *out, const struct heading *h, struct pm_err *err)
{
	struct pm_when date = h->date;
	char printed[PM_WHEN_CHARS];
	int rc;

	date.offset_minutes = 0;
	(void)pm_when_format(printed, &date);
	pm_buf_reset(out);
	rc = pm_buf_printf(out, err, "WARC/1.1\r\nWARC-Type: %s\r\n"
	    "WARC-Record-ID: %s\r\nWARC-Date: %s\r\n", h->type, h->id,
	    printed);
	if (rc == PM_OK && h->url.n > 0 &&
	    (rc = pm_buf_append_str(out, "WARC-Target-URI: ", err)) == PM_OK &&
	    (rc = append_url(out, h->url, err)) == PM_OK)
		rc = pm_buf_append_str(out, "\r\n", err);
	if (rc == PM_OK && h->refers_to.n > 0 &&
	    (rc = pm_buf_append_str(out, "WARC-Refers-To: ", err)) == PM_OK &&
	    (rc = pm_buf_append(out, h->refers_to.p, h->refers_to.n, err)) ==
	    PM_OK)
		rc = pm_buf_append_str(out, "\r\n", err);
	return rc;
}

/* As exactly as it is known. */
static struct pm_bytes
print_published(char out[PM_WHEN_CHARS],
    const struct pm_warc_article *article)
{
	size_t n;

	if (!article->has_published)
		return (struct pm_bytes){ 0 };
	n = pm_when_format(out, &article->published);
	if (article->published.precision >= PM_DAY && n > 10)
		n = article->published.precision == PM_YEAR ? 4 :
		    article->published.precision == PM_MONTH ? 7 : 10;
	return (struct pm_bytes){ (uint8_t *)out, n };
}

/* One line whatever is in the value. */
static int
put_field(struct pm_buf *out, const char *name, struct pm_bytes value,
    struct pm_err *err)
{
	size_t from;
	int rc;

	if (value.n == 0)
		return PM_OK;
	if ((rc = pm_buf_printf(out, err, "%s: ", name)) != PM_OK)
		return rc;
	from = out->n;
	if ((rc = pm_buf_append(out, value.p, value.n, err)) != PM_OK)
		return rc;
	for (size_t i = from; i < out->n; i++)
		if (out->p[i] < ' ' || out->p[i] == 0x7f)
			out->p[i] = ' ';
	return pm_buf_append_str(out, "\r\n", err);
}

static int
put_article_fields(struct pm_buf *out, const struct pm_warc_article *article,
    struct pm_err *err)
{
	char printed[PM_WHEN_CHARS];
	int rc = put_field(out, "Pressmark-Article", article->id, err);

	if (rc == PM_OK)
		rc = put_field(out, "Pressmark-Title", article->title, err);
	if (rc == PM_OK)
		rc = put_field(out, "Pressmark-Published",
		    print_published(printed, article), err);
	if (rc == PM_OK)
		rc = put_field(out, "Pressmark-Language", article->lang, err);
	return rc;
}

static int
put_record(struct pm_warc_export *e, const struct heading *h,
    struct pm_bytes content, struct pm_err *err)
{
	char digest[BASE32_CHARS];
	int rc = begin_header(&e->header, h, err);

	base32_digest(digest, content);
	if (rc == PM_OK && h->article != NULL)
		rc = put_article_fields(&e->header, h->article, err);
	if (rc == PM_OK)
		rc = pm_buf_printf(&e->header, err, "Content-Type: %s\r\n"
		    "WARC-Block-Digest: sha256:%s\r\n"
		    "Content-Length: %zu\r\n\r\n", h->media, digest,
		    content.n);
	return rc != PM_OK ? rc : put_member(e, pm_buf_bytes(&e->header),
	    content, "\r\n\r\n", err);
}

static int
make_fields(struct pm_buf *out, const struct pm_warc_article *article,
    struct pm_err *err)
{
	char printed[PM_WHEN_CHARS];
	struct pm_bytes published = print_published(printed, article);
	int rc;

	pm_buf_reset(out);
	if ((rc = put_field(out, "id", article->id, err)) != PM_OK ||
	    (rc = put_field(out, "title", article->title, err)) != PM_OK ||
	    (rc = put_field(out, "published", published, err)) != PM_OK ||
	    (rc = put_field(out, "language", article->lang, err)) != PM_OK ||
	    (rc = put_field(out, "source", article->source, err)) != PM_OK)
		return rc;
	for (size_t i = 0; i < article->tag_n && rc == PM_OK; i++)
		rc = put_field(out, "tag", article->tag[i], err);
	return rc;
}

static int
put_metadata(struct pm_warc_export *e, const struct pm_warc_article *article,
    struct pm_bytes refers_to, struct pm_err *err)
{
	char id[ID_CHARS];
	struct heading h = { .type = "metadata", .id = id,
	    .date = article->crawled, .url = article->url,
	    .refers_to = refers_to, .media = "application/warc-fields" };
	int rc = set_id(id, "metadata", article->id, article->url,
	    err);

	if (rc == PM_OK)
		rc = make_fields(&e->fields, article, err);
	return rc != PM_OK ? rc : put_record(e, &h, pm_buf_bytes(&e->fields),
	    err);
}

static int
put_conversion(struct pm_warc_export *e,
    const struct pm_warc_article *article, struct pm_err *err)
{
	char id[ID_CHARS];
	struct heading h = { .type = "conversion", .id = id,
	    .date = article->crawled, .url = article->url,
	    .media = "text/plain; charset=UTF-8", .article = article };
	int rc = set_id(id, "conversion", article->id, article->url,
	    err);

	if (rc == PM_OK)
		rc = put_record(e, &h, article->text, err);
	return rc != PM_OK ? rc : put_metadata(e, article, pm_bytes_of(id),
	    err);
}

/* ---- the record that it came from ---- */

/* How much of it is header and content; 0: it is not whole, or of a version
 * that readers do not take. */
static size_t
whole_record(struct pm_bytes record)
{
	size_t header_n, length = 0;
	struct pm_bytes field;

	if (record.n < 9 || memcmp(record.p, "WARC/1.", 7) != 0)
		return 0;
	header_n = pm_header_end(record);
	if (header_n < 4 || memcmp(record.p + header_n - 4, "\r\n\r\n", 4) !=
	    0)
		return 0;
	field = pm_header_field((struct pm_bytes){ record.p, header_n },
	    "content-length");
	for (size_t i = 0; i < field.n; i++) {
		if (field.p[i] < '0' || field.p[i] > '9' || i == 18)
			return 0;
		length = length * 10 + (size_t)(field.p[i] - '0');
	}
	if (field.n == 0 || length > record.n - header_n)
		return 0;
	for (size_t i = header_n + length; i < record.n; i++)
		if (record.p[i] != '\r' && record.p[i] != '\n')
			return 0;
	return header_n + length;
}

/* Whoever checks the file would blame us for digests that were wrong before. */
static bool
is_sound(struct pm_bytes record)
{
	size_t header_n = pm_header_end(record);
	struct pm_bytes header = { record.p, header_n };
	struct pm_bytes block = { record.p + header_n, record.n - header_n };
	struct pm_http http;

	if (pm_warc_digest_check(pm_header_field(header,
	    "warc-block-digest"), block) == PM_DIGEST_OTHER)
		return false;
	pm_http_parse(&http, block);
	return pm_warc_digest_check(pm_header_field(header,
	    "warc-payload-digest"), http.payload) != PM_DIGEST_OTHER;
}

/* Of record ids, by their digests: another record may have the same. */
static bool
is_written(const struct pm_warc_export *e, struct pm_bytes id)
{
	return pm_map_first(&e->written, pm_digest64(id)) != PM_MAP_END;
}

static int
note_written(struct pm_warc_export *e, struct pm_bytes id, struct pm_err *err)
{
	return pm_map_add(&e->written, pm_digest64(id), 0, err);
}

/* PM_END: there is none that can be written. */
static int
put_original(struct pm_warc_export *e, const struct pm_warc_article *article,
    struct pm_err *err)
{
	struct pm_bytes record, id;
	int rc;

	if (e->options.original == NULL)
		return PM_END;
	pm_buf_reset(&e->original);
	if ((rc = e->options.original(e->options.context, &e->original,
	    article, err)) != PM_OK)
		return rc;
	record = pm_buf_bytes(&e->original);
	if ((record.n = whole_record(record)) == 0 || !is_sound(record))
		return PM_END;
	id = pm_header_field((struct pm_bytes){ record.p,
	    pm_header_end(record) }, "warc-record-id");
	if (id.n == 0 || is_written(e, id))
		return PM_END;
	if ((rc = note_written(e, id, err)) != PM_OK)
		return rc;
	rc = put_member(e, record, (struct pm_bytes){ 0 }, "\r\n\r\n", err);
	return rc != PM_OK ? rc : put_metadata(e, article, id, err);
}

/* ---- the export ---- */

static int
put_warcinfo(struct pm_warc_export *e, struct pm_err *err)
{
	static const char about[] = "software: pressmark\r\n"
	    "format: WARC File Format 1.1\r\n"
	    "conformsTo: http://iipc.github.io/warc-specifications/"
	    "specifications/warc-format/warc-1.1/\r\n"
	    "description: texts of articles (conversion), what is known of "
	    "them (metadata), and the records they were read from\r\n";
	char id[ID_CHARS];
	struct heading h = { .type = "warcinfo", .id = id,
	    .date = { .utc_seconds = e->options.made_seconds,
	    .precision = PM_MINUTE }, .media = "application/warc-fields" };
	const char *name = e->options.file_name;
	int rc;

	pm_buf_reset(&e->fields);
	if ((rc = pm_buf_append_str(&e->fields, about, err)) != PM_OK ||
	    (name != NULL && (rc = put_field(&e->fields, "file",
	    pm_bytes_of(name), err)) != PM_OK) ||
	    (rc = set_id(id, "warcinfo", pm_buf_bytes(&e->fields),
	    (struct pm_bytes){ 0 }, err)) !=
	    PM_OK)
		return rc;
	return put_record(e, &h, pm_buf_bytes(&e->fields), err);
}

int
pm_warc_export_open(struct pm_warc_export **out,
    const struct pm_warc_export_options *options, struct pm_err *err)
{
	struct pm_warc_export *e = pm_alloc_zero(sizeof *e, err);
	int rc = PM_ENOMEM;

	if (e == NULL)
		return PM_ENOMEM;
	e->options = *options;
	e->deflate.zalloc = zlib_alloc;
	e->deflate.zfree = zlib_free;
	if ((e->out = pm_alloc(OUT_BYTES, err)) == NULL)
		goto done;
	if (deflateInit2(&e->deflate, LEVEL, Z_DEFLATED, 15 + 16, 8,
	    Z_DEFAULT_STRATEGY) != Z_OK) {
		(void)pm_fail(err, PM_ENOMEM, "out of memory");
		goto done;
	}
	e->deflating = true;
	if ((rc = put_warcinfo(e, err)) != PM_OK)
		goto done;
	*out = e;
	e = NULL;
done:
	pm_warc_export_close(e);
	return rc;
}

int
pm_warc_export_article(struct pm_warc_export *export,
    const struct pm_warc_article *article, struct pm_err *err)
{
	int rc;

	if (article->url.n == 0) {
		if (export->options.left_out != NULL)
			export->options.left_out(export->options.context,
			    article);
		return PM_OK;
	}
	rc = put_original(export, article, err);
	return rc == PM_END ? put_conversion(export, article, err) : rc;
}

int
pm_warc_export_finish(struct pm_warc_export *export, struct pm_err *err)
{
	return flush(export, err);
}

void
pm_warc_export_close(struct pm_warc_export *export)
{
	if (export == NULL)
		return;
	if (export->deflating)
		(void)deflateEnd(&export->deflate);
	pm_buf_clear(&export->header);
	pm_buf_clear(&export->fields);
	pm_buf_clear(&export->original);
	pm_map_clear(&export->written);
	pm_free(export->out);
	pm_free(export);
}
