/*
 * seal ARCHIVE - seal the open volume, as add does once it holds 1 GiB, so
 * that tests see sealed volumes without writing so much.
 */
#include <stdio.h>

#include "pressmark.h"
#include "store/volume.h"

int
main(int argc, char **argv)
{
	struct pm_volume_writer *writer = NULL;
	struct pm_err err;
	int rc;

	if (argc != 2) {
		fputs("usage: seal ARCHIVE\n", stderr);
		return 2;
	}
	rc = pm_volume_writer_open(&writer, argv[1], &err);
	if (rc == PM_OK)
		rc = pm_volume_writer_seal(writer, &err);
	pm_volume_writer_close(writer);
	if (rc != PM_OK)
		fprintf(stderr, "seal: %s\n", err.text);
	return rc != PM_OK;
}
