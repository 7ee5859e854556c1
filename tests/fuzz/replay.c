/*
 * replay.c - main of a driver that is linked without libFuzzer: every file
 * named, and every file in a directory named, goes through it once.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static unsigned replayed;

static void
fail(const char *path)
{
	perror(path);
	exit(2);
}

static void
replay(const char *path, size_t n)
{
	uint8_t *p = malloc(n == 0 ? 1 : n);
	FILE *file = fopen(path, "rb");

	/* Known before it is run: a crash says no more. */
	printf("%s\n", path);
	fflush(stdout);
	if (file == NULL || p == NULL || fread(p, 1, n, file) != n)
		fail(path);
	fclose(file);
	(void)LLVMFuzzerTestOneInput(p, n);
	free(p);
	replayed++;
}

static void
replay_all(const char *path)
{
	struct dirent *entry;
	DIR *directory = opendir(path);

	if (directory == NULL)
		fail(path);
	while ((entry = readdir(directory)) != NULL) {
		char below[4096];
		struct stat st;

		if (entry->d_name[0] == '.')
			continue;
		(void)snprintf(below, sizeof below, "%s/%s", path,
		    entry->d_name);
		if (stat(below, &st) != 0)
			fail(below);
		if (S_ISREG(st.st_mode))
			replay(below, (size_t)st.st_size);
	}
	closedir(directory);
}

int
main(int argc, char **argv)
{
	struct stat st;

	for (int i = 1; i < argc; i++) {
		if (stat(argv[i], &st) != 0)
			fail(argv[i]);
		if (S_ISDIR(st.st_mode))
			replay_all(argv[i]);
		else
			replay(argv[i], (size_t)st.st_size);
	}
	printf("%u inputs\n", replayed);
	return replayed > 0 ? 0 : 2;
}
