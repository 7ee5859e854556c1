/*
 * volume_scan.h - what is whole in a volume, wherever it stands: for repair.
 *
 * A frame is whole when it decodes, which its checksum tells; a marker when it
 * verifies by itself.  Frames are followed where they can be followed; past
 * what is damaged the next magic is searched.  Bytes that the disk does not
 * give are damage like any other.
 */
#ifndef PM_STORE_VOLUME_SCAN_H
#define PM_STORE_VOLUME_SCAN_H

#include "store/volume.h"

struct pm_scanned_batch {
	const struct pm_batch *batch;    /* as its marker says, at places that
	                                  * need not be right any more */
	uint64_t at;                     /* where the marker stands */
	uint64_t end;                    /* where it ends */
	bool seals;
	uint8_t previous[PM_SHA256_BYTES];
};

/* In the order of the bytes.  Borrowed for the call; a non-zero answer ends
 * the scan with it. */
struct pm_scan_sink {
	int (*frame)(void *context, const struct pm_frame_at *frame,
	    struct pm_bytes plain, struct pm_err *err);
	int (*batch)(void *context, const struct pm_scanned_batch *batch,
	    struct pm_err *err);
	void *context;
};

/* suffix: behind the name of the volume's file, "" for itself.
 * PM_ENOTFOUND: there is no such file.  Decodes at most some sixteen times
 * the bytes there are, however hostile they are, then stops looking. */
int pm_volume_scan(const char *archive, uint32_t volume, const char *suffix,
    const struct pm_scan_sink *sink, struct pm_err *err);

#endif
