#include "urid.h"

#include <stdatomic.h>
#include <string.h>

#include "../lock.h"
#include "../memory.h"

enum { BUCKETS = 4096, MOST_URIDS = 65535 };

/* Immutable once it hangs in its bucket. */
struct entry {
    struct entry *next;
    uint32_t urid;
    char uri[];
};

static _Atomic(struct entry *) buckets[BUCKETS];
static _Atomic(struct entry *) entries[MOST_URIDS + 1];
static struct lock adding = LOCK_INITIAL;
static uint32_t last_urid; /* guarded by `adding` */

/* FNV-1a */
static uint32_t bucket_of(const char *uri) {
    uint32_t hash = 2166136261u;
    for (; *uri; uri++) hash = (hash ^ (uint8_t)*uri) * 16777619u;
    return hash % BUCKETS;
}

static uint32_t find(uint32_t bucket, const char *uri) {
    const struct entry *entry = atomic_load_explicit(&buckets[bucket], memory_order_acquire);
    while (entry && strcmp(entry->uri, uri) != 0) entry = entry->next;
    return entry ? entry->urid : 0;
}

static uint32_t add(uint32_t bucket, const char *uri) {
    size_t length = strlen(uri) + 1;
    struct entry *entry = last_urid < MOST_URIDS ? memory_allocate(sizeof *entry + length) : NULL;
    if (!entry) return 0;
    memcpy(entry->uri, uri, length);
    entry->urid = ++last_urid;
    entry->next = atomic_load_explicit(&buckets[bucket], memory_order_relaxed);
    atomic_store_explicit(&entries[entry->urid], entry, memory_order_release);
    atomic_store_explicit(&buckets[bucket], entry, memory_order_release);
    return entry->urid;
}

uint32_t urid_map(const char *uri) {
    uint32_t bucket = bucket_of(uri);
    uint32_t urid = find(bucket, uri);
    if (urid) return urid;
    lock_take(&adding);
    urid = find(bucket, uri);
    if (!urid) urid = add(bucket, uri);
    lock_give(&adding);
    return urid;
}

const char *urid_unmap(uint32_t urid) {
    if (urid == 0 || urid > MOST_URIDS) return NULL;
    const struct entry *entry = atomic_load_explicit(&entries[urid], memory_order_acquire);
    return entry ? entry->uri : NULL;
}

static uint32_t map(void *handle, const char *uri) {
    (void)handle;
    return urid_map(uri);
}

static const char *unmap(void *handle, uint32_t urid) {
    (void)handle;
    return urid_unmap(urid);
}

const struct lv2_urid_map urid_map_feature = {NULL, map};
const struct lv2_urid_unmap urid_unmap_feature = {NULL, unmap};
