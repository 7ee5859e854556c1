/* listing DIR - path, size, mode and time (ns) of every file below DIR,
 * sorted by path.  For what `diff -r` does not compare. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static int
walk(const char *path)
{
	struct dirent **entry;
	struct stat info;
	int n, failed = 0;

	if (lstat(path, &info) != 0) {
		perror(path);
		return 1;
	}
	if (!S_ISDIR(info.st_mode)) {
		printf("%s\t%lld\t%o\t%lld.%09ld\n", path,
		    (long long)info.st_size, (unsigned)info.st_mode,
		    (long long)info.st_mtim.tv_sec, info.st_mtim.tv_nsec);
		return 0;
	}
	if ((n = scandir(path, &entry, NULL, alphasort)) < 0) {
		perror(path);
		return 1;
	}
	for (int i = 0; i < n; i++) {
		const char *name = entry[i]->d_name;
		size_t room = strlen(path) + strlen(name) + 2;
		char *below = malloc(room);

		if (below != NULL && strcmp(name, ".") != 0 &&
		    strcmp(name, "..") != 0) {
			(void)snprintf(below, room, "%s/%s", path, name);
			failed |= walk(below);
		}
		free(below);
		free(entry[i]);
	}
	free(entry);
	return failed;
}

int
main(int argc, char **argv)
{
	if (argc != 2) {
		fputs("usage: listing DIR\n", stderr);
		return 2;
	}
	return walk(argv[1]);
}
