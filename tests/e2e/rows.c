/*
 * rows ARCHIVE QUERY - print what the catalog answers, a row a line, columns
 * apart by tabs (bytes in hex, NULL as -).  ARCHIVE QUERY "": every table
 * whole, each row behind the table's name.
 */
#include <sqlite3.h>
#include <stdio.h>

static int
print_query(sqlite3 *db, const char *prefix, const char *query)
{
	sqlite3_stmt *st;
	int code;

	if (sqlite3_prepare_v2(db, query, -1, &st, NULL) != SQLITE_OK) {
		fprintf(stderr, "rows: %s\n", sqlite3_errmsg(db));
		return 1;
	}
	while ((code = sqlite3_step(st)) == SQLITE_ROW) {
		fputs(prefix, stdout);
		for (int i = 0; i < sqlite3_column_count(st); i++) {
			int type = sqlite3_column_type(st, i);
			int n = sqlite3_column_bytes(st, i);
			const unsigned char *p = sqlite3_column_blob(st, i);

			putchar('\t');
			if (type == SQLITE_NULL)
				putchar('-');
			else if (type != SQLITE_BLOB)
				fputs((const char *)sqlite3_column_text(st,
				    i), stdout);
			else
				for (int k = 0; k < n; k++)
					printf("%02x", p[k]);
		}
		putchar('\n');
	}
	sqlite3_finalize(st);
	return code != SQLITE_DONE;
}

static int
print_tables(sqlite3 *db)
{
	sqlite3_stmt *st;
	char query[300];
	int failed = print_query(db, "sqlite_schema",
	    "SELECT type, name, sql FROM sqlite_schema");

	if (sqlite3_prepare_v2(db, "SELECT name FROM sqlite_schema"
	    " WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name",
	    -1, &st, NULL) != SQLITE_OK)
		return 1;
	while (sqlite3_step(st) == SQLITE_ROW) {
		const char *name = (const char *)sqlite3_column_text(st, 0);

		(void)snprintf(query, sizeof query, "SELECT * FROM \"%s\"",
		    name);
		failed |= print_query(db, name, query);
	}
	sqlite3_finalize(st);
	return failed;
}

int
main(int argc, char **argv)
{
	char path[4096];
	sqlite3 *db;
	int failed;

	if (argc != 3) {
		fputs("usage: rows ARCHIVE QUERY\n", stderr);
		return 2;
	}
	(void)snprintf(path, sizeof path, "%s/catalog.db", argv[1]);
	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) !=
	    SQLITE_OK) {
		fprintf(stderr, "rows: %s\n", sqlite3_errmsg(db));
		return 2;
	}
	failed = argv[2][0] == '\0' ? print_tables(db) :
	    print_query(db, "", argv[2]);
	sqlite3_close(db);
	return failed;
}
