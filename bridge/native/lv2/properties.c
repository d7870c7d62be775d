#include "properties.h"

#include <stddef.h>
#include <string.h>

#include "../memory.h"

const struct property *properties_find(const struct properties *properties, uint32_t key) {
    for (uint32_t i = 0; i < properties->count; i++) {
        if (properties->list[i].key == key) return &properties->list[i];
    }
    return NULL;
}

static bool grow(struct properties *properties) {
    uint32_t capacity = properties->capacity ? 2 * properties->capacity : 8;
    struct property *list = memory_allocate(capacity * sizeof *list);
    if (!list) return false;
    if (properties->count) memcpy(list, properties->list, properties->count * sizeof *list);
    memory_free(properties->list);
    properties->list = list;
    properties->capacity = capacity;
    return true;
}

bool properties_set(struct properties *properties, uint32_t key, uint32_t type, uint32_t flags, uint32_t size,
                    const void *value) {
    void *copy = memory_allocate((size_t)size + 1);
    if (!copy) return false;
    if (size) memcpy(copy, value, size);
    struct property *place = (struct property *)properties_find(properties, key);
    if (place) {
        memory_free((void *)place->value);
    } else if (properties->count < properties->capacity || grow(properties)) {
        place = &properties->list[properties->count++];
    } else {
        memory_free(copy);
        return false;
    }
    *place = (struct property){key, type, flags, size, copy};
    return true;
}

void properties_clear(struct properties *properties) {
    for (uint32_t i = 0; i < properties->count; i++) memory_free((void *)properties->list[i].value);
    memory_free(properties->list);
    *properties = (struct properties){0, 0, NULL};
}

bool properties_copy(struct properties *to, const struct properties *from) {
    properties_clear(to);
    for (uint32_t i = 0; i < from->count; i++) {
        const struct property *p = &from->list[i];
        if (!properties_set(to, p->key, p->type, p->flags, p->size, p->value)) return false;
    }
    return true;
}
