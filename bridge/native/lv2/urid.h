/* URIs as small numbers, the same for every plugin of the process, from 1 on; they are never forgotten. */
#ifndef AMPBOARD_LV2_URID_H
#define AMPBOARD_LV2_URID_H

#include <stdint.h>

#include "lv2_abi.h"

/* Any thread. A URI that was mapped before is found without a lock; a new one takes memory. 0: none is left. */
uint32_t urid_map(const char *uri);

/* Any thread, without a lock. NULL: no such number. */
const char *urid_unmap(uint32_t urid);

extern const struct lv2_urid_map urid_map_feature;
extern const struct lv2_urid_unmap urid_unmap_feature;

#endif
