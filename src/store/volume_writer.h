/*
 * volume_writer.h - what volume_write.c and volume_adopt.c share.
 */
#ifndef PM_STORE_VOLUME_WRITER_H
#define PM_STORE_VOLUME_WRITER_H

#include "store/volume_internal.h"

struct pm_volume_writer {
	char *archive;
	char *directory;         /* of the volumes */
	int lock;
	bool failed;
	struct pm_head head;     /* as it is on disk */
	uint64_t last_run;       /* of the last batch */
	bool rewriting;          /* V7: head is of the new log, on disk stands */
	struct pm_head standing; /* this one */
	uint32_t kept;           /* its volumes up to here stay */

	int fd;                  /* the open volume; -1: none */
	char *path;
	uint32_t volume;
	uint64_t at;             /* where the next byte goes */
	bool new_file;           /* no batch of it is committed yet */
	uint64_t volume_items;   /* committed ones: a volume's tables */
	uint64_t volume_entries; /* have limits */

	bool in_batch;
	uint64_t run;
	uint64_t start;
	struct pm_sha256_state *sha;     /* of the data since start */
	struct pm_frame_at *frame;
	size_t frame_n;
	size_t frame_capacity;
	uint32_t own_frames;     /* the volume's first frame, if in here */
	struct pm_item *item;
	size_t item_n;
	struct pm_batch batch;   /* what commit gave out */
	struct pm_buf bytes;     /* marker, index or table being made */
};

/* Make head what the volumes hold, cut what is not committed, open the
 * volume that is to be continued. */
int pm_volume_adopt(struct pm_volume_writer *writer, struct pm_err *err);

/* volume_rewrite.c.  Remove what a rewrite had written when its writer died
 * before HEAD named it. */
int pm_volume_tidy(struct pm_volume_writer *writer, struct pm_err *err);
/* Remove what was rewritten in vain.  Only a courtesy: the next writer would
 * do it. */
void pm_volume_abandon(struct pm_volume_writer *writer);

/* volume_write.c: close the open volume. */
void pm_volume_close_file(struct pm_volume_writer *writer);

/* Append the seek table behind the sealing marker at writer->at. */
int pm_volume_put_table(struct pm_volume_writer *writer, struct pm_err *err);

#endif
