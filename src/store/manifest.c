#include "store/manifest.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/fs.h"
#include "base/list.h"
#include "store/volume_internal.h"

enum {
	READ_BYTES = 256 << 10,
	HEX = 2 * PM_SHA256_BYTES,
	LINE_MIN = HEX + 3,              /* two spaces, a newline */
	MANIFEST_BYTES_MAX = 256 << 20,
	SUM_BYTES_MAX = 256
};

#define MANIFEST "manifest-sha256.txt"
#define SUM "cache/catalog.sha256"

int
pm_file_sha256(uint8_t out[PM_SHA256_BYTES], const char *path,
    struct pm_err *err)
{
	struct pm_sha256_state *state = pm_sha256_new(err);
	uint8_t *p = pm_alloc(READ_BYTES, err);
	size_t got = 1;
	int fd = -1, rc = state == NULL || p == NULL ? PM_ENOMEM :
	    pm_fs_open_read(&fd, path, err);

	while (rc == PM_OK && got > 0) {
		rc = pm_fs_read(fd, p, READ_BYTES, &got, path, err);
		if (rc == PM_OK)
			pm_sha256_update(state, (struct pm_bytes){ p, got });
	}
	if (rc == PM_OK)
		pm_sha256_final(out, state);
	pm_fs_close(fd);
	pm_free(p);
	pm_sha256_free(state);
	return rc;
}

/* ---- lines ---- */

static int
hex_value(uint8_t digit)
{
	return digit >= '0' && digit <= '9' ? digit - '0' :
	    digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

/* "HEX  NAME\n" at the beginning of text; false: there is none. */
static bool
take_line(uint8_t sha256[PM_SHA256_BYTES],
    char name[PM_MANIFEST_NAME_BYTES], struct pm_bytes *text)
{
	const uint8_t *end;
	size_t n;

	if (text->n < LINE_MIN ||
	    memcmp(text->p + HEX, "  ", 2) != 0 ||
	    (end = memchr(text->p, '\n', text->n)) == NULL ||
	    end < text->p + HEX + 2)
		return false;
	n = (size_t)(end - text->p) - HEX - 2;
	if (n == 0 || n >= PM_MANIFEST_NAME_BYTES)
		return false;
	for (size_t i = 0; i < PM_SHA256_BYTES; i++) {
		int high = hex_value(text->p[2 * i]);
		int low = hex_value(text->p[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		sha256[i] = (uint8_t)(high << 4 | low);
	}
	memcpy(name, text->p + HEX + 2, n);
	name[n] = '\0';
	text->n -= (size_t)(end + 1 - text->p);
	text->p = end + 1;
	return true;
}

void
pm_sums_volume_name(char out[PM_MANIFEST_NAME_BYTES], uint32_t volume)
{
	(void)snprintf(out, PM_MANIFEST_NAME_BYTES, "volumes/%06u.tar.zst",
	    (unsigned)volume);
}

/* Which volume a name is of; 0: of none. */
static uint32_t
volume_of(const char *name, bool *parity)
{
	static const char volumes[] = "volumes/", pars[] = "parity/";
	char again[PM_MANIFEST_NAME_BYTES];
	unsigned long long number, group;
	const char *digits;
	char *end;

	*parity = strncmp(name, pars, sizeof pars - 1) == 0;
	if (!*parity && strncmp(name, volumes, sizeof volumes - 1) != 0)
		return 0;
	digits = strchr(name, '/') + 1;
	if (*digits < '0' || *digits > '9')
		return 0;
	number = strtoull(digits, &end, 10);
	if (number == 0 || number > UINT32_MAX)
		return 0;
	if (!*parity) {
		pm_sums_volume_name(again, (uint32_t)number);
	} else {
		if (*end != '-' || end[1] < '0' || end[1] > '9')
			return 0;
		group = strtoull(end + 1, NULL, 10);
		(void)snprintf(again, sizeof again, "parity/%06llu-%04llu.par",
		    number, group);
	}
	return strcmp(again, name) == 0 ? (uint32_t)number : 0;
}

static int
compare_lines(const void *a, const void *b)
{
	const struct pm_sums_line *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static int
add_line(struct pm_sums *manifest, const struct pm_sums_line *line,
    struct pm_err *err)
{
	int rc = pm_list_room(&manifest->line, manifest->line, manifest->n,
	    &manifest->capacity, sizeof *manifest->line, err);

	if (rc == PM_OK)
		manifest->line[manifest->n++] = *line;
	return rc;
}

static void
sort_lines(struct pm_sums *manifest)
{
	if (manifest->n > 1)
		qsort(manifest->line, manifest->n, sizeof *manifest->line,
		    compare_lines);
}

static int
parse(struct pm_sums *out, struct pm_bytes text, struct pm_err *err)
{
	struct pm_sums_line line;
	int rc = PM_OK;

	while (text.n > 0 && rc == PM_OK) {
		if (!take_line(line.sha256, line.name, &text) ||
		    (line.volume = volume_of(line.name, &line.parity)) == 0)
			return pm_fail(err, PM_ECORRUPT, MANIFEST
			    ": a line that is not ours");
		rc = add_line(out, &line, err);
	}
	sort_lines(out);
	return rc;
}

int
pm_sums_read(struct pm_sums *out, const char *archive,
    struct pm_err *err)
{
	struct pm_sums manifest = { 0 };
	struct pm_buf text;
	char *path = pm_fs_join(archive, MANIFEST, err);
	int rc;

	pm_buf_init(&text);
	rc = path == NULL ? PM_ENOMEM : pm_fs_read_file(&text, path,
	    MANIFEST_BYTES_MAX, err);
	if (rc == PM_OK)
		rc = parse(&manifest, pm_buf_bytes(&text), err);
	if (rc == PM_OK)
		*out = manifest;
	else
		pm_sums_clear(&manifest);
	pm_buf_clear(&text);
	pm_free(path);
	return rc;
}

void
pm_sums_clear(struct pm_sums *manifest)
{
	pm_free(manifest->line);
	*manifest = (struct pm_sums){ 0 };
}

const struct pm_sums_line *
pm_sums_find(const struct pm_sums *manifest, const char *name)
{
	struct pm_sums_line key;

	if (manifest->n == 0 || strlen(name) >= sizeof key.name)
		return NULL;
	memcpy(key.name, name, strlen(name) + 1);
	return bsearch(&key, manifest->line, manifest->n,
	    sizeof *manifest->line, compare_lines);
}

/* ---- what is to be listed ---- */

struct update {
	const char *archive;
	struct pm_head head;
	struct pm_sums old, new;
	int64_t old_mtime_ns;            /* of the file; 0: there is none */
	bool changed;
	struct pm_err *err;
};

/* Does HEAD count this volume, and is it finished? */
static int
is_sealed(bool *out, const struct update *update, uint32_t volume)
{
	const struct pm_head *head = &update->head;
	struct pm_volume_file file;
	int rc;

	*out = false;
	if (volume > head->volume || (volume == head->volume &&
	    !head->sealed) || (head->drop_from != 0 &&
	    volume >= head->drop_from && volume <= head->drop_to))
		return PM_OK;
	pm_volume_file_init(&file);
	rc = pm_volume_file_open(&file, update->archive, volume, update->err);
	if (rc == PM_ENOTFOUND)
		rc = PM_OK;              /* parity of what is gone */
	else if (rc == PM_OK)
		*out = pm_seal_table_at(pm_volume_view(&file)) != 0;
	if (rc == PM_OK)
		rc = pm_volume_file_failed(&file, update->err);
	pm_volume_file_close(&file);
	return rc;
}

/* Made again since the manifest was written? */
static bool
is_newer(const struct update *update, const char *path)
{
	struct pm_file_info info;
	struct pm_err ignored;

	return pm_fs_stat(&info, path, &ignored) != PM_OK ||
	    info.mtime_ns >= update->old_mtime_ns;
}

static int
list_file(struct update *update, const char *folder, const char *file)
{
	const struct pm_sums_line *old;
	struct pm_sums_line line = { 0 };
	bool sealed = false;
	char *path;
	int rc;

	if (snprintf(line.name, sizeof line.name, "%s/%s", folder, file) >=
	    (int)sizeof line.name ||
	    (line.volume = volume_of(line.name, &line.parity)) == 0)
		return PM_OK;
	if ((rc = is_sealed(&sealed, update, line.volume)) != PM_OK ||
	    !sealed)
		return rc;
	if ((path = pm_fs_join(update->archive, line.name, update->err)) ==
	    NULL)
		return PM_ENOMEM;
	old = pm_sums_find(&update->old, line.name);
	if (old != NULL && !(line.parity && is_newer(update, path))) {
		line = *old;
	} else {
		rc = pm_file_sha256(line.sha256, path, update->err);
		update->changed = update->changed || old == NULL ||
		    memcmp(line.sha256, old->sha256, PM_SHA256_BYTES) != 0;
	}
	pm_free(path);
	return rc == PM_OK ? add_line(&update->new, &line, update->err) : rc;
}

static int
list_folder(struct update *update, const char *folder)
{
	struct pm_names names = { 0 };
	char *path = pm_fs_join(update->archive, folder, update->err);
	int rc = path == NULL ? PM_ENOMEM : pm_fs_list(&names, path,
	    update->err);

	if (rc == PM_ENOTFOUND)
		rc = PM_OK;
	for (size_t i = 0; i < names.n && rc == PM_OK; i++)
		rc = list_file(update, folder, names.name[i]);
	pm_fs_names_free(&names);
	pm_free(path);
	return rc;
}

static int
write_lines(const struct update *update, const char *path)
{
	const struct pm_sums *manifest = &update->new;
	char hex[HEX + 1];
	struct pm_buf text;
	int rc = PM_OK;

	pm_buf_init(&text);
	for (size_t i = 0; i < manifest->n && rc == PM_OK; i++) {
		pm_hex(hex, manifest->line[i].sha256, PM_SHA256_BYTES);
		rc = pm_buf_printf(&text, update->err, "%s  %s\n", hex,
		    manifest->line[i].name);
	}
	if (rc == PM_OK)
		rc = manifest->n == 0 ? pm_fs_remove(path, update->err) :
		    pm_fs_replace_file(path, text.p, text.n, update->err);
	pm_buf_clear(&text);
	return rc;
}

/* One that is damaged is made anew. */
static int
read_old(struct update *update, const char *path)
{
	struct pm_file_info info;
	int rc = pm_fs_stat(&info, path, update->err);

	if (rc == PM_OK) {
		update->old_mtime_ns = info.mtime_ns;
		rc = pm_sums_read(&update->old, update->archive,
		    update->err);
		update->changed = rc == PM_ECORRUPT || rc == PM_ELIMIT;
	}
	return rc == PM_ENOTFOUND || update->changed ? PM_OK : rc;
}

int
pm_sums_update(const char *archive, struct pm_err *err)
{
	struct update update = { .archive = archive, .err = err };
	char *path = pm_fs_join(archive, MANIFEST, err);
	int rc = path == NULL ? PM_ENOMEM : pm_head_read(&update.head,
	    archive, err);

	if (rc == PM_OK)
		rc = read_old(&update, path);
	if (rc == PM_OK)
		rc = list_folder(&update, "volumes");
	if (rc == PM_OK)
		rc = list_folder(&update, "parity");
	sort_lines(&update.new);
	if (rc == PM_OK && (update.changed || update.new.n != update.old.n))
		rc = write_lines(&update, path);
	pm_sums_clear(&update.old);
	pm_sums_clear(&update.new);
	pm_free(path);
	return rc;
}

/* ---- the catalog ---- */

int
pm_catalog_sum_write(const char *archive, struct pm_err *err)
{
	char *path = pm_fs_join(archive, SUM, err);
	char *catalog = pm_fs_join(archive, "catalog.db", err);
	uint8_t sum[PM_SHA256_BYTES];
	char line[HEX + 32];
	int n, rc = path == NULL || catalog == NULL ? PM_ENOMEM :
	    pm_file_sha256(sum, catalog, err);

	if (rc == PM_OK) {
		pm_hex(line, sum, PM_SHA256_BYTES);
		n = HEX + snprintf(line + HEX, sizeof line - HEX,
		    "  ../catalog.db\n");
		rc = pm_fs_replace_file(path, line, (size_t)n, err);
	}
	pm_free(catalog);
	pm_free(path);
	return rc;
}

/* Is there a WAL with something in it? */
static bool
has_wal(const char *archive, struct pm_err *err)
{
	char *path = pm_fs_join(archive, "catalog.db-wal", err);
	struct pm_file_info info;
	bool has = path == NULL || (pm_fs_stat(&info, path, err) == PM_OK &&
	    info.bytes > 0);

	pm_free(path);
	return has;
}

int
pm_catalog_sum_holds(bool *out, const char *archive, struct pm_err *err)
{
	char *path = pm_fs_join(archive, SUM, err);
	char *catalog = pm_fs_join(archive, "catalog.db", err);
	uint8_t noted[PM_SHA256_BYTES], sum[PM_SHA256_BYTES];
	char name[PM_MANIFEST_NAME_BYTES];
	struct pm_bytes text;
	struct pm_buf buf;
	int rc = path == NULL || catalog == NULL ? PM_ENOMEM : PM_OK;

	*out = false;
	pm_buf_init(&buf);
	if (rc == PM_OK && !has_wal(archive, err) &&
	    pm_fs_read_file(&buf, path, SUM_BYTES_MAX, err) == PM_OK) {
		text = pm_buf_bytes(&buf);
		if (take_line(noted, name, &text) && text.n == 0 &&
		    strcmp(name, "../catalog.db") == 0 &&
		    (rc = pm_file_sha256(sum, catalog, err)) == PM_OK)
			*out = memcmp(sum, noted, sizeof sum) == 0;
	}
	pm_buf_clear(&buf);
	pm_free(catalog);
	pm_free(path);
	return rc;
}
