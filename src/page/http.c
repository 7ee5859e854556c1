#include "page/http.h"

#include <brotli/decode.h>
#include <limits.h>
#include <zlib.h>

#include "base/err.h"

enum { ENCODINGS_MAX = 4, BLOCK = 64 << 10, RATIO_FROM = 1 << 20 };

/* ---- headers ---- */

static uint8_t
lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

bool
pm_equals_ignoring_case(struct pm_bytes s, const char *word)
{
	if (s.n != strlen(word))
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (lower(s.p[i]) != (uint8_t)word[i])
			return false;
	return true;
}

struct pm_bytes
pm_trim_blanks(struct pm_bytes s)
{
	while (s.n > 0 && s.p[0] <= ' ') {
		s.p++;
		s.n--;
	}
	while (s.n > 0 && s.p[s.n - 1] <= ' ')
		s.n--;
	return s;
}

/* The line at `at` without its end; *next is the one behind it. */
static struct pm_bytes
line_at(size_t *next, struct pm_bytes text, size_t at)
{
	const uint8_t *p = text.p + at;
	const uint8_t *end = memchr(p, '\n', text.n - at);
	size_t n = end == NULL ? text.n - at : (size_t)(end - p);

	*next = end == NULL ? text.n : at + n + 1;
	while (n > 0 && p[n - 1] == '\r')
		n--;
	return (struct pm_bytes){ p, n };
}

size_t
pm_header_end(struct pm_bytes bytes)
{
	size_t at = 0, next;

	while (at < bytes.n) {
		if (line_at(&next, bytes, at).n == 0)
			return next;
		at = next;
	}
	return bytes.n;
}

struct pm_bytes
pm_header_field(struct pm_bytes header, const char *name)
{
	size_t at = 0, next, n = strlen(name);

	while (at < header.n) {
		struct pm_bytes line = line_at(&next, header, at);

		at = next;
		if (line.n <= n || line.p[n] != ':' ||
		    !pm_equals_ignoring_case((struct pm_bytes){ line.p, n },
		    name))
			continue;
		while (next < header.n && (header.p[next] == ' ' ||
		    header.p[next] == '\t'))
			(void)line_at(&next, header, next);
		n++;
		return pm_trim_blanks((struct pm_bytes){ line.p + n,
		    (size_t)(header.p + next - line.p) - n });
	}
	return (struct pm_bytes){ 0 };
}

struct pm_bytes
pm_media_type(struct pm_bytes value)
{
	size_t n = 0;

	while (n < value.n && value.p[n] != ';' && value.p[n] != ',')
		n++;
	return pm_trim_blanks((struct pm_bytes){ value.p, n });
}

struct pm_bytes
pm_media_charset(struct pm_bytes value)
{
	static const char name[] = "charset=";
	const size_t n = sizeof name - 1;

	for (size_t i = 1; i + n < value.n; i++) {
		struct pm_bytes found = { value.p + i, n };
		size_t end;

		if ((value.p[i - 1] != ';' && value.p[i - 1] > ' ') ||
		    !pm_equals_ignoring_case(found, name))
			continue;
		found.p += n;
		if (*found.p == '"' || *found.p == '\'')
			found.p++;
		end = (size_t)(value.p + value.n - found.p);
		for (found.n = 0; found.n < end && found.p[found.n] > ' ' &&
		    strchr(";,\"'", found.p[found.n]) == NULL; found.n++)
			continue;
		return found;
	}
	return (struct pm_bytes){ 0 };
}

static unsigned
status_of(struct pm_bytes line)
{
	size_t i = 5;
	unsigned status = 0;

	if (line.n < 5 || memcmp(line.p, "HTTP/", 5) != 0)
		return 0;
	while (i < line.n && line.p[i] > ' ')
		i++;
	while (i < line.n && line.p[i] == ' ')
		i++;
	for (; i < line.n && line.p[i] >= '0' && line.p[i] <= '9' &&
	    status < 1000; i++)
		status = status * 10 + (unsigned)(line.p[i] - '0');
	return status < 1000 ? status : 0;
}

void
pm_http_parse(struct pm_http *out, struct pm_bytes bytes)
{
	size_t end = 0, next;

	*out = (struct pm_http){ 0 };
	if (bytes.n > 0)
		out->status = status_of(line_at(&next, bytes, 0));
	if (out->status != 0)
		end = pm_header_end(bytes);
	out->header = (struct pm_bytes){ bytes.p, end };
	out->payload = (struct pm_bytes){ bytes.p + end, bytes.n - end };
	out->unchunked = out->body = out->payload;
}

/* ---- chunks ---- */

/* The size before a chunk; false when there is none. */
static bool
chunk_size(size_t *size, size_t *next, struct pm_bytes s, size_t at)
{
	struct pm_bytes line = line_at(next, s, at);
	size_t i = 0;

	*size = 0;
	for (; i < line.n && i < 8; i++) {
		uint8_t c = lower(line.p[i]);
		bool digit = c >= '0' && c <= '9';

		if (!digit && !(c >= 'a' && c <= 'f'))
			break;
		*size = *size * 16 + (size_t)(digit ? c - '0' : c - 'a' + 10);
	}
	return i > 0 && (i == line.n || line.p[i] == ';' || line.p[i] == ' ');
}

/* Chunks of s into out, which has room for them; how much that is.  Where
 * they are broken the rest is taken as it is. */
static size_t
join_chunks(uint8_t *out, const char **odd, struct pm_bytes s)
{
	size_t at = 0, n = 0, size, next;

	while (at < s.n) {
		if (!chunk_size(&size, &next, s, at)) {
			*odd = "broken: taken as they are from there on";
			size = s.n - at;
			next = at;
		} else if (size == 0) {
			return n;
		} else if (size > s.n - next) {
			*odd = "cut short";
			size = s.n - next;
		}
		memcpy(out + n, s.p + next, size);
		n += size;
		at = next + size;
		if (at < s.n && s.p[at] == '\r')
			at++;
		if (at < s.n && s.p[at] == '\n')
			at++;
	}
	if (*odd == NULL)
		*odd = "no last one";
	return n;
}

static int
unchunk(struct pm_http *http, struct pm_page *page, struct pm_arena *arena,
    struct pm_err *err)
{
	struct pm_bytes s = http->payload;
	const char *odd = NULL;
	size_t size, next, n;
	uint8_t *p;

	if (s.n == 0)
		return PM_OK;
	if (!chunk_size(&size, &next, s, 0)) {
		pm_page_note(page, "chunks", "there are none, although the "
		    "header says so: taken as it is");
		return PM_OK;
	}
	if ((p = pm_arena_alloc(arena, s.n, err)) == NULL)
		return PM_ENOMEM;
	n = join_chunks(p, &odd, s);
	http->unchunked = http->body = (struct pm_bytes){ p, n };
	if (odd != NULL)
		pm_page_note(page, "chunks", odd);
	/* One chunk is a stretch of the capture. */
	if (n == size && odd == NULL && next + n <= s.n)
		http->unchunked.p = http->body.p = s.p + next;
	return PM_OK;
}

/* ---- content encodings ---- */

enum outcome { DECODED, PART, NOT_DECODED, TOO_LARGE };

static void *
zlib_alloc(void *context, unsigned count, unsigned size)
{
	struct pm_err ignored;

	(void)context;
	return pm_alloc((size_t)count * size, &ignored);
}

static void
library_free(void *context, void *p)
{
	(void)context;
	pm_free(p);
}

static void *
brotli_alloc(void *context, size_t size)
{
	struct pm_err ignored;

	(void)context;
	return pm_alloc(size, &ignored);
}

static bool
grew_too_far(const struct pm_buf *out, size_t from)
{
	return out->n > PM_HTTP_DECODED_MAX || (out->n > RATIO_FROM &&
	    out->n / PM_HTTP_RATIO_MAX > from);
}

/* One member at z->next_in; Z_STREAM_END when it is whole. */
static int
inflate_member(z_stream *z, struct pm_buf *out, size_t from, int *rc,
    struct pm_err *err)
{
	int code = Z_OK;

	while (code == Z_OK && !grew_too_far(out, from)) {
		if ((*rc = pm_buf_reserve(out, BLOCK, err)) != PM_OK)
			return Z_MEM_ERROR;
		z->next_out = out->p + out->n;
		z->avail_out = BLOCK;
		code = inflate(z, Z_NO_FLUSH);
		out->n += BLOCK - z->avail_out;
	}
	if (code == Z_MEM_ERROR || code == Z_STREAM_ERROR)
		*rc = pm_fail(err, PM_ENOMEM, "out of memory");
	return code;
}

static int
inflate_all(enum outcome *outcome, struct pm_buf *out, struct pm_bytes in,
    int window, struct pm_err *err)
{
	z_stream z = { .zalloc = zlib_alloc, .zfree = library_free };
	int rc = PM_OK, code;

	if (inflateInit2(&z, window) != Z_OK)
		return pm_fail(err, PM_ENOMEM, "out of memory");
	/* zlib's pointer is to bytes that it does not write. */
	z.next_in = (Bytef *)(uintptr_t)in.p;
	z.avail_in = in.n > UINT_MAX ? UINT_MAX : (unsigned)in.n;
	do {
		code = inflate_member(&z, out, in.n, &rc, err);
	} while (rc == PM_OK && code == Z_STREAM_END && z.avail_in > 2 &&
	    z.next_in[0] == 0x1f && z.next_in[1] == 0x8b &&
	    inflateReset(&z) == Z_OK);
	(void)inflateEnd(&z);
	*outcome = grew_too_far(out, in.n) ? TOO_LARGE :
	    code == Z_STREAM_END ? DECODED : out->n > 0 ? PART : NOT_DECODED;
	return rc;
}

static int
unbrotli(enum outcome *outcome, struct pm_buf *out, struct pm_bytes in,
    struct pm_err *err)
{
	BrotliDecoderState *state = BrotliDecoderCreateInstance(brotli_alloc,
	    library_free, NULL);
	BrotliDecoderResult result = BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT;
	size_t left = in.n;
	int rc = PM_OK;

	if (state == NULL)
		return pm_fail(err, PM_ENOMEM, "out of memory");
	while (result == BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT &&
	    !grew_too_far(out, in.n)) {
		size_t room = BLOCK;
		uint8_t *to;

		if ((rc = pm_buf_reserve(out, BLOCK, err)) != PM_OK)
			break;
		to = out->p + out->n;
		result = BrotliDecoderDecompressStream(state, &left, &in.p,
		    &room, &to, NULL);
		out->n += BLOCK - room;
	}
	BrotliDecoderErrorCode code = BrotliDecoderGetErrorCode(state);
	if (rc == PM_OK && code <=
	    BROTLI_DECODER_ERROR_ALLOC_CONTEXT_MODES && code >=
	    BROTLI_DECODER_ERROR_ALLOC_BLOCK_TYPE_TREES)
		rc = pm_fail(err, PM_ENOMEM, "out of memory");
	BrotliDecoderDestroyInstance(state);
	*outcome = grew_too_far(out, in.n) ? TOO_LARGE :
	    result == BROTLI_DECODER_RESULT_SUCCESS ? DECODED :
	    out->n > 0 ? PART : NOT_DECODED;
	return rc;
}

static int
decode_one(enum outcome *outcome, struct pm_buf *out, struct pm_bytes in,
    struct pm_bytes encoding, struct pm_err *err)
{
	int rc;

	if (pm_equals_ignoring_case(encoding, "br"))
		return unbrotli(outcome, out, in, err);
	rc = inflate_all(outcome, out, in, 15 + 32, err);
	/* Some send "deflate" without the frame of zlib. */
	if (rc == PM_OK && *outcome == NOT_DECODED &&
	    pm_equals_ignoring_case(encoding, "deflate"))
		rc = inflate_all(outcome, out, in, -15, err);
	return rc;
}

static bool
is_known_encoding(struct pm_bytes encoding)
{
	static const char *const known[] = { "gzip", "x-gzip", "deflate",
	    "br" };

	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (pm_equals_ignoring_case(encoding, known[i]))
			return true;
	return false;
}

/* Undo one encoding of http->body. */
static int
undo(struct pm_http *http, struct pm_page *page, struct pm_arena *arena,
    struct pm_bytes encoding, struct pm_err *err)
{
	enum outcome outcome = NOT_DECODED;
	struct pm_buf out;
	int rc;

	pm_buf_init(&out);
	rc = decode_one(&outcome, &out, http->body, encoding, err);
	if (rc == PM_OK && outcome == TOO_LARGE) {
		http->refused = "its payload unpacks to too much";
	} else if (rc == PM_OK && outcome == NOT_DECODED) {
		pm_page_note(page, "encoding", "not what the header says: "
		    "taken as it is");
	} else if (rc == PM_OK) {
		const uint8_t *p = pm_arena_copy(arena, out.p, out.n, err);

		if (p == NULL)
			rc = PM_ENOMEM;
		http->body = (struct pm_bytes){ p, out.n };
		pm_page_note(page, "encoding", outcome == DECODED ?
		    "undone" : "undone as far as it is whole");
	}
	pm_buf_clear(&out);
	return rc;
}

/* "gzip, br": the last was done last. */
static int
undo_all(struct pm_http *http, struct pm_page *page, struct pm_arena *arena,
    struct pm_bytes list, struct pm_err *err)
{
	int rc = PM_OK;

	for (int i = 0; list.n > 0 && rc == PM_OK && http->refused == NULL &&
	    http->body.n > 0; i++) {
		const uint8_t *comma = pm_bytes_last(list, ',');
		size_t at = comma == NULL ? 0 : (size_t)(comma + 1 - list.p);
		struct pm_bytes one = pm_trim_blanks((struct pm_bytes){
		    list.p + at, list.n - at });

		list.n = comma == NULL ? 0 : at - 1;
		if (one.n == 0 || pm_equals_ignoring_case(one, "identity") ||
		    pm_equals_ignoring_case(one, "chunked"))
			continue;
		if (!is_known_encoding(one) || i == ENCODINGS_MAX)
			http->refused = "content encoding that is not known";
		else
			rc = undo(http, page, arena, one, err);
	}
	return rc;
}

static bool
is_chunked(struct pm_bytes value)
{
	const uint8_t *comma = pm_bytes_last(value, ',');
	size_t at = comma == NULL ? 0 : (size_t)(comma + 1 - value.p);

	if (value.n == 0)
		return false;
	return pm_equals_ignoring_case(pm_trim_blanks((struct pm_bytes){
	    value.p + at, value.n - at }), "chunked");
}

int
pm_http_decode(struct pm_http *http, struct pm_page *page,
    struct pm_arena *arena, struct pm_err *err)
{
	struct pm_bytes transfer = pm_header_field(http->header,
	    "transfer-encoding");
	int rc = PM_OK;

	if (is_chunked(transfer))
		rc = unchunk(http, page, arena, err);
	if (rc == PM_OK)
		rc = undo_all(http, page, arena, transfer, err);
	if (rc == PM_OK)
		rc = undo_all(http, page, arena, pm_header_field(http->header,
		    "content-encoding"), err);
	return rc;
}
