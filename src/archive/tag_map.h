/*
 * tag_map.h - a map of tags as the catalog asks it.
 */
#ifndef PM_ARCHIVE_TAG_MAP_H
#define PM_ARCHIVE_TAG_MAP_H

#include "store/catalog_tags.h"

/* Lives no longer than the map. */
struct pm_tag_lines pm_tag_map_lines(const struct pm_tag_map *map);

#endif
