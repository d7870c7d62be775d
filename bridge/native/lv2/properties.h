/* A plugin's state as a list of properties. Off the audio thread. */
#ifndef AMPBOARD_LV2_PROPERTIES_H
#define AMPBOARD_LV2_PROPERTIES_H

#include <stdbool.h>
#include <stdint.h>

struct property {
    uint32_t key;
    uint32_t type;
    uint32_t flags; /* LV2_STATE_IS_POD, ... */
    uint32_t size;
    const void *value;
};

struct properties {
    uint32_t count;
    uint32_t capacity;
    struct property *list; /* each value is memory of its own */
};

/* Sets or replaces; false when memory is short. */
bool properties_set(struct properties *properties, uint32_t key, uint32_t type, uint32_t flags, uint32_t size,
                    const void *value);
const struct property *properties_find(const struct properties *properties, uint32_t key);
void properties_clear(struct properties *properties);
bool properties_copy(struct properties *to, const struct properties *from);

#endif
