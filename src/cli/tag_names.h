/*
 * tag_names.h - what --tag-map says of --tag.
 */
#ifndef PM_CLI_TAG_NAMES_H
#define PM_CLI_TAG_NAMES_H

#include "cli/output.h"

/* Read the map that is named, and put all names of its line for each tag of
 * select.  What is wrong is printed; the exit status. */
int tag_names_read(struct options *options);

#endif
