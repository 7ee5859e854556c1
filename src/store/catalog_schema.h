/*
 * catalog_schema.h - the tables, indexes and views of catalog.db.
 *
 * Tables are named in the singular and are for programs; views in the plural
 * are for people and stay as they are.  src/FORMAT.md explains each column.
 *
 * An id is stored as a signed 64-bit number: the first 8 bytes of the
 * SHA-256, big-endian, with the top bit flipped, so that order of numbers is
 * order of ids; `rest` is the rest of the digest.
 */
#ifndef PM_STORE_CATALOG_SCHEMA_H
#define PM_STORE_CATALOG_SCHEMA_H

enum { PM_CATALOG_APPLICATION = 0x504d4b31 };    /* "PMK1" */
enum { PM_CATALOG_VERSION = 7 };

#define ID_HEX(key) \
	"CASE WHEN " key " IS NOT NULL THEN printf('%016x'," \
	" (" key " | -9223372036854775808)" \
	" - (" key " & -9223372036854775808)) END"
#define TIME(seconds) "strftime('%Y-%m-%dT%H:%M:%SZ', " seconds ", 'unixepoch')"
/* In the offset in which it was printed, minutes. */
#define TIME_AT(seconds, offset) \
	"CASE WHEN " offset " = 0 THEN " TIME(seconds) " ELSE " \
	"strftime('%Y-%m-%dT%H:%M:%S', " seconds " + " offset "*60, 'unixepoch')" \
	" || printf('%s%02d:%02d', CASE WHEN " offset " < 0 THEN '-' ELSE '+' END," \
	" abs(" offset ")/60, abs(" offset ")%60) END"
#define PRECISION(p) "CASE " p " WHEN 1 THEN 'minute' WHEN 2 THEN 'hour' " \
	"WHEN 3 THEN 'day' WHEN 4 THEN 'week' WHEN 5 THEN 'month' " \
	"WHEN 6 THEN 'year' END"
#define DATE_SOURCE(s) "CASE " s " WHEN 1 THEN 'record' WHEN 2 THEN 'page' " \
	"WHEN 3 THEN 'teaser' WHEN 4 THEN 'url' WHEN 5 THEN 'text' " \
	"WHEN 6 THEN 'crawl' END"

#define LONGEST(group) \
	"(SELECT z.number FROM article z WHERE z.number = " group \
	" OR z.same = " group " ORDER BY z.bytes DESC, z.key, z.rest LIMIT 1)"

static const char *const pm_catalog_schema[] = {
	"CREATE TABLE batch(sequence INTEGER PRIMARY KEY, run INTEGER NOT NULL,"
	" volume INTEGER NOT NULL, start INTEGER NOT NULL,"
	" end INTEGER NOT NULL, next_frame INTEGER NOT NULL,"
	" chain BLOB NOT NULL)",
	"CREATE TABLE frame(id INTEGER PRIMARY KEY, volume INTEGER NOT NULL,"
	" offset INTEGER NOT NULL, packed_bytes INTEGER NOT NULL,"
	" plain_bytes INTEGER NOT NULL)",
	"CREATE TABLE run(id INTEGER PRIMARY KEY, started INTEGER NOT NULL,"
	" finished INTEGER, version TEXT NOT NULL, normalizer INTEGER NOT NULL,"
	" unicode TEXT NOT NULL, page_rules INTEGER NOT NULL,"
	" inputs NOT NULL, policy TEXT NOT NULL, known INTEGER)",
	"CREATE TABLE input(id INTEGER PRIMARY KEY, name NOT NULL UNIQUE)",
	"CREATE TABLE directory(id INTEGER PRIMARY KEY, path NOT NULL UNIQUE)",
	"CREATE TABLE reason(id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE)",
	"CREATE TABLE tag(id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE)",
	"CREATE TABLE tag_set(id INTEGER PRIMARY KEY,"
	" tags TEXT NOT NULL UNIQUE)",
	"CREATE TABLE time_text(id INTEGER PRIMARY KEY, text TEXT NOT NULL,"
	" precision INTEGER NOT NULL, offset_minutes INTEGER NOT NULL,"
	" UNIQUE(text, precision, offset_minutes))",
	"CREATE TABLE article(number INTEGER PRIMARY KEY, key INTEGER NOT NULL,"
	" rest BLOB NOT NULL, norm INTEGER NOT NULL, frame INTEGER NOT NULL,"
	" offset INTEGER NOT NULL, bytes INTEGER NOT NULL, same INTEGER,"
	" canonical INTEGER, copies INTEGER, sightings INTEGER,"
	" input INTEGER, first_seen INTEGER, last_seen INTEGER, title TEXT,"
	" own_title TEXT, title_teaser INTEGER, published INTEGER, offset_minutes INTEGER,"
	" precision INTEGER, date_source INTEGER, lang TEXT,"
	" lang_source INTEGER, detected TEXT, lang_score REAL,"
	" url_capture INTEGER)",
	/* How many are canonical, without a look at all of them. */
	"CREATE TABLE total(canonicals INTEGER NOT NULL)",
	"INSERT INTO total VALUES(0)",
	"CREATE TRIGGER total_canonicals AFTER UPDATE OF canonical ON article"
	" WHEN (old.canonical IS old.number) <> (new.canonical IS new.number)"
	" BEGIN UPDATE total SET canonicals = canonicals +"
	" CASE WHEN new.canonical IS new.number THEN 1 ELSE -1 END; END",
	"CREATE INDEX article_key ON article(key >> 32)",
	"CREATE INDEX article_norm ON article(norm >> 32)",
	/* In the order of ls, in two parts; those whose date may reach far; and
	 * by what ls is asked for. */
	"CREATE INDEX article_dated ON article(published, key)"
	" WHERE date_source < 6",
	"CREATE INDEX article_undated ON article(published, key)"
	" WHERE date_source IS NULL OR date_source = 6",
	"CREATE INDEX article_coarse ON article(published, precision,"
	" date_source, offset_minutes)"
	" WHERE precision >= 4",
	"CREATE INDEX article_input ON article(input, published)",
	"CREATE INDEX article_lang ON article(lang, published)",
	"CREATE INDEX article_same ON article(same) WHERE same IS NOT NULL",
	"CREATE TABLE article_tag(article INTEGER NOT NULL,"
	" tag INTEGER NOT NULL, published INTEGER, PRIMARY KEY(article, tag))"
	" WITHOUT ROWID",
	"CREATE INDEX article_tag_tag ON article_tag(tag, published, article)",
	"CREATE TRIGGER article_tag_dated AFTER UPDATE OF published ON article"
	" WHEN old.published IS NOT new.published BEGIN UPDATE article_tag"
	" SET published = new.published WHERE article = new.number; END",
	"CREATE TABLE teaser(number INTEGER PRIMARY KEY, key INTEGER NOT NULL,"
	" rest BLOB NOT NULL, start INTEGER NOT NULL, marks INTEGER NOT NULL,"
	" frame INTEGER NOT NULL,"
	" ordinal INTEGER NOT NULL, article INTEGER, evidence INTEGER,"
	" score REAL, ambiguous INTEGER, leader INTEGER)",
	"CREATE INDEX teaser_key ON teaser(key)",
	"CREATE INDEX teaser_start ON teaser(start, marks)",
	"CREATE INDEX teaser_article ON teaser(article)"
	" WHERE article IS NOT NULL",
	"CREATE TABLE serve(article INTEGER NOT NULL,"
	" teaser INTEGER NOT NULL, PRIMARY KEY(article, teaser)) WITHOUT ROWID",
	"CREATE INDEX serve_teaser ON serve(teaser, article)",
	"CREATE TABLE relation(a INTEGER NOT NULL, b INTEGER NOT NULL,"
	" kind INTEGER NOT NULL, jaccard REAL NOT NULL,"
	" containment REAL NOT NULL, PRIMARY KEY(a, b)) WITHOUT ROWID",
	"CREATE INDEX relation_b ON relation(b, a)",
	"CREATE TABLE capture(number INTEGER PRIMARY KEY,"
	" directory INTEGER NOT NULL, name NOT NULL, key INTEGER NOT NULL,"
	" rest BLOB NOT NULL, crawled INTEGER NOT NULL, mtime INTEGER,"
	" mode INTEGER NOT NULL, bytes INTEGER NOT NULL, kind INTEGER NOT NULL,"
	" reason INTEGER, article INTEGER, run INTEGER NOT NULL,"
	" input INTEGER NOT NULL, recipe_frame INTEGER NOT NULL,"
	" recipe_offset INTEGER NOT NULL, mtime_nanoseconds INTEGER,"
	" published INTEGER,"
	" offset_minutes INTEGER, precision INTEGER, date_source INTEGER,"
	" place INTEGER NOT NULL, file INTEGER)",
	"CREATE INDEX capture_file ON capture(file) WHERE kind = 4",
	/* What pages say of themselves, of those that do. */
	"CREATE TABLE stated(capture INTEGER PRIMARY KEY, url TEXT,"
	" url_key INTEGER, title TEXT, source INTEGER, lang TEXT,"
	" tag_set INTEGER, modified INTEGER, modified_offset INTEGER,"
	" modified_precision INTEGER, payload INTEGER, revisit INTEGER)",
	"CREATE INDEX stated_url ON stated(url_key)"
	" WHERE url_key IS NOT NULL",
	"CREATE INDEX stated_payload ON stated(payload)"
	" WHERE payload IS NOT NULL",
	"CREATE TABLE other_date(capture INTEGER NOT NULL,"
	" position INTEGER NOT NULL, published INTEGER NOT NULL,"
	" offset_minutes INTEGER NOT NULL, precision INTEGER NOT NULL,"
	" date_source INTEGER NOT NULL, PRIMARY KEY(capture, position))"
	" WITHOUT ROWID",
	/* `form`: so that the address itself is in no index. */
	"CREATE TABLE teaser_url(teaser INTEGER NOT NULL,"
	" url_key INTEGER NOT NULL, form INTEGER NOT NULL, url TEXT NOT NULL,"
	" PRIMARY KEY(teaser, url_key, form)) WITHOUT ROWID",
	"CREATE INDEX teaser_url_key ON teaser_url(url_key)",
	"CREATE INDEX capture_key ON capture(key, place)",
	"CREATE INDEX capture_article ON capture(article)"
	" WHERE article IS NOT NULL",
	"CREATE TABLE sighting(teaser INTEGER NOT NULL,"
	" capture INTEGER NOT NULL, position INTEGER NOT NULL,"
	" tag_set INTEGER, time_text INTEGER, published INTEGER,"
	" PRIMARY KEY(teaser, capture, position)) WITHOUT ROWID",

	/* What repairs could not save. */
	"CREATE TABLE lost(position INTEGER PRIMARY KEY,"
	" what INTEGER NOT NULL, number INTEGER NOT NULL,"
	" last INTEGER NOT NULL, path, title TEXT, bytes INTEGER,"
	" crawled INTEGER, key INTEGER, rest BLOB)",
	/* What is in no table above any more (catalog_forget.c). */
	"CREATE TABLE forgotten(id INTEGER PRIMARY KEY,"
	" number INTEGER NOT NULL, run INTEGER NOT NULL, at INTEGER NOT NULL,"
	" url TEXT)",
	"CREATE TABLE forgotten_article(number INTEGER UNIQUE,"
	" key INTEGER NOT NULL, rest BLOB NOT NULL, norm INTEGER,"
	" heir INTEGER)",
	"CREATE INDEX forgotten_article_key ON forgotten_article(key)",
	"CREATE INDEX forgotten_article_norm ON forgotten_article(norm)"
	" WHERE norm IS NOT NULL",
	"CREATE TABLE forgotten_teaser(number INTEGER UNIQUE,"
	" key INTEGER, rest BLOB, start INTEGER, marks INTEGER,"
	" frame INTEGER, ordinal INTEGER)",
	"CREATE INDEX forgotten_teaser_key ON forgotten_teaser(key)"
	" WHERE key IS NOT NULL",
	"CREATE INDEX forgotten_teaser_start ON forgotten_teaser(start)"
	" WHERE start IS NOT NULL",
	"CREATE TABLE forgotten_capture(number INTEGER PRIMARY KEY,"
	" file INTEGER)",
	"CREATE TABLE forgotten_sighting(capture INTEGER NOT NULL,"
	" teaser INTEGER NOT NULL, PRIMARY KEY(capture, teaser))"
	" WITHOUT ROWID",
	"CREATE TABLE forgotten_key(kind INTEGER NOT NULL,"
	" key INTEGER NOT NULL, PRIMARY KEY(kind, key)) WITHOUT ROWID",
	"CREATE TABLE redacted(capture INTEGER PRIMARY KEY)",

	"CREATE VIEW articles AS SELECT " ID_HEX("a.key") " AS id,"
	" coalesce(a.title, u.title) AS title,"
	" " TIME_AT("a.published", "a.offset_minutes") " AS published,"
	" " PRECISION("a.precision") " AS published_precision,"
	" " DATE_SOURCE("a.date_source") " AS published_source,"
	" (SELECT json_group_array(text) FROM (SELECT t.text FROM article_tag x"
	"  JOIN tag t ON t.id = x.tag WHERE x.article = a.number"
	"  ORDER BY t.text)) AS tags, coalesce(a.lang, 'und') AS lang,"
	" i.name AS source, u.url, a.bytes, a.sightings, a.copies,"
	" " TIME("a.first_seen") " AS first_seen,"
	" " TIME("a.last_seen") " AS last_seen,"
	" " ID_HEX("c.key") " AS cluster, a.canonical = a.number AS canonical,"
	" f.volume, a.frame, printf('text/%08d.txt', a.number) AS member,"
	" a.number FROM article a JOIN article c ON c.number = a.canonical"
	" LEFT JOIN input i ON i.id = a.input JOIN frame f ON f.id = a.frame"
	" LEFT JOIN stated u ON u.capture = a.url_capture",
	"CREATE VIEW teasers AS SELECT " ID_HEX("t.key") " AS id,"
	" t.number, (SELECT count(*) FROM sighting s WHERE"
	"  s.teaser = t.number) AS sightings,"
	" " ID_HEX("a.key") " AS article, f.volume, t.frame,"
	" printf('meta/%08d.jsonl', t.frame) AS member,"
	" " ID_HEX("l.key") " AS \"group\""
	" FROM teaser t JOIN frame f ON f.id = t.frame"
	" JOIN teaser l ON l.number = coalesce(t.leader, t.number)"
	" LEFT JOIN article a ON a.number = t.article",
	"CREATE VIEW captures AS SELECT c.number,"
	" CASE WHEN d.path = '' THEN c.name ELSE d.path || '/' || c.name END"
	"  AS path, " TIME("c.crawled") " AS crawled,"
	" CASE c.kind WHEN 1 THEN 'page' WHEN 2 THEN 'list'"
	"  WHEN 4 THEN 'records' ELSE 'opaque' END AS kind, r.text AS reason, " ID_HEX("a.key") " AS article,"
	" i.name AS source, c.bytes, c.run,"
	" " ID_HEX("c.key") " || lower(hex(c.rest)) AS sha256, u.url"
	" FROM capture c JOIN directory d ON d.id = c.directory"
	" JOIN input i ON i.id = c.input"
	" LEFT JOIN stated u ON u.capture = c.number"
	" LEFT JOIN reason r ON r.id = c.reason"
	" LEFT JOIN article a ON a.number = c.article",
	"CREATE VIEW sightings AS SELECT " ID_HEX("t.key") " AS teaser,"
	" CASE WHEN d.path = '' THEN c.name ELSE d.path || '/' || c.name END"
	"  AS path, s.position,"
	" (SELECT json_group_array(g.text) FROM tag_set z,"
	"  json_each(z.tags) e JOIN tag g ON g.id = e.value"
	"  WHERE z.id = s.tag_set) AS tags, x.text AS time_text,"
	" " TIME_AT("s.published", "x.offset_minutes") " AS published,"
	" " PRECISION("x.precision") " AS published_precision,"
	" " TIME("c.crawled") " AS crawled"
	" FROM sighting s JOIN teaser t ON t.number = s.teaser"
	" JOIN capture c ON c.number = s.capture"
	" JOIN directory d ON d.id = c.directory"
	" LEFT JOIN time_text x ON x.id = s.time_text",
	"CREATE VIEW links AS SELECT " ID_HEX("t.key") " AS teaser,"
	" " ID_HEX("a.key") " AS article,"
	" CASE t.evidence WHEN 1 THEN 'prefix' WHEN 2 THEN 'title'"
	" WHEN 3 THEN 'lead' WHEN 4 THEN 'url' END AS evidence, t.score,"
	" t.ambiguous FROM teaser t JOIN article a ON a.number = t.article",
	/* Between groups of the same, each by its longest article. */
	"CREATE VIEW relations AS SELECT " ID_HEX("min(x.key, y.key)") " AS a,"
	" " ID_HEX("max(x.key, y.key)") " AS b, r.relation, r.jaccard,"
	" r.containment, r.reason, x.canonical = y.canonical AS one_cluster"
	" FROM (SELECT " LONGEST("r.a") " AS a, " LONGEST("r.b") " AS b,"
	"  CASE r.kind WHEN 1 THEN 'update' WHEN 2 THEN 'near'"
	"  ELSE 'contains' END AS relation, r.jaccard, r.containment,"
	"  CASE r.kind WHEN 1 THEN 'tokens differ in digits only'"
	"  WHEN 2 THEN 'jaccard of word 3-grams'"
	"  ELSE 'word 3-grams of the shorter in the longer' END AS reason"
	"  FROM relation r UNION ALL"
	"  SELECT " LONGEST("s.same") ", s.number, 'same', 1.0, 1.0,"
	"  'equal after folding' FROM article s WHERE s.same IS NOT NULL) r"
	" JOIN article x ON x.number = r.a JOIN article y ON y.number = r.b"
	" WHERE r.a <> r.b",
	"CREATE VIEW losses AS SELECT CASE l.what WHEN 1 THEN 'capture'"
	" WHEN 2 THEN 'article' ELSE 'batch' END AS what, l.number, l.last,"
	" l.path, l.title, l.bytes, " TIME("l.crawled") " AS crawled,"
	" " ID_HEX("l.key") " || lower(hex(l.rest)) AS sha256 FROM lost l",
	"CREATE VIEW tags AS SELECT t.text AS tag, count(*) AS articles"
	" FROM article_tag x JOIN tag t ON t.id = x.tag GROUP BY t.id",
	"CREATE VIEW runs AS SELECT r.id AS run,"
	" " TIME("r.started") " AS started, " TIME("r.finished") " AS finished,"
	" r.version, r.normalizer, r.unicode, r.page_rules, r.inputs, r.policy,"
	" (SELECT count(*) FROM capture c WHERE c.run = r.id"
	"  AND c.kind <> 4) AS captures,"
	" r.known FROM run r"
};

#endif
